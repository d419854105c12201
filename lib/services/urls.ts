// Our own addresses. Always on the configured origin, never on what a request claims.

import type { RailAccountId, SmsId } from "#lib/domain/ids.ts";
import type { PaymentMethod } from "#lib/domain/payment.ts";
import type { Invoice } from "#lib/domain/records.ts";
import type { ServiceDeps } from "./context.ts";

/** The invoice's link; derived, since only the token's hash is stored. */
export function payUrl(
  deps: Pick<ServiceDeps, "vault" | "addresses">,
  invoice: Pick<Invoice, "id" | "linkCounter" | "linkKeyId">,
): string {
  const { token } = deps.vault.linkToken(invoice.id, invoice.linkCounter, invoice.linkKeyId);
  return `${deps.addresses.origin}/i/${token}`;
}

const NOTIFICATION_PATHS: { readonly [M in PaymentMethod]: string } = {
  card: "stripe",
  carrier_billing: "carrier",
  mobile_money: "momo",
};

/** Where a rail's notifications for this account go. */
export function notificationUrl(
  deps: Pick<ServiceDeps, "addresses">,
  method: PaymentMethod,
  accountId: RailAccountId,
): string {
  return `${deps.addresses.origin}/api/notifications/${NOTIFICATION_PATHS[method]}?account=${accountId}`;
}

/** Where the SMS provider reports the fate of one message. */
export function smsStatusUrl(
  deps: Pick<ServiceDeps, "addresses">,
  accountId: RailAccountId,
  smsId: SmsId,
): string {
  return `${deps.addresses.origin}/api/notifications/twilio?account=${accountId}&message=${smsId}`;
}
