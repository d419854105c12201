// Stripe's SDK, one client an account and key.

import Stripe from "stripe";
import { z } from "zod";
import type { OpenRailAccount } from "#lib/domain/ports/rail.ts";

const CREDENTIALS = z.object({ secretKey: z.string().min(1), webhookSecret: z.string().min(1) });
export type StripeCredentials = z.infer<typeof CREDENTIALS>;

export function stripeCredentials(account: OpenRailAccount): StripeCredentials {
  return CREDENTIALS.parse(account.credentials);
}

const CLIENTS_MAX = 1_000;

/** Makes clients with our time limit and without the SDK's own repeats: we repeat, with our own key. */
export function createStripeClients(timeoutMs: number): (account: OpenRailAccount) => Stripe {
  const clients = new Map<string, Stripe>();
  return (account) => {
    const { secretKey } = stripeCredentials(account);
    const name = `${account.id} ${account.baseUrl ?? ""} ${secretKey}`;
    const known = clients.get(name);
    if (known !== undefined) return known;
    if (clients.size >= CLIENTS_MAX) clients.clear();
    const client = new Stripe(secretKey, {
      timeout: timeoutMs,
      maxNetworkRetries: 0,
      telemetry: false,
      appInfo: { name: "Billtext" },
      ...addressOf(account.baseUrl),
    });
    clients.set(name, client);
    return client;
  };
}

function addressOf(baseUrl: string | null) {
  if (baseUrl === null) return {};
  const { protocol, hostname, port } = new URL(baseUrl);
  const isTls = protocol === "https:";
  return {
    protocol: isTls ? ("https" as const) : ("http" as const),
    host: hostname,
    port: port === "" ? (isTls ? 443 : 80) : Number(port),
  };
}
