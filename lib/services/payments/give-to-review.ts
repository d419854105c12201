// What the rail's record and ours cannot both be right about waits for a person.

import { updatePaymentFacts } from "#db/queries/payments.ts";
import type { Invoice, Payment } from "#lib/domain/records.ts";
import type { TxContext } from "../context.ts";
import { recordEvent } from "../events/record.ts";

/** Marks a locked attempt as one that a person must look at, once. */
export async function giveToReview(
  ctx: TxContext,
  { invoice, payment }: { readonly invoice: Invoice; readonly payment: Payment },
  reason: string,
): Promise<Payment> {
  if (payment.needsReviewAt !== null) return payment;
  ctx.log.error("payment.needs_review", { paymentId: payment.id, reason });
  const noted = await updatePaymentFacts(ctx.tx, payment, {
    needsReviewAt: ctx.tx.now,
    reviewReason: reason,
  });
  await recordEvent(ctx, { type: "payment.needs_review", invoice, payment: noted });
  return noted;
}
