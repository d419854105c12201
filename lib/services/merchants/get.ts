// A merchant's own view of itself.

import { findDefaultEndpoint } from "#db/queries/endpoints.ts";
import { loadProfile, type MerchantProfile } from "#db/queries/merchants.ts";
import type { PaymentMethod } from "#lib/domain/payment.ts";
import { PAYMENT_METHODS } from "#lib/domain/payment.ts";
import { look, requirePermission, type ServiceContext } from "../context.ts";
import { notificationUrl } from "../urls.ts";

export interface MerchantDetail extends MerchantProfile {
  /** The default endpoint's, on or off. */
  readonly callbackUrl: string | null;
  /** Where each configured rail must send its notifications. */
  readonly notificationUrls: readonly { readonly method: PaymentMethod; readonly url: string }[];
}

/**
 * @throws permission_denied  the key lacks merchant:read
 */
export async function getMerchant(ctx: ServiceContext): Promise<MerchantDetail> {
  requirePermission(ctx, "merchant.read");
  return await readMerchantDetail(ctx);
}

/** The same for verbs that have asked for a scope of their own: a change is answered with what it made. */
export async function readMerchantDetail(ctx: ServiceContext): Promise<MerchantDetail> {
  return await look(ctx, async (inTx) => {
    const profile = await loadProfile(inTx.tx, inTx.tenant);
    const endpoint = await findDefaultEndpoint(inTx.tx, inTx.tenant);
    return {
      ...profile,
      callbackUrl: endpoint?.url ?? null,
      notificationUrls: PAYMENT_METHODS.flatMap((method) => {
        const account = profile.accounts.find((candidate) => candidate.kind === method);
        return account === undefined ? [] : [{ method, url: notificationUrl(inTx, method, account.id) }];
      }),
    };
  });
}
