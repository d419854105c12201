// What a newcomer sees once everything runs.

import { randomBytes } from "node:crypto";
import type { Settings } from "./settings.ts";
import type { Stack } from "./stack.ts";

const DEMO_PHONE = "+4790000000";

export function drawScreen(stack: Stack, settings: Settings, seconds: number): string {
  const { demo } = stack;
  if (demo === null) return drawLive(stack, settings);
  const curl = [
    `curl ${demo.base_url}/api/v1/invoices \\`,
    `  -H 'Authorization: Bearer ${demo.api_key}' \\`,
    // A new one each time: the invoice of an earlier start may be paid by now.
    `  -H 'Idempotency-Key: first-invoice-${randomBytes(3).toString("hex")}' \\`,
    "  -H 'Content-Type: application/json' \\",
    `  -d '{"amount": 24900, "currency": "NOK", "payer": {"phone": "${DEMO_PHONE}"}, "description": "Swimming gala, two tickets"}'`,
  ];
  return [
    "",
    `Billtext is running (started in ${seconds.toFixed(1)} s). Ctrl-C stops it.`,
    "",
    `  Dashboard      ${demo.base_url}/dashboard`,
    `                 ${demo.dashboard_email}, password ${demo.dashboard_password}`,
    `  API            ${demo.base_url}/api/v1`,
    `  Virtual phone  ${demo.sandbox_url}/phones/${encodeURIComponent(DEMO_PHONE)}`,
    `  Mailbox        ${demo.sandbox_url}/mailbox`,
    `  Sandbox        ${demo.sandbox_url}`,
    `  Demo API key   ${demo.api_key}`,
    `  For scripts    ${settings.dataDir}/demo.json`,
    "",
    "Send a first invoice, then open the virtual phone and pay it there:",
    "",
    ...curl,
    "",
  ].join("\n");
}

function drawLive({ firstSecrets, ownerLink }: Stack, settings: Settings): string {
  const secrets =
    firstSecrets === null
      ? []
      : [
          "",
          "Shown this once, keep them:",
          "",
          `  Live API key     ${firstSecrets.apiKey}`,
          `  Callback secret  ${firstSecrets.callbackSecret}`,
        ];
  const owner =
    ownerLink === null
      ? []
      : ["", "The first owner of the dashboard is made by this link:", "", `  ${ownerLink}`];
  return ["", `Billtext is live at ${settings.origin}.`, ...secrets, ...owner, ""].join("\n");
}
