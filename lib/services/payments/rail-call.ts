// Everything a call to a rail needs, read in one transaction, so that the call itself runs outside of any.

import { findInvoice } from "#db/queries/invoices.ts";
import { findRailAccount, type RailAccount } from "#db/queries/merchants.ts";
import { findPayment } from "#db/queries/payments.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import { type PaymentId, parseId, type RailAccountId, type RefundId } from "#lib/domain/ids.ts";
import type { Msisdn } from "#lib/domain/msisdn.ts";
import type { JsonValue } from "#lib/domain/ports/json.ts";
import type { OpenRailAccount, Rail, RailAttempt, TokenSubject } from "#lib/domain/ports/rail.ts";
import type { Invoice, Payment, Refund } from "#lib/domain/records.ts";
import { look, type ServiceContext, type ServiceDeps } from "../context.ts";
import { railTime } from "../rail-time.ts";
import { notificationUrl, payUrl } from "../urls.ts";

export interface RailCall {
  readonly rail: Rail;
  readonly account: OpenRailAccount;
  readonly attempt: RailAttempt;
  readonly payment: Payment;
  readonly invoice: Invoice;
}

/**
 * Loads a payment with its rail, ready to be called.
 *
 * @throws payment_not_found
 */
export async function prepareRailCall(ctx: ServiceContext, paymentId: PaymentId): Promise<RailCall> {
  const loaded = await look(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    const payment = await findPayment(tx, tenant, paymentId);
    if (payment === null) throw new ServiceError("payment_not_found", "There is no such payment.");
    const invoice = await findInvoice(tx, tenant, payment.invoiceId);
    const account = await findRailAccount(tx, tenant, payment.railAccountId);
    if (invoice === null || account === null) throw new Error(`Payment ${paymentId} has lost its relations.`);
    return { payment, invoice, account, toRailTime: await railTime(inTx), now: tx.now };
  });
  const { payment, invoice, account, toRailTime, now } = loaded;
  return {
    rail: railOf(ctx, payment),
    account: openRailAccount(ctx, account),
    attempt: toAttempt(ctx, payment, invoice, toRailTime(submissionOf(payment)), toRailTime(now)),
    payment,
    invoice,
  };
}

export function railOf(deps: ServiceDeps, payment: Pick<Payment, "method">): Rail {
  const rail = deps.rails[payment.method];
  if (rail === undefined) throw new Error(`No rail carries ${payment.method}.`);
  return rail;
}

/** Opens a merchant's account for one call. */
export function openRailAccount(deps: ServiceDeps, account: RailAccount): OpenRailAccount {
  const { sandboxUrl } = deps.addresses;
  if (account.target === "sandbox" && sandboxUrl === null) {
    throw new Error("An account is at the sandbox, and there is none here.");
  }
  return {
    id: account.id,
    mode: account.mode,
    // At the sandbox each service has its place below one address.
    baseUrl: account.target === "sandbox" ? `${sandboxUrl}${account.baseUrl ?? ""}` : account.baseUrl,
    credentials: JSON.parse(deps.vault.open(account.credentials, credentialsContext(account))) as JsonValue,
    settings: account.settings,
  };
}

/** What sealed credentials are bound to. */
export function credentialsContext(account: Pick<RailAccount, "merchantId" | "mode" | "kind">): string {
  return `rail:${account.merchantId}:${account.mode}:${account.kind}`;
}

export function openPhone(
  deps: ServiceDeps,
  invoice: Pick<Invoice, "sealedPhone" | "merchantId" | "id">,
): Msisdn {
  return deps.vault.open(invoice.sealedPhone, phoneContext(invoice)) as Msisdn;
}

export function phoneContext(invoice: Pick<Invoice, "merchantId" | "id">): string {
  return `phone:${invoice.merchantId}:${invoice.id}`;
}

/** `submittedAt` and `now` are real time, as the rail's own is. */
function toAttempt(
  deps: ServiceDeps,
  payment: Payment,
  invoice: Invoice,
  submittedAt: Date,
  now: Date,
): RailAttempt {
  return {
    paymentId: payment.id,
    merchantId: payment.merchantId,
    amount: payment.amount,
    railKey: payment.railKey,
    railRequest: payment.railRequest,
    railReference: payment.railReference,
    shouldCapture: payment.shouldCapture,
    settlementReference: payment.railDetails.settlementReference ?? null,
    validationReference: payment.validation?.reference ?? null,
    phone: openPhone(deps, invoice),
    payUrl: payUrl(deps, invoice),
    notificationUrl: notificationUrl(deps, payment.method, payment.railAccountId),
    notificationToken: notificationToken(deps, { ...payment, submittedAt }),
    notificationTokenExpiresAt: tokenExpiry({ ...payment, submittedAt }),
    submittedAt,
    now,
  };
}

/** In real time. A token outlives the questions about an attempt in doubt; later news is learnt by asking. */
const NOTIFICATION_TOKEN_LIFE_MS = 8 * 86_400_000;

export function tokenExpiry(payment: Pick<Payment, "submittedAt" | "createdAt">): Date {
  return new Date(submissionOf(payment).getTime() + NOTIFICATION_TOKEN_LIFE_MS);
}

function submissionOf({ submittedAt, createdAt }: Pick<Payment, "submittedAt" | "createdAt">): Date {
  return submittedAt ?? createdAt;
}

/** Names the payment and proves that we made it, for rails that authenticate with a bearer token of ours. */
export function notificationToken(
  deps: ServiceDeps,
  payment: Pick<Payment, "id" | "railAccountId" | "submittedAt" | "createdAt">,
): string {
  return signToken(deps, payment.railAccountId, payment.id, tokenExpiry(payment));
}

/** The same for a refund. */
export function refundToken(
  deps: ServiceDeps,
  refund: Pick<Refund, "id" | "railAccountId" | "submittedAt" | "createdAt">,
): string {
  return signToken(deps, refund.railAccountId, refund.id, tokenExpiry(refund));
}

function signToken(
  deps: ServiceDeps,
  accountId: RailAccountId,
  subjectId: PaymentId | RefundId,
  expiresAt: Date,
): string {
  const expiry = expiresAt.getTime().toString(36);
  return `${subjectId}~${expiry}~${deps.vault.sign("notification", `${accountId}:${subjectId}:${expiry}`)}`;
}

/**
 * What a token was given out for, or null where it is not ours, belongs to another account, or has expired by
 * `now` (UTC).
 */
export function checkNotificationToken(
  deps: ServiceDeps,
  accountId: RailAccountId,
  token: string,
  now: Date,
): TokenSubject | null {
  const [, name = "", expiry, proof] = /^([^~]+)~([0-9a-z]{1,11})~(.+)$/.exec(token) ?? [];
  const paymentId = parseId("payment", name);
  const refundId = parseId("refund", name);
  if (expiry === undefined || proof === undefined) return null;
  if (!deps.vault.verify("notification", `${accountId}:${name}:${expiry}`, proof)) return null;
  if (Number.parseInt(expiry, 36) <= now.getTime()) return null;
  if (paymentId !== null) return { paymentId, refundId: null };
  return refundId === null ? null : { paymentId: null, refundId };
}
