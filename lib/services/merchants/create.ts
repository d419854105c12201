// A new merchant, in both modes.

import { randomBytes } from "node:crypto";
import { insertMerchant, insertSettings } from "#db/queries/merchants.ts";
import { actInMode, inTenant } from "#db/transaction.ts";
import type { MerchantId } from "#lib/domain/ids.ts";
import type { Locale } from "#lib/domain/merchant.ts";
import type { PaymentMethod } from "#lib/domain/payment.ts";
import { MODES, type Tenant } from "#lib/domain/tenant.ts";
import { newId, type ServiceDeps } from "../context.ts";

export interface CreateMerchantInput {
  readonly name: string;
  readonly legalName: string;
  readonly address: string | null;
  readonly contactEmail: string | null;
  readonly contactPhone: string | null;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** IANA name. */
  readonly timeZone: string;
  readonly locale: Locale;
  readonly methods: readonly PaymentMethod[];
  readonly purchaseCategory: string | null;
  readonly registeredHosts: readonly string[];
  /** Messages to one number a day; null: none in test mode, the usual number in live mode. */
  readonly smsCapPerDayInTest: number | null;
}

/** Messages to one number and day unless a merchant in test mode has the cap off. */
export const SMS_CAP_PER_DAY = 3;

/** Standard Webhooks secrets: `whsec_` and 32 random bytes in base64. */
export function newCallbackSecret(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}

/** What a sealed callback secret is bound to. */
export function callbackSecretContext(tenant: Tenant): string {
  return `callback:${tenant.merchantId}:${tenant.mode}`;
}

/** Creates a merchant with settings for both modes and a callback secret each, in one transaction. */
export async function createMerchant(deps: ServiceDeps, input: CreateMerchantInput): Promise<MerchantId> {
  const merchantId = newId(deps, "merchant");
  const { methods, purchaseCategory, registeredHosts, smsCapPerDayInTest, ...profile } = input;
  await inTenant(deps.db, { merchantId, mode: "test" }, async (tx) => {
    await insertMerchant(tx, { id: merchantId, ...profile });
    for (const mode of MODES) {
      const tenant = { merchantId, mode };
      await actInMode(tx, mode);
      await insertSettings(tx, {
        ...tenant,
        methods: [...methods],
        purchaseCategory,
        registeredHosts: mode === "test" ? [...registeredHosts] : [],
        smsCapPerDay: mode === "test" ? smsCapPerDayInTest : SMS_CAP_PER_DAY,
        callbackSecret: deps.vault.seal(newCallbackSecret(), callbackSecretContext(tenant)),
      });
    }
  });
  return merchantId;
}
