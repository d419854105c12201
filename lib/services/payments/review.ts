// A person decides what the records could not: what became of an attempt, or of money that pays nothing.

import { findInvoice } from "#db/queries/invoices.ts";
import { updatePaymentFacts } from "#db/queries/payments.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { PaymentId } from "#lib/domain/ids.ts";
import { isOpenPayment } from "#lib/domain/payment.ts";
import type { Invoice, Payment } from "#lib/domain/records.ts";
import { requirePermission, type ServiceContext, type TxContext, transact } from "../context.ts";
import { recordEvent } from "../events/record.ts";
import { recordAudit } from "../record-audit.ts";
import { advancePayment } from "./advance.ts";
import { lockBoth } from "./apply-outcome.ts";
import { releaseLater } from "./wish.ts";

/**
 * `settle`: the rail has this payment's whole amount, as its report shows. `void`: it does not, and never will.
 * `dismiss`: what is booked is right.
 */
export const REVIEW_DECISIONS = ["settle", "void", "dismiss"] as const;
export type ReviewDecision = (typeof REVIEW_DECISIONS)[number];

export interface ReviewPaymentInput {
  readonly paymentId: PaymentId;
  readonly decision: ReviewDecision;
  /** What finds the payment in the rail's reports; kept where none is known. */
  readonly settlementReference: string | null;
  /** Why, for the audit log. */
  readonly note: string;
}

/**
 * Ends the review of a payment. Settled money pays the invoice or is surplus, as if the rail had said so.
 *
 * @throws permission_denied       the caller lacks payments:write
 * @throws payment_not_found
 * @throws review_not_needed       nobody has to look at it
 * @throws payment_state_conflict  the decision does not fit its state
 */
export async function reviewPayment(ctx: ServiceContext, input: ReviewPaymentInput): Promise<Payment> {
  requirePermission(ctx, "payments.review");
  return await transact(ctx, async (inTx) => {
    const { invoice, payment } = await lockBoth(inTx, input.paymentId);
    if (payment.needsReviewAt === null) {
      throw new ServiceError("review_not_needed", "Nobody has to look at this payment.");
    }
    await recordAudit(inTx, `payment.review.${input.decision}`, payment.id, { note: input.note });
    const cleared = await updatePaymentFacts(inTx.tx, payment, { needsReviewAt: null, reviewReason: null });
    const decided = await decide(inTx, invoice, cleared, input);
    // Money that was settled may have paid the invoice: the event tells it as it is now.
    const after = (await findInvoice(inTx.tx, inTx.tenant, invoice.id)) ?? invoice;
    await recordEvent(inTx, { type: "payment.reviewed", invoice: after, payment: decided });
    return decided;
  });
}

async function decide(
  ctx: TxContext,
  invoice: Invoice,
  payment: Payment,
  { decision, settlementReference }: ReviewPaymentInput,
): Promise<Payment> {
  const isOpen = isOpenPayment(payment.state);
  switch (decision) {
    case "dismiss":
      // Nobody asks about it any more: it must come to an end.
      if (isOpen) throw new ServiceError("payment_state_conflict", `The payment is ${payment.state}.`);
      return payment;
    case "void":
      if (!isOpen) throw new ServiceError("payment_state_conflict", `The payment is ${payment.state}.`);
      // Whatever the rail has reserved after all is nobody's.
      await releaseLater(ctx, payment.id);
      return await advancePayment(ctx, {
        invoice,
        payment,
        event: "failed",
        facts: { declineCode: "voided_by_merchant", declineRailCode: "review" },
      });
    case "settle": {
      const known = payment.railDetails.settlementReference ?? settlementReference;
      return await advancePayment(ctx, {
        invoice,
        payment,
        event: isOpen ? "succeeded" : "succeeded_late",
        facts: known === null ? {} : { railDetails: { ...payment.railDetails, settlementReference: known } },
      });
    }
  }
}
