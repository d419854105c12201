// The merchant takes a reserved amount.

import { ServiceError } from "#lib/domain/errors.ts";
import type { PaymentId } from "#lib/domain/ids.ts";
import type { Payment } from "#lib/domain/records.ts";
import { requirePermission, type ServiceContext, type TxContext, transact } from "../context.ts";
import { lockBoth } from "./apply-outcome.ts";
import { requireCapability } from "./capability.ts";
import { capturePayment } from "./follow.ts";
import { type PaymentDetail, readPaymentDetail } from "./get.ts";
import { type PaymentOfInvoice, requestCapture } from "./wish.ts";

export interface DecidePaymentInput {
  readonly paymentId: PaymentId;
  /** Runs in the transaction that commits the wish: the idempotency key is stored with it. */
  readonly bind: (ctx: TxContext, resourceId: PaymentId) => Promise<void>;
}

/**
 * Commits that a reserved amount is to be taken, then asks the rail. Again it changes nothing: the payment is
 * returned as the rail's answer left it, still `authorized` where that answer is missing or not final.
 *
 * @throws permission_denied       the key lacks payments:write
 * @throws payment_not_found
 * @throws capability_missing      its rail or account takes amounts at once
 * @throws payment_state_conflict  not reserved, or being given back
 * @throws invoice_state_conflict  the invoice has ended
 */
export async function confirmPayment(ctx: ServiceContext, input: DecidePaymentInput): Promise<PaymentDetail> {
  requirePermission(ctx, "payments.capture");
  const { paymentId, bind } = input;
  await transact(ctx, async (inTx) => {
    await commitCapture(inTx, await lockBoth(inTx, paymentId));
    await bind(inTx, paymentId);
  });
  return await resumeConfirmation(ctx, paymentId);
}

/** After an interruption: the wish is committed, and what is left of it is carried out. */
export async function resumeConfirmation(ctx: ServiceContext, paymentId: PaymentId): Promise<PaymentDetail> {
  requirePermission(ctx, "payments.capture");
  await capturePayment(ctx, paymentId);
  return await readPaymentDetail(ctx, paymentId);
}

async function commitCapture(ctx: TxContext, locked: PaymentOfInvoice): Promise<Payment> {
  const { invoice, payment } = locked;
  if (payment.state === "succeeded" && payment.captureRequestedAt !== null) return payment;
  if (payment.state !== "authorized") {
    await requireCapability(ctx, locked, "twoSteps");
    throw new ServiceError("payment_state_conflict", `The payment is ${payment.state}, not authorized.`);
  }
  if (payment.captureRequestedAt !== null) return payment;
  if (payment.cancelRequestedAt !== null || payment.supersededAt !== null) {
    throw new ServiceError("payment_state_conflict", "The reserved amount is being given back.");
  }
  if (invoice.state !== "open") {
    throw new ServiceError("invoice_state_conflict", `The invoice is ${invoice.state}.`);
  }
  return await requestCapture(ctx, locked);
}
