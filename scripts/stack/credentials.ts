// Credentials of real services from the environment: they seed the first merchant's accounts.

import { z } from "zod";
import type { Mode } from "#lib/domain/tenant.ts";
import type { ConnectRailInput } from "#lib/services/merchants/connect-rail.ts";
import { Sentence } from "./sentence.ts";

const SCHEMA = z.object({
  STRIPE_SECRET_KEY: z
    .string()
    .regex(/^(sk|rk)_(test|live)_/, "must begin with sk_test_, sk_live_, rk_test_ or rk_live_")
    .optional(),
  STRIPE_WEBHOOK_SECRET: z.string().startsWith("whsec_").optional(),
  TWILIO_ACCOUNT_SID: z
    .string()
    .regex(/^AC[0-9a-f]{32}$/i)
    .optional(),
  TWILIO_AUTH_TOKEN: z.string().min(1).optional(),
  TWILIO_FROM: z.string().min(1).optional(),
  TWILIO_MESSAGING_SERVICE_SID: z
    .string()
    .regex(/^MG[0-9a-f]{32}$/i)
    .optional(),
  CARRIER_BASE_URL: z.url({ protocol: /^https$/ }).optional(),
  CARRIER_TOKEN_URL: z.url({ protocol: /^https$/ }).optional(),
  CARRIER_CLIENT_ID: z.string().min(1).optional(),
  CARRIER_CLIENT_SECRET: z.string().min(1).optional(),
  CARRIER_ASKS_PAYER: z.enum(["true", "false"]).default("false"),
  CARRIER_STEPS: z.enum(["one", "two"]).default("one"),
  CARRIER_RESERVATION_MINUTES: z.coerce.number().int().min(1).max(43_200).optional(),
});

export interface RealAccount {
  readonly mode: Mode;
  readonly input: ConnectRailInput;
}

/**
 * The accounts that the environment names. Stripe's keys tell their mode; the others are live in a live
 * installation and test credentials in any other.
 *
 * @throws Sentence  naming the setting that is malformed or missing beside its fellows
 */
export function readCredentials(
  environment: Readonly<Record<string, string | undefined>>,
  isLive: boolean,
): RealAccount[] {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = SCHEMA.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Sentence(`The setting ${issue?.path.join(".")} is wrong: ${issue?.message}.`);
  }
  const env = parsed.data;
  const mode: Mode = isLive ? "live" : "test";
  const provider = { target: "provider", baseUrl: null, settings: {}, bounds: {} } as const;
  const accounts: RealAccount[] = [];
  if (env.STRIPE_SECRET_KEY !== undefined) {
    const webhookSecret = beside(env, "STRIPE_WEBHOOK_SECRET", "STRIPE_SECRET_KEY");
    const stripeMode: Mode = env.STRIPE_SECRET_KEY.includes("_live_") ? "live" : "test";
    const credentials = { secretKey: env.STRIPE_SECRET_KEY, webhookSecret };
    accounts.push({ mode: stripeMode, input: { ...provider, kind: "card", credentials } });
  }
  if (env.TWILIO_ACCOUNT_SID !== undefined) {
    const authToken = beside(env, "TWILIO_AUTH_TOKEN", "TWILIO_ACCOUNT_SID");
    if (env.TWILIO_FROM === undefined && env.TWILIO_MESSAGING_SERVICE_SID === undefined) {
      throw new Sentence("TWILIO_ACCOUNT_SID needs TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID beside it.");
    }
    const credentials = {
      accountSid: env.TWILIO_ACCOUNT_SID,
      authToken,
      from: env.TWILIO_FROM ?? null,
      messagingServiceSid: env.TWILIO_MESSAGING_SERVICE_SID ?? null,
    };
    accounts.push({ mode, input: { ...provider, kind: "sms", credentials } });
  }
  if (env.CARRIER_BASE_URL !== undefined) {
    accounts.push({
      mode,
      input: {
        ...provider,
        kind: "carrier_billing",
        baseUrl: env.CARRIER_BASE_URL,
        credentials: {
          clientId: beside(env, "CARRIER_CLIENT_ID", "CARRIER_BASE_URL"),
          clientSecret: beside(env, "CARRIER_CLIENT_SECRET", "CARRIER_BASE_URL"),
          tokenUrl: beside(env, "CARRIER_TOKEN_URL", "CARRIER_BASE_URL"),
        },
        settings: {
          asksPayer: env.CARRIER_ASKS_PAYER === "true",
          steps: env.CARRIER_STEPS,
          reservationMinutes: env.CARRIER_RESERVATION_MINUTES ?? null,
        },
      },
    });
  }
  return accounts;
}

function beside<N extends string>(
  env: { readonly [K in N]?: string | undefined },
  name: N,
  first: string,
): string {
  const value = env[name];
  if (value === undefined) throw new Sentence(`${first} needs ${name} beside it.`);
  return value;
}
