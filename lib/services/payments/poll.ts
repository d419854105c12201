// Asks about an attempt until its end is known: notifications may never come.

import { findInvoice } from "#db/queries/invoices.ts";
import { findPayment, takePollNumber, updatePaymentFacts } from "#db/queries/payments.ts";
import type { PaymentId } from "#lib/domain/ids.ts";
import { isOpenPayment } from "#lib/domain/payment.ts";
import type { Payment } from "#lib/domain/records.ts";
import { pollPauseSeconds } from "#lib/domain/schedule.ts";
import { type ServiceContext, type TxContext, transact } from "../context.ts";
import { recordEvent } from "../events/record.ts";
import { closeAttempt } from "./close.ts";
import { settlePayment } from "./settle.ts";

export interface PollPaymentInput {
  readonly paymentId: PaymentId;
  /** Questions asked before this one. */
  readonly pollNumber: number;
}

/** Plans the first question, in the transaction that commits the intent: a crash right after it loses nothing. */
export async function planFirstPoll(ctx: TxContext, paymentId: PaymentId): Promise<void> {
  await planPoll(ctx, paymentId, 0, 0, true);
}

/**
 * Settles once, then plans the next question while the attempt is open; when the schedule is used up a person
 * must look.
 */
export async function pollPayment(
  ctx: ServiceContext,
  { paymentId, pollNumber }: PollPaymentInput,
): Promise<void> {
  const payment = await askOrClose(ctx, paymentId);
  if (!isOpenPayment(payment.state)) return;
  await transact(ctx, async (inTx) => {
    const invoice = await findInvoice(inTx.tx, inTx.tenant, payment.invoiceId);
    const current = await findPayment(inTx.tx, inTx.tenant, paymentId);
    if (invoice === null || current === null || !isOpenPayment(current.state)) return;
    const { now } = inTx.tx;
    const started = current.submittedAt ?? current.createdAt;
    const holdsPage = current.redirectExpiresAt !== null && current.redirectExpiresAt > now;
    const isLive = invoice.state === "open" || holdsPage;
    const ageSeconds = (now.getTime() - started.getTime()) / 1000;
    const isPlanned = await planPoll(inTx, paymentId, pollNumber + 1, ageSeconds, isLive);
    if (!isPlanned) await giveToReview(inTx, current);
  });
}

/** What was given up for another method but could not be closed then is closed as soon as its rail lets us. */
async function askOrClose(ctx: ServiceContext, paymentId: PaymentId): Promise<Payment> {
  const { payment } = await settlePayment(ctx, { paymentId });
  const isGivenUp = isOpenPayment(payment.state) && payment.supersededAt !== null;
  return isGivenUp ? await closeAttempt(ctx, paymentId) : payment;
}

async function planPoll(
  ctx: TxContext,
  paymentId: PaymentId,
  asked: number,
  ageSeconds: number,
  isLive: boolean,
): Promise<boolean> {
  const pause = pollPauseSeconds({ asked, ageSeconds, isLive });
  if (pause === null) return false;
  // A job that ran twice finds its successor planned.
  if (asked > 0 && !(await takePollNumber(ctx.tx, ctx.tenant, paymentId, asked))) return true;
  const startAfter = new Date(ctx.tx.now.getTime() + pause * 1000);
  await ctx.queue.enqueue(
    ctx.tx,
    "payment.poll",
    { ...ctx.tenant, paymentId, pollNumber: asked },
    { startAfter },
  );
  return true;
}

async function giveToReview(ctx: TxContext, payment: Payment): Promise<void> {
  if (payment.needsReviewAt !== null) return;
  const invoice = await findInvoice(ctx.tx, ctx.tenant, payment.invoiceId);
  if (invoice === null) return;
  const noted = await updatePaymentFacts(ctx.tx, payment, {
    needsReviewAt: ctx.tx.now,
    reviewReason: "The rail could not say for seven days what became of it.",
  });
  await recordEvent(ctx, { type: "payment.needs_review", invoice, payment: noted });
}
