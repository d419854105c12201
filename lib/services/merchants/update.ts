// A merchant changes its profile and its defaults.

import { insertAudit } from "#db/queries/events.ts";
import {
  loadProfile,
  setDefaultEndpoint,
  updateMerchantRow,
  updateSettingsRow,
} from "#db/queries/merchants.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { LateMoneyPolicy } from "#lib/domain/invoice.ts";
import type { AfterPayment, Locale, SurplusPolicy } from "#lib/domain/merchant.ts";
import type { PaymentMethod } from "#lib/domain/payment.ts";
import type { VettedUrl } from "#lib/domain/ports/callback.ts";
import { isRegistrableHost, requireRegisteredUrl } from "#lib/domain/web-address.ts";
import { newId, requireScope, type ServiceContext, transact } from "../context.ts";
import { getMerchant, type MerchantDetail } from "./get.ts";

/** What is left out stays as it is; null clears. */
export interface UpdateMerchantInput {
  readonly profile: Partial<{
    readonly name: string;
    readonly legalName: string;
    readonly address: string | null;
    readonly registrationNumber: string | null;
    readonly contactEmail: string | null;
    readonly contactPhone: string | null;
    readonly contactUrl: string | null;
    readonly timeZone: string;
    readonly locale: Locale;
  }>;
  readonly settings: Partial<{
    readonly returnUrl: string | null;
    readonly failureUrl: string | null;
    readonly cancelUrl: string | null;
    readonly landingUrl: string | null;
    readonly registeredHosts: string[];
    readonly afterPayment: AfterPayment;
    readonly methods: PaymentMethod[];
    readonly purchaseCategory: string | null;
    readonly smsSender: string | null;
    readonly smsTexts: Record<string, string>;
    readonly onExpired: LateMoneyPolicy;
    readonly onCancelled: LateMoneyPolicy;
    readonly onSurplus: SurplusPolicy;
  }>;
  readonly callbackUrl?: VettedUrl | null;
}

const ADDRESSES = [
  ["returnUrl", "/return_url"],
  ["failureUrl", "/failure_url"],
  ["cancelUrl", "/cancel_url"],
  ["landingUrl", "/landing_url"],
] as const;

/**
 * Changes the merchant's profile (both modes) and its settings (this mode), with an entry in the audit log.
 *
 * @throws permission_denied                    the key lacks merchant:write
 * @throws url_not_allowed, url_not_registered  an address on no registered host, hosts of this change included
 */
export async function updateMerchant(
  ctx: ServiceContext,
  input: UpdateMerchantInput,
): Promise<MerchantDetail> {
  requireScope(ctx, "merchant:write");
  return await transact(ctx, async (inTx) => {
    const { tx, tenant, actor, correlationId } = inTx;
    const before = await loadProfile(tx, tenant);
    requireAddresses({ ...before.settings, ...input.settings });
    if (Object.keys(input.profile).length > 0) await updateMerchantRow(tx, tenant.merchantId, input.profile);
    if (Object.keys(input.settings).length > 0) await updateSettingsRow(tx, tenant, input.settings);
    if (input.callbackUrl !== undefined) {
      await setDefaultEndpoint(tx, tenant, newId(inTx, "endpoint"), input.callbackUrl);
    }
    await insertAudit(tx, tenant, {
      id: newId(inTx, "audit"),
      act: "merchant.updated",
      subjectId: tenant.merchantId,
      actorKind: actor.kind,
      actorId: actor.id,
      correlationId,
      detail: {
        fields: [
          ...Object.keys(input.profile),
          ...Object.keys(input.settings),
          ...(input.callbackUrl === undefined ? [] : ["callbackUrl"]),
        ],
      },
    });
    return await getMerchant(inTx);
  });
}

/** Stored addresses must stay on registered hosts, also when a host is taken off the list. */
function requireAddresses(settings: {
  readonly mode: "test" | "live";
  readonly registeredHosts: readonly string[];
  readonly returnUrl: string | null;
  readonly failureUrl: string | null;
  readonly cancelUrl: string | null;
  readonly landingUrl: string | null;
}): void {
  const bad = settings.registeredHosts.findIndex((host) => !isRegistrableHost(host));
  if (bad !== -1) {
    throw new ServiceError(
      "url_not_allowed",
      "A registered host is a name in lower case, with a port or without.",
      {
        pointer: `/registered_hosts/${bad}`,
      },
    );
  }
  for (const [field, pointer] of ADDRESSES) {
    const address = settings[field];
    if (address !== null) requireRegisteredUrl(address, settings.registeredHosts, settings.mode, pointer);
  }
}
