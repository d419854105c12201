// The first merchant of a live installation: made from the environment at the first start.

import { z } from "zod";
import { hasAudit, insertAudit } from "#db/queries/events.ts";
import { loadProfile } from "#db/queries/merchants.ts";
import { listTenants } from "#db/queries/routing/routes.ts";
import type { MerchantId } from "#lib/domain/ids.ts";
import { canonicalTimeZone, LOCALES } from "#lib/domain/merchant.ts";
import { readCallbackSecret } from "#lib/services/callbacks/secret.ts";
import { newId, type ServiceDeps, transact } from "#lib/services/context.ts";
import { createMerchant } from "#lib/services/merchants/create.ts";
import type { RealAccount } from "./credentials.ts";
import { asSystem, createFullKey, ensureRail } from "./merchant.ts";
import { Sentence } from "./sentence.ts";

const SCHEMA = z.object({
  MERCHANT_NAME: z.string().min(1).max(60),
  MERCHANT_LEGAL_NAME: z.string().min(1).max(120).optional(),
  MERCHANT_COUNTRY: z.string().regex(/^[A-Z]{2}$/, "must be two capital letters (ISO 3166-1)"),
  MERCHANT_TIME_ZONE: z
    .string()
    .transform((text) => canonicalTimeZone(text) ?? "")
    .refine((name) => name !== "", "must be an IANA time zone"),
  MERCHANT_LOCALE: z.enum(LOCALES).default("en"),
});

/** What its owner needs to begin; shown once. */
export interface FirstSecrets {
  readonly apiKey: string;
  readonly callbackSecret: string;
}

/** Stands in the audit log of the merchant that the environment's accounts belong to. */
const ENVIRONMENT_ACT = "merchant.of_environment";

/**
 * Makes the first merchant where there is none, and keeps the accounts that the environment names: of that
 * merchant alone, however many there are by now. Returns the live secrets, which are shown this once, or null
 * where the merchant is there already.
 *
 * @throws Sentence  a setting is missing, the database is a development installation's, or nobody can tell whose
 *                   the accounts are
 */
export async function ensureFirstMerchant(
  deps: ServiceDeps,
  environment: Readonly<Record<string, string | undefined>>,
  realAccounts: readonly RealAccount[],
): Promise<FirstSecrets | null> {
  const known = await listMerchants(deps);
  if (known.length === 0) return await makeFirstMerchant(deps, environment, realAccounts);
  const owner = known.find(({ isOfEnvironment }) => isOfEnvironment);
  if (owner !== undefined) {
    await connectAll(deps, owner.id, realAccounts);
    return null;
  }
  const ofDevelopment = known.find(({ isOfDevelopment }) => isOfDevelopment);
  if (ofDevelopment !== undefined) {
    throw new Sentence(
      `The database holds a merchant of a development installation (${ofDevelopment.name}): set DATABASE_URL to a database of its own for the live one.`,
    );
  }
  const [only] = known;
  if (known.length === 1 && only !== undefined) {
    await remember(deps, only.id);
    await connectAll(deps, only.id, realAccounts);
  } else if (realAccounts.length > 0) {
    throw new Sentence(
      `There are ${known.length} merchants, and none is known to own the accounts that the environment names: take the settings STRIPE_…, TWILIO_… and CARRIER_… out of it.`,
    );
  }
  return null;
}

interface KnownMerchant {
  readonly id: MerchantId;
  readonly name: string;
  /** It has accounts at the sandbox, which no live installation has. */
  readonly isOfDevelopment: boolean;
  /** The environment's accounts are its. */
  readonly isOfEnvironment: boolean;
}

async function listMerchants(deps: ServiceDeps): Promise<KnownMerchant[]> {
  const ids = new Set((await listTenants(deps.db)).map((tenant) => tenant.merchantId));
  const found: KnownMerchant[] = [];
  for (const id of ids) {
    const { merchant, accounts } = await transact(asSystem(deps, id, "test"), ({ tx, tenant }) =>
      loadProfile(tx, tenant),
    );
    const isOfEnvironment = await transact(asSystem(deps, id, "live"), ({ tx, tenant }) =>
      hasAudit(tx, tenant, ENVIRONMENT_ACT),
    );
    const isOfDevelopment = accounts.some(({ target }) => target === "sandbox");
    found.push({ id, name: merchant.name, isOfDevelopment, isOfEnvironment });
  }
  return found;
}

async function remember(deps: ServiceDeps, merchantId: MerchantId): Promise<void> {
  const ctx = asSystem(deps, merchantId, "live");
  const { actor, correlationId } = ctx;
  await transact(ctx, ({ tx, tenant }) =>
    insertAudit(tx, tenant, {
      id: newId(deps, "audit"),
      act: ENVIRONMENT_ACT,
      subjectId: merchantId,
      actorKind: actor.kind,
      actorId: actor.id,
      correlationId,
    }),
  );
}

async function makeFirstMerchant(
  deps: ServiceDeps,
  environment: Readonly<Record<string, string | undefined>>,
  realAccounts: readonly RealAccount[],
): Promise<FirstSecrets> {
  const parsed = SCHEMA.safeParse(environment);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Sentence(`The first start needs the setting ${issue?.path.join(".")}: ${issue?.message}.`);
  }
  const env = parsed.data;
  const merchantId = await createMerchant(deps, {
    name: env.MERCHANT_NAME,
    legalName: env.MERCHANT_LEGAL_NAME ?? env.MERCHANT_NAME,
    address: null,
    contactEmail: null,
    contactPhone: null,
    country: env.MERCHANT_COUNTRY,
    timeZone: env.MERCHANT_TIME_ZONE,
    locale: env.MERCHANT_LOCALE,
    methods: ["carrier_billing", "card"],
    purchaseCategory: null,
    registeredHosts: [],
    smsCapPerDayInTest: 3,
  });
  await remember(deps, merchantId);
  await connectAll(deps, merchantId, realAccounts);
  const ctx = asSystem(deps, merchantId, "live");
  return { apiKey: await createFullKey(ctx, "First key"), callbackSecret: await readCallbackSecret(ctx) };
}

async function connectAll(
  deps: ServiceDeps,
  merchantId: MerchantId,
  realAccounts: readonly RealAccount[],
): Promise<void> {
  for (const { mode, input } of realAccounts) await ensureRail(asSystem(deps, merchantId, mode), input);
}
