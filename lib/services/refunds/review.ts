// A person decides what became of a refund that its rail could not, or would not, tell.

import { updateRefundFacts } from "#db/queries/refunds.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { RefundId } from "#lib/domain/ids.ts";
import type { Refund } from "#lib/domain/records.ts";
import { requirePermission, type ServiceContext, type TxContext, transact } from "../context.ts";
import type { ReviewDecision } from "../payments/review.ts";
import { recordAudit } from "../record-audit.ts";
import { advanceRefund, type LockedRefund } from "./advance.ts";
import { lockRefundWithAll } from "./apply-outcome.ts";

export interface ReviewRefundInput {
  readonly refundId: RefundId;
  /** `settle`: the payer has the money. `void`: the payer never will have it. `dismiss`: what is booked is right. */
  readonly decision: ReviewDecision;
  /** Why, for the audit log. */
  readonly note: string;
}

/**
 * Ends the review of a refund.
 *
 * @throws permission_denied    the caller lacks refunds:write
 * @throws refund_not_found
 * @throws review_not_needed    nobody has to look at it
 * @throws refund_not_possible  the decision does not fit its state, or no longer fits into what was captured
 */
export async function reviewRefund(ctx: ServiceContext, input: ReviewRefundInput): Promise<Refund> {
  requirePermission(ctx, "refunds.review");
  return await transact(ctx, async (inTx) => {
    const { tx } = inTx;
    const locked = await lockRefundWithAll(inTx, input.refundId);
    if (locked.refund.needsReviewAt === null) {
      throw new ServiceError("review_not_needed", "Nobody has to look at this refund.");
    }
    await recordAudit(inTx, `refund.review.${input.decision}`, locked.refund.id, { note: input.note });
    const refund = await updateRefundFacts(tx, locked.refund, { needsReviewAt: null, reviewReason: null });
    return await decide(inTx, { ...locked, refund }, input);
  });
}

async function decide(
  ctx: TxContext,
  locked: LockedRefund,
  { decision }: ReviewRefundInput,
): Promise<Refund> {
  if (decision === "dismiss") {
    // Nobody asks about it any more: it must come to an end.
    if (locked.refund.state !== "pending") return locked.refund;
    throw new ServiceError("refund_not_possible", "The refund is pending.");
  }
  if (decision === "settle") {
    const event = locked.refund.state === "failed" ? "succeeded_late" : "succeeded";
    return await advanceRefund(ctx, { ...locked, event, facts: {} });
  }
  return await advanceRefund(ctx, {
    ...locked,
    event: locked.refund.state === "succeeded" ? "failed_late" : "failed",
    facts: { failureCode: "voided_by_merchant", failureRailCode: "review" },
  });
}
