// A rail's record of a refund or dispute that cannot be read, or contradicts what it should be.

import { findPaymentBySettlement } from "#db/queries/payments.ts";
import type { PaymentId, RailAccountId } from "#lib/domain/ids.ts";
import type { RecordAnswer } from "#lib/domain/ports/rail.ts";
import { type ServiceContext, transact } from "../context.ts";
import { lockBoth } from "./apply-outcome.ts";
import { giveToReview } from "./give-to-review.ts";

/** Gives the payment that the record is about to a person, where that is known: by us, or by what can be read. */
export async function tellOfContradiction(
  ctx: ServiceContext,
  railAccountId: RailAccountId,
  knownId: PaymentId | null,
  { reason, settlementReference = null }: Extract<RecordAnswer<never>, { kind: "contradiction" }>,
): Promise<void> {
  await transact(ctx, async (inTx) => {
    const found =
      settlementReference === null
        ? null
        : await findPaymentBySettlement(inTx.tx, inTx.tenant, railAccountId, settlementReference);
    const paymentId = knownId ?? found?.id;
    if (paymentId !== undefined) await giveToReview(inTx, await lockBoth(inTx, paymentId), reason);
  });
}
