// Asks about a refund until its end is known: notifications may never come.

import { takeRefundPollNumber } from "#db/queries/refunds.ts";
import type { RefundId } from "#lib/domain/ids.ts";
import { pollPauseSeconds } from "#lib/domain/schedule.ts";
import { type ServiceContext, transact } from "../context.ts";
import { giveRefundToReview, lockRefundWithAll } from "./apply-outcome.ts";
import { settleRefund } from "./settle.ts";

const GAVE_UP = "The rail could not say for seven days what became of it.";
/** A refund that a bank is working on may take weeks; its end comes as a notification, and is asked for daily. */
const PENDING_PAUSE_SECONDS = 86_400;
const PENDING_MAX_SECONDS = 60 * 86_400;

export interface PollRefundInput {
  readonly refundId: RefundId;
  /** Questions asked before this one. */
  readonly pollNumber: number;
}

/**
 * Asks the rail once, for the refund or about it, then plans the next question while it is not final; when the
 * schedule is used up a person must look.
 */
export async function pollRefund(
  ctx: ServiceContext,
  { refundId, pollNumber }: PollRefundInput,
): Promise<void> {
  const { refund } = await settleRefund(ctx, refundId);
  if (refund.state !== "pending") return;
  await transact(ctx, async (inTx) => {
    const locked = await lockRefundWithAll(inTx, refundId);
    const { createdAt, railReference, state } = locked.refund;
    if (state !== "pending") return;
    const asked = pollNumber + 1;
    const { tx, tenant, queue } = inTx;
    const ageSeconds = (tx.now.getTime() - createdAt.getTime()) / 1000;
    const planned = pollPauseSeconds({ asked, ageSeconds, isLive: false });
    const isTaken = railReference !== null && ageSeconds < PENDING_MAX_SECONDS;
    const pause = planned ?? (isTaken ? PENDING_PAUSE_SECONDS : null);
    if (pause === null) {
      await giveRefundToReview(inTx, locked, GAVE_UP);
      return;
    }
    if (!(await takeRefundPollNumber(tx, tenant, refundId, asked))) return;
    const startAfter = new Date(tx.now.getTime() + pause * 1000);
    await queue.enqueue(tx, "refund.settle", { ...tenant, refundId, pollNumber: asked }, { startAfter });
  });
}
