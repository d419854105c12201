// A merchant changes its profile and its defaults.

import {
  loadProfile,
  lockSettings,
  type MerchantProfile,
  type MerchantSettings,
  updateMerchantRow,
  updateSettingsRow,
} from "#db/queries/merchants.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { LateMoneyPolicy } from "#lib/domain/invoice.ts";
import type { AfterPayment, Locale, SurplusPolicy } from "#lib/domain/merchant.ts";
import type { PaymentMethod } from "#lib/domain/payment.ts";
import type { VettedUrl } from "#lib/domain/ports/callback.ts";
import { isRegistrableHost, requireRegisteredUrl } from "#lib/domain/web-address.ts";
import { setDefaultAddress } from "../callbacks/default-address.ts";
import { requirePermission, type ServiceContext, transact } from "../context.ts";
import { findMethod } from "../payments/methods.ts";
import { recordAudit } from "../record-audit.ts";
import { type MerchantDetail, readMerchantDetail } from "./get.ts";

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
 * @throws permission_denied                    the key lacks merchant:write, or callbacks:write
 *                                              for the callback address, or it is a test key and the profile is
 *                                              what live payers see
 * @throws url_not_allowed, url_not_registered  an address on no registered host, hosts of this change included
 * @throws method_unavailable                   no account is set up for a method of the list
 * @throws endpoint_limit_reached               a callback address would be one endpoint too many
 */
export async function updateMerchant(
  ctx: ServiceContext,
  input: UpdateMerchantInput,
): Promise<MerchantDetail> {
  requirePermission(ctx, "merchant.write");
  // It is where an endpoint of the merchant's is called back.
  if (input.callbackUrl !== undefined) requirePermission(ctx, "callbacks.write");
  requireLiveForProfile(ctx, input);
  return await transact(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    await lockSettings(tx, tenant);
    const before = await loadProfile(tx, tenant);
    requireUsable(inTx, before, input.settings.methods ?? []);
    const settings = withCheckedAddresses(before.settings, input.settings);
    if (Object.keys(input.profile).length > 0) await updateMerchantRow(tx, tenant.merchantId, input.profile);
    if (Object.keys(settings).length > 0) await updateSettingsRow(tx, tenant, settings);
    if (input.callbackUrl !== undefined) await setDefaultAddress(inTx, input.callbackUrl);
    await recordAudit(inTx, "merchant.updated", tenant.merchantId, {
      fields: [
        ...Object.keys(input.profile),
        ...Object.keys(input.settings),
        ...(input.callbackUrl === undefined ? [] : ["callbackUrl"]),
      ],
    });
    return await readMerchantDetail(inTx);
  });
}

/** A default that nobody can pay by would make every invoice without methods of its own impossible. */
function requireUsable(
  ctx: ServiceContext,
  profile: MerchantProfile,
  methods: readonly PaymentMethod[],
): void {
  const index = methods.findIndex((method) => findMethod(ctx, profile, method) === null);
  if (index === -1) return;
  throw new ServiceError("method_unavailable", `No account is set up for ${methods[index]}.`, {
    pointer: `/methods/${index}`,
  });
}

/** Both modes share one profile. Where real payers see it, trying things out must not change it. */
function requireLiveForProfile(ctx: ServiceContext, { profile }: UpdateMerchantInput): void {
  if (ctx.isLiveInstallation && ctx.tenant.mode === "test" && Object.keys(profile).length > 0) {
    throw new ServiceError(
      "permission_denied",
      "Name, address, contact, time zone and language are shown to live payers: change them with a live key.",
    );
  }
}

/**
 * The changes with their addresses in canonical form. Addresses that stay as they are must be on registered
 * hosts too, since a host may have been taken off the list.
 */
function withCheckedAddresses(
  stored: MerchantSettings,
  changes: UpdateMerchantInput["settings"],
): UpdateMerchantInput["settings"] {
  const { registeredHosts, mode, ...after } = { ...stored, ...changes };
  const bad = registeredHosts.findIndex((host) => !isRegistrableHost(host));
  if (bad !== -1) {
    throw new ServiceError(
      "url_not_allowed",
      "A registered host is a name in lower case, with a port or without.",
      {
        pointer: `/registered_hosts/${bad}`,
      },
    );
  }
  const checked = ADDRESSES.flatMap(([field, pointer]) => {
    const address = after[field];
    if (address === null) return [];
    const canonical = requireRegisteredUrl(address, registeredHosts, mode, pointer);
    return field in changes ? [[field, canonical] as const] : [];
  });
  return { ...changes, ...Object.fromEntries(checked) };
}
