import { whyMissing } from "./folder.ts";

const FILES = [
  "camara/carrier-billing.yaml",
  "camara/commonalities-CAMARA_common.yaml",
  "stripe/fixtures.json",
  "twilio/messages.openapi.json",
];

/** Says once why tests are skipped; a reporter's count alone would look like a whim. */
export default function setup(): void {
  for (const reason of new Set(FILES.map(whyMissing))) {
    if (reason !== null) process.stdout.write(`${reason}\n`);
  }
}
