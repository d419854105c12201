// The one way to learn the truth about an attempt: ask the rail, then apply what its record says.

import { setTimeout as sleep } from "node:timers/promises";
import { findPayment, takeQuestion } from "#db/queries/payments.ts";
import type { PaymentId } from "#lib/domain/ids.ts";
import { isOpenPayment } from "#lib/domain/payment.ts";
import type { Payment } from "#lib/domain/records.ts";
import { type ServiceContext, transact } from "../context.ts";
import { isAnswer } from "./apply-outcome.ts";
import { applyAndFollow } from "./follow.ts";
import { prepareRailCall } from "./rail-call.ts";

/** Pages and polls together ask about one attempt at most this often. */
const EVERY_SECONDS = 2;

export interface SettlePaymentInput {
  readonly paymentId: PaymentId;
  /** The rail's own id as a verified notification names it, for an attempt that has none stored yet. */
  readonly railReference?: string | null;
  /** True for notifications: each is worth a question, whatever was asked before. */
  readonly isForced?: boolean;
  /** True for a payer who has just come back: an answer that another call is getting is waited for. */
  readonly isPatient?: boolean;
}

export interface SettledPayment {
  readonly payment: Payment;
  /** True where the rail has just said so, or there was nothing to ask it; false where its word is still missing. */
  readonly isAnswered: boolean;
}

/** Together longer than EVERY_SECONDS: whoever waits this long gets a turn. */
const PAUSES_MAX = 12;
const PAUSE_MS = 200;

/**
 * Re-reads the rail's record and applies it. Nothing that a browser or a notification says is settled on.
 * An attempt that was asked about less than 2 s ago, or is final, is returned as it is.
 *
 * @throws payment_not_found
 */
export async function settlePayment(ctx: ServiceContext, input: SettlePaymentInput): Promise<SettledPayment> {
  const { paymentId, railReference = null, isForced = false, isPatient = false } = input;
  const { rail, account, attempt, payment } = await prepareRailCall(ctx, paymentId);
  // What is final is asked about only when its rail says that there is something new.
  if (payment.state === "created" || (!isOpenPayment(payment.state) && !isForced)) {
    return { payment, isAnswered: false };
  }
  const mayAsk = await takeTurn(ctx, paymentId, isPatient);
  if (!mayAsk && !isForced) return { payment, isAnswered: false };
  const reference = attempt.railReference ?? railReference;
  // Seeking an attempt by its key may make the rail open it anew: not for one that is over.
  if (reference === null && !isOpenPayment(payment.state)) return { payment, isAnswered: true };
  const outcome = await rail.query(account, { ...attempt, railReference: reference });
  return { payment: await applyAndFollow(ctx, paymentId, outcome), isAnswered: isAnswer(outcome) };
}

/** True where the rail may be asked now; false where it was just asked, or the answer has come meanwhile. */
async function takeTurn(ctx: ServiceContext, id: PaymentId, isPatient: boolean): Promise<boolean> {
  for (let pause = 0; ; pause += 1) {
    if (await transact(ctx, ({ tx, tenant }) => takeQuestion(tx, tenant, id, EVERY_SECONDS))) return true;
    if (!isPatient || pause === PAUSES_MAX) return false;
    await sleep(PAUSE_MS);
    const current = await transact(ctx, ({ tx, tenant }) => findPayment(tx, tenant, id));
    if (current === null || !isOpenPayment(current.state) || current.isProcessing) return false;
  }
}
