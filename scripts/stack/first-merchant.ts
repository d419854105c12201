// The first merchant of a live installation: made from the environment at the first start.

import { z } from "zod";
import { listTenants } from "#db/queries/routing/routes.ts";
import { LOCALES } from "#lib/domain/merchant.ts";
import { readCallbackSecret } from "#lib/services/callbacks/secret.ts";
import type { ServiceDeps } from "#lib/services/context.ts";
import { createMerchant } from "#lib/services/merchants/create.ts";
import type { RealAccount } from "./credentials.ts";
import { asSystem, createFullKey, ensureRail } from "./merchant.ts";
import { Sentence } from "./sentence.ts";

const SCHEMA = z.object({
  MERCHANT_NAME: z.string().min(1).max(60),
  MERCHANT_LEGAL_NAME: z.string().min(1).max(120).optional(),
  MERCHANT_COUNTRY: z.string().regex(/^[A-Z]{2}$/, "must be two capital letters (ISO 3166-1)"),
  MERCHANT_TIME_ZONE: z.string().min(1),
  MERCHANT_LOCALE: z.enum(LOCALES).default("en"),
});

/** What its owner needs to begin; shown once. */
export interface FirstSecrets {
  readonly apiKey: string;
  readonly callbackSecret: string;
}

/**
 * Makes the first merchant where there is none, and keeps the accounts that the environment names. Returns the
 * live secrets, which are shown this once, or null where the merchant is there already.
 *
 * @throws Sentence  a setting is missing
 */
export async function ensureFirstMerchant(
  deps: ServiceDeps,
  environment: Readonly<Record<string, string | undefined>>,
  realAccounts: readonly RealAccount[],
): Promise<FirstSecrets | null> {
  const [existing] = await listTenants(deps.db);
  if (existing !== undefined) {
    await connectAll(deps, existing.merchantId, realAccounts);
    return null;
  }
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
  await connectAll(deps, merchantId, realAccounts);
  const ctx = asSystem(deps, merchantId, "live");
  return { apiKey: await createFullKey(ctx, "First key"), callbackSecret: await readCallbackSecret(ctx) };
}

async function connectAll(
  deps: ServiceDeps,
  merchantId: Parameters<typeof asSystem>[1],
  realAccounts: readonly RealAccount[],
): Promise<void> {
  for (const { mode, input } of realAccounts) await ensureRail(asSystem(deps, merchantId, mode), input);
}
