// A merchant with a key and accounts, made through the same verbs as everything else.

import { isDeepStrictEqual } from "node:util";
import { loadProfile } from "#db/queries/merchants.ts";
import type { MerchantId } from "#lib/domain/ids.ts";
import { type Mode, SCOPES } from "#lib/domain/tenant.ts";
import { contextFor, type ServiceContext, type ServiceDeps, transact } from "#lib/services/context.ts";
import { createKey } from "#lib/services/keys/create.ts";
import { type ConnectRailInput, connectRail } from "#lib/services/merchants/connect-rail.ts";
import { openRailAccount } from "#lib/services/payments/rail-call.ts";
import { notificationUrl } from "#lib/services/urls.ts";

/** Acts as the installation itself. */
export function asSystem(deps: ServiceDeps, merchantId: MerchantId, mode: Mode): ServiceContext {
  return contextFor(deps, { merchantId, mode }, { kind: "system", id: "launcher" }, "launcher");
}

/** A key that may do everything the native door offers. */
export async function createFullKey(ctx: ServiceContext, name: string): Promise<string> {
  return (await createKey(ctx, { name, scopes: SCOPES, expiresAt: null, allowedNetworks: null })).secret;
}

/** Stores an account, unless the same is stored already. */
export async function ensureRail(ctx: ServiceContext, input: ConnectRailInput): Promise<void> {
  const { accounts } = await transact(ctx, ({ tx, tenant }) => loadProfile(tx, tenant));
  const current = accounts.find((account) => account.kind === input.kind);
  const isSame =
    current !== undefined &&
    current.target === input.target &&
    current.baseUrl === input.baseUrl &&
    isDeepStrictEqual(openRailAccount(ctx, current).credentials, input.credentials) &&
    isDeepStrictEqual(current.settings, input.settings);
  if (!isSame) await connectRail(ctx, input);
}

interface SandboxAccount {
  readonly stripe: { readonly secret_key: string; readonly webhook_secret: string };
  readonly twilio: { readonly account_sid: string; readonly auth_token: string; readonly from: string };
  readonly carrier: { readonly client_id: string; readonly client_secret: string };
}

export interface SandboxOptions {
  /** Name of the account at the sandbox; one a merchant. */
  readonly name: string;
  /** False for a carrier that leaves consent to us. */
  readonly carrierAsksPayer: boolean;
  /** Two: every amount is reserved first. */
  readonly carrierSteps?: "one" | "two";
  /** Endings of numbers that are charged in two steps where the others are in one. */
  readonly twoStepEndings?: readonly string[];
}

/** Connects the test-mode accounts of a merchant to the sandbox: card, phone bill and SMS. */
export async function connectSandbox(ctx: ServiceContext, options: SandboxOptions): Promise<void> {
  const { sandboxUrl } = ctx.addresses;
  if (sandboxUrl === null) throw new Error("There is no sandbox to connect to.");
  const account = await putAccount(sandboxUrl, options, null);
  const common = { target: "sandbox", bounds: {} } as const;
  await ensureRail(ctx, {
    ...common,
    kind: "card",
    baseUrl: null,
    settings: {},
    credentials: { secretKey: account.stripe.secret_key, webhookSecret: account.stripe.webhook_secret },
  });
  await ensureRail(ctx, {
    ...common,
    kind: "carrier_billing",
    baseUrl: "/carrier",
    settings: {
      asksPayer: options.carrierAsksPayer,
      steps: options.carrierSteps ?? "one",
      twoStepEndings: options.twoStepEndings ?? [],
    },
    credentials: {
      clientId: account.carrier.client_id,
      clientSecret: account.carrier.client_secret,
      tokenUrl: "/oauth/token",
    },
  });
  await ensureRail(ctx, {
    ...common,
    kind: "sms",
    baseUrl: null,
    settings: {},
    credentials: {
      accountSid: account.twilio.account_sid,
      authToken: account.twilio.auth_token,
      from: account.twilio.from,
      messagingServiceSid: null,
    },
  });
  const { accounts } = await transact(ctx, ({ tx, tenant }) => loadProfile(tx, tenant));
  const card = accounts.find((candidate) => candidate.kind === "card");
  if (card !== undefined) await putAccount(sandboxUrl, options, notificationUrl(ctx, "card", card.id));
}

async function putAccount(
  sandboxUrl: string,
  options: SandboxOptions,
  webhookUrl: string | null,
): Promise<SandboxAccount> {
  const response = await fetch(`${sandboxUrl}/accounts/${encodeURIComponent(options.name)}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      carrier_prompts: options.carrierAsksPayer,
      ...(webhookUrl === null ? {} : { stripe_webhook_url: webhookUrl }),
    }),
  });
  if (!response.ok) throw new Error(`The sandbox answered ${response.status} to an account.`);
  // The sandbox is ours and its shape is fixed by its own tests.
  return (await response.json()) as SandboxAccount;
}
