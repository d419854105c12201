// Asks about an attempt until its end is known: notifications may never come.

import { findRailAccount } from "#db/queries/merchants.ts";
import { takePollNumber } from "#db/queries/payments.ts";
import type { PaymentId } from "#lib/domain/ids.ts";
import { isOpenPayment } from "#lib/domain/payment.ts";
import type { Payment } from "#lib/domain/records.ts";
import { type PollSituation, pollPauseSeconds } from "#lib/domain/schedule.ts";
import { type ServiceContext, type TxContext, transact } from "../context.ts";

import { lockBoth } from "./apply-outcome.ts";
import { capturePayment } from "./follow.ts";
import { giveToReview } from "./give-to-review.ts";
import { openPhone, railOf } from "./rail-call.ts";
import { type SettledPayment, settlePayment } from "./settle.ts";
import { exhaustValidation, isCodeOver } from "./validate.ts";
import { isUseless, type PaymentOfInvoice } from "./wish.ts";

const GAVE_UP = "The rail could not say for seven days what became of it.";

export interface PollPaymentInput {
  readonly paymentId: PaymentId;
  /** Questions asked before this one. */
  readonly pollNumber: number;
}

/** Plans the first question, in the transaction that commits the intent: a crash right after it loses nothing. */
export async function planFirstPoll(ctx: TxContext, paymentId: PaymentId): Promise<void> {
  await planPoll(ctx, paymentId, { asked: 0, ageSeconds: 0, isLive: true });
}

/**
 * Settles once, then plans the next question while the attempt is open; when the schedule is used up a person
 * must look.
 */
export async function pollPayment(
  ctx: ServiceContext,
  { paymentId, pollNumber }: PollPaymentInput,
): Promise<void> {
  const { payment, isAnswered } = await pursueCapture(ctx, await settlePayment(ctx, { paymentId }));
  if (!isOpenPayment(payment.state)) return;
  await transact(ctx, async (inTx) => {
    const locked = await lockBoth(inTx, paymentId);
    const { invoice, payment: current } = locked;
    if (!isOpenPayment(current.state)) return;
    const { now } = inTx.tx;
    if (isCodeOver(current, now)) {
      await exhaustValidation(inTx, locked, "own_clock");
      return;
    }
    const holdsPage = current.redirectExpiresAt !== null && current.redirectExpiresAt > now;
    // One whose request was never answered is not waited for like one that the payer is working on.
    const isLive = current.unknownSince === null && (invoice.state === "open" || holdsPage);
    const ageSeconds = (now.getTime() - lastAskedOf(current).getTime()) / 1000;
    const plan = await planPoll(inTx, paymentId, {
      asked: pollNumber + 1,
      ageSeconds,
      isLive,
      ...reservationOf(current, now),
    });
    if (plan === "over") await giveToReview(inTx, locked, GAVE_UP);
    // What nobody can use any more is closed as soon as its rail answers again.
    const isToClose = isUseless(locked) ? await canClose(inTx, locked) : current.cancelRequestedAt !== null;
    if (plan === "planned" && isAnswered && isToClose) {
      await inTx.queue.enqueue(inTx.tx, "payment.close", { ...inTx.tenant, paymentId });
    }
  });
}

/** When the rail was last given something new to do. */
function lastAskedOf(payment: Payment): Date {
  const { createdAt, submittedAt, captureRequestedAt, cancelRequestedAt } = payment;
  const wished = [captureRequestedAt, cancelRequestedAt].filter((at) => at !== null);
  return wished.reduce((last, at) => (at > last ? at : last), submittedAt ?? createdAt);
}

/** A rail that still has reserved what is to be taken is asked again. */
async function pursueCapture(ctx: ServiceContext, settled: SettledPayment): Promise<SettledPayment> {
  const { payment, isAnswered } = settled;
  const isWaiting = isAnswered && payment.state === "authorized" && payment.captureRequestedAt !== null;
  return isWaiting ? await capturePayment(ctx, payment.id) : settled;
}

/** Of an amount that is reserved and waits for the merchant. */
function reservationOf(payment: Payment, now: Date): Pick<PollSituation, "reservation"> {
  const { state, captureRequestedAt, cancelRequestedAt, authorizationExpiresAt: end } = payment;
  if (state !== "authorized" || captureRequestedAt !== null || cancelRequestedAt !== null) return {};
  return { reservation: { secondsLeft: end === null ? null : (end.getTime() - now.getTime()) / 1000 } };
}

async function canClose(ctx: TxContext, { invoice, payment }: PaymentOfInvoice): Promise<boolean> {
  if (payment.state === "authorized") return true;
  const account = await findRailAccount(ctx.tx, ctx.tenant, payment.railAccountId);
  return account !== null && railOf(ctx, payment).capabilities(account, openPhone(ctx, invoice)).cancel;
}

/** `known`: a job that ran twice finds its successor planned. `over`: the schedule is used up. */
async function planPoll(
  ctx: TxContext,
  paymentId: PaymentId,
  situation: PollSituation,
): Promise<"planned" | "known" | "over"> {
  const { asked } = situation;
  const pause = pollPauseSeconds(situation);
  if (pause === null) return "over";
  if (asked > 0 && !(await takePollNumber(ctx.tx, ctx.tenant, paymentId, asked))) return "known";
  const startAfter = new Date(ctx.tx.now.getTime() + pause * 1000);
  await ctx.queue.enqueue(
    ctx.tx,
    "payment.poll",
    { ...ctx.tenant, paymentId, pollNumber: asked },
    { startAfter },
  );
  return "planned";
}
