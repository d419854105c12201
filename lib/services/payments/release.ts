// What a rail has reserved for an attempt that is over goes back.

import type { PaymentId } from "#lib/domain/ids.ts";
import { isOpenPayment } from "#lib/domain/payment.ts";
import { pollPauseSeconds } from "#lib/domain/schedule.ts";
import { type ServiceContext, transact } from "../context.ts";
import { applyOutcome, isAnswer, lockBoth } from "./apply-outcome.ts";
import { giveToReview } from "./give-to-review.ts";
import { prepareRailCall } from "./rail-call.ts";

const GAVE_UP = "The rail could not be made to give back what it had reserved for seven days.";

export interface ReleaseReservationInput {
  readonly paymentId: PaymentId;
  /** Tries made before this one. */
  readonly asked: number;
}

/**
 * Gives back what a rail has reserved for an attempt that ended without it, such as by a code that was accepted
 * after the last try had been counted; plans the next try where the rail does not say that it is given back. When
 * the schedule is used up a person must look.
 *
 * @throws payment_not_found
 */
export async function releaseReservation(
  ctx: ServiceContext,
  { paymentId, asked }: ReleaseReservationInput,
): Promise<void> {
  const { rail, account, attempt, payment } = await prepareRailCall(ctx, paymentId);
  const isOver = !isOpenPayment(payment.state) && payment.state !== "succeeded";
  if (!isOver || attempt.railReference === null) return;
  const outcome = await rail.cancel(account, attempt);
  if (outcome.kind === "succeeded") await applyOutcome(ctx, paymentId, outcome);
  if (isAnswer(outcome) && outcome.kind !== "authorized") return;
  await transact(ctx, async (inTx) => {
    const locked = await lockBoth(inTx, paymentId);
    const { completedAt, createdAt } = locked.payment;
    const ageSeconds = (inTx.tx.now.getTime() - (completedAt ?? createdAt).getTime()) / 1000;
    const pause = pollPauseSeconds({ asked, ageSeconds, isLive: false });
    if (pause === null) {
      await giveToReview(inTx, locked, GAVE_UP);
      return;
    }
    const startAfter = new Date(inTx.tx.now.getTime() + pause * 1000);
    const next = { ...inTx.tenant, paymentId, asked: asked + 1 };
    await inTx.queue.enqueue(inTx.tx, "payment.release", next, { startAfter });
  });
}
