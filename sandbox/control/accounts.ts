// Sets of test credentials: one name stands for a Stripe account, a Twilio account and a carrier's client.
import { randomBytes } from "node:crypto";
import { invalid, jsonObject } from "../http/body.ts";
import { json } from "../http/message.ts";
import { type Route, route } from "../http/router.ts";
import type { Sandbox } from "../sandbox.ts";
import type { Entry } from "../store/collection.ts";

export type Account = Entry & {
  stripeSecretKey: string;
  stripeWebhookSecret: string;
  stripeWebhookUrl: string | null;
  /** How long Stripe keeps money pending before it is available. */
  stripeSettlementMs: number;
  /** How long after a payment Stripe books it, where it is captured in the background; 0: at once. */
  stripeBookingMs: number;
  twilioSid: string;
  twilioToken: string;
  carrierClientId: string;
  carrierClientSecret: string;
  /** False: this account's carrier charges ordinary numbers without asking the phone's owner. */
  carrierPrompts: boolean;
};

/** The one number every account may send from; Twilio's own magic sender. */
export const senderNumber = "+15005550006";

/** A month. */
const longestWaitMs = 30 * 24 * 60 * 60 * 1_000;

/** `PUT /accounts/{name}`: creates the account or changes its settings; the credentials never change. */
export function accountRoutes(sandbox: Sandbox): Route[] {
  return [
    route("PUT", "/accounts/:name", (request, params) => {
      const name = params.name ?? "";
      if (!/^[A-Za-z0-9._-]{1,64}$/.test(name)) {
        throw invalid(
          "invalid_name",
          "An account name is 1 to 64 letters, digits, dots, dashes or underscores.",
        );
      }
      const body = jsonObject(request);
      const known = sandbox.accounts.find(name);
      const account: Account = {
        ...(known ?? newAccount(name)),
        ...webhookSetting(body.stripe_webhook_url),
        ...waitSetting("stripe_settlement_ms", "stripeSettlementMs", body),
        ...waitSetting("stripe_booking_ms", "stripeBookingMs", body),
        ...promptSetting(body.carrier_prompts),
      };
      if (known) {
        sandbox.accounts.save(account);
      } else {
        sandbox.accounts.insert(account);
      }
      return json(200, renderAccount(sandbox, account));
    }),
  ];
}

/** The account with this Stripe secret key. */
export function findByStripeKey(sandbox: Sandbox, key: string): Account | undefined {
  return sandbox.accounts.select("body->>'$.stripeSecretKey' = ?", key)[0];
}

/** The account with this Twilio account SID. */
export function findByTwilioSid(sandbox: Sandbox, sid: string): Account | undefined {
  return sandbox.accounts.select("body->>'$.twilioSid' = ?", sid)[0];
}

/** The account with this OAuth client id. */
export function findByCarrierClient(sandbox: Sandbox, clientId: string): Account | undefined {
  return sandbox.accounts.select("body->>'$.carrierClientId' = ?", clientId)[0];
}

/** Secrets are random: guessable ones would let anyone forge notifications to a shared test system. */
function newAccount(name: string): Account {
  return {
    id: name,
    account: name,
    stripeSecretKey: `sk_test_${randomBytes(24).toString("hex")}`,
    stripeWebhookSecret: `whsec_${randomBytes(24).toString("hex")}`,
    stripeWebhookUrl: null,
    stripeSettlementMs: 0,
    stripeBookingMs: 0,
    twilioSid: `AC${randomBytes(16).toString("hex")}`,
    twilioToken: randomBytes(16).toString("hex"),
    carrierClientId: `client-${randomBytes(8).toString("hex")}`,
    carrierClientSecret: randomBytes(24).toString("hex"),
    carrierPrompts: true,
  };
}

function webhookSetting(value: unknown): Partial<Account> {
  if (value === undefined) {
    return {};
  }
  if (value === null) {
    return { stripeWebhookUrl: null };
  }
  if (typeof value !== "string" || !/^https?:\/\//.test(value) || !URL.canParse(value)) {
    throw invalid("invalid_stripe_webhook_url", "stripe_webhook_url must be an http or https address.");
  }
  return { stripeWebhookUrl: value };
}

function waitSetting(
  name: string,
  field: "stripeSettlementMs" | "stripeBookingMs",
  body: Record<string, unknown>,
): Partial<Account> {
  const value = body[name];
  if (value === undefined) {
    return {};
  }
  const isWhole = typeof value === "number" && Number.isInteger(value);
  if (!isWhole || value < 0 || value > longestWaitMs) {
    throw invalid(`invalid_${name}`, `${name} must be a whole number from 0 to ${longestWaitMs}.`);
  }
  return { [field]: value };
}

function promptSetting(value: unknown): Partial<Account> {
  if (value === undefined) {
    return {};
  }
  if (typeof value !== "boolean") {
    throw invalid("invalid_carrier_prompts", "carrier_prompts must be true or false.");
  }
  return { carrierPrompts: value };
}

function renderAccount(sandbox: Sandbox, account: Account) {
  const carrier = `${sandbox.publicUrl}/carrier`;
  return {
    name: account.id,
    stripe: { secret_key: account.stripeSecretKey, webhook_secret: account.stripeWebhookSecret },
    twilio: { account_sid: account.twilioSid, auth_token: account.twilioToken, from: senderNumber },
    carrier: {
      base_url: carrier,
      token_url: `${carrier}/oauth/token`,
      client_id: account.carrierClientId,
      client_secret: account.carrierClientSecret,
    },
  };
}
