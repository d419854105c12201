// Money that pays nothing goes back to the payer.

import { ServiceError } from "#lib/domain/errors.ts";
import type { Invoice, Payment } from "#lib/domain/records.ts";
import type { TxContext } from "../context.ts";
import { commitRefund } from "../refunds/commit.ts";
import { giveToReview } from "./give-to-review.ts";

/**
 * Commits the refund of a locked surplus payment, in the caller's transaction; a job asks the rail at once. Where
 * the rail cannot send it back a person must.
 */
export async function returnSurplus(
  ctx: TxContext,
  { invoice, payment }: { readonly invoice: Invoice; readonly payment: Payment },
): Promise<Payment> {
  try {
    const committed = await commitRefund(ctx, {
      invoice,
      payment,
      amountMinor: payment.amount.amountMinor,
      origin: "surplus",
      reason: null,
      lines: [],
      planAfterSeconds: 0,
    });
    return committed.payment;
  } catch (error) {
    if (!(error instanceof ServiceError) || error.cause !== undefined) throw error;
    return await giveToReview(ctx, { invoice, payment }, `The surplus cannot be sent back: ${error.message}`);
  }
}
