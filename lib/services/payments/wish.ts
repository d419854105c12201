// What is to become of a reserved amount: committed as a fact first, then the rail is asked. Whoever commits it
// asks at once; the job that is planned with it does so where that call was cut off.

import type { PaymentId } from "#lib/domain/ids.ts";
import type { Invoice, Payment } from "#lib/domain/records.ts";
import { POLL_LIVE_SECONDS } from "#lib/domain/schedule.ts";
import type { TxContext } from "../context.ts";
import { advancePayment } from "./advance.ts";

export interface PaymentOfInvoice {
  readonly invoice: Invoice;
  readonly payment: Payment;
}

/** The one who commits a wish has this long to carry it out before the job does. */
const JOB_DELAY_SECONDS = 15;

/** Nothing that this attempt may still bring is waited for: its invoice has ended, or another was chosen. */
export function isUseless({ invoice, payment }: PaymentOfInvoice): boolean {
  return invoice.state !== "open" || payment.supersededAt !== null;
}

/**
 * True while a reserved amount is still to be taken. One that was asked for in time is wanted although the
 * invoice has expired meanwhile, but not beside other money.
 */
export function isCaptureWanted({ invoice, payment }: PaymentOfInvoice): boolean {
  if (payment.state !== "authorized" || payment.captureRequestedAt === null) return false;
  return invoice.state === "expired" || !isUseless({ invoice, payment });
}

/** Commits that a reserved amount is to be taken. Both as locked in this transaction. */
export async function requestCapture(ctx: TxContext, locked: PaymentOfInvoice): Promise<Payment> {
  const wished = await advancePayment(ctx, {
    ...locked,
    event: "capture_requested",
    facts: { captureRequestedAt: ctx.tx.now },
  });
  await planPursuit(ctx, wished, "payment.capture");
  return wished;
}

/** Commits that a reserved amount is to be given back, in place of being taken where that came to nothing. */
export async function requestCancel(ctx: TxContext, locked: PaymentOfInvoice): Promise<Payment> {
  const wished = await advancePayment(ctx, {
    ...locked,
    event: "cancel_requested",
    facts: { cancelRequestedAt: ctx.tx.now, captureRequestedAt: null },
  });
  await planPursuit(ctx, wished, "payment.close");
  return wished;
}

/** Plans that what a rail has reserved goes back, in the transaction that ends the attempt without it. */
export async function releaseLater(ctx: TxContext, paymentId: PaymentId): Promise<void> {
  await ctx.queue.enqueue(ctx.tx, "payment.release", { ...ctx.tenant, paymentId, asked: 0 });
}

async function planPursuit(
  ctx: TxContext,
  { id, pollCount }: Payment,
  job: "payment.capture" | "payment.close",
): Promise<void> {
  const inSeconds = (seconds: number) => ({ startAfter: new Date(ctx.tx.now.getTime() + seconds * 1000) });
  const subject = { ...ctx.tenant, paymentId: id };
  await ctx.queue.enqueue(ctx.tx, job, subject, inSeconds(JOB_DELAY_SECONDS));
  // The next question may be an hour away; of the two, the first plans what follows.
  const question = { ...subject, pollNumber: pollCount };
  await ctx.queue.enqueue(ctx.tx, "payment.poll", question, inSeconds(POLL_LIVE_SECONDS));
}
