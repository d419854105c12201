// The payer typed the carrier's code: counted by us first, then the carrier is asked.

import { updatePaymentFacts } from "#db/queries/payments.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { PaymentId } from "#lib/domain/ids.ts";
import { isPastExpiry } from "#lib/domain/invoice.ts";
import { usableValidation } from "#lib/domain/payer-step.ts";
import type { Payment } from "#lib/domain/records.ts";
import { type ServiceContext, type TxContext, transact } from "../context.ts";
import { CODE_TRIES_MAX } from "../sms/queue-code.ts";
import { advancePayment } from "./advance.ts";
import { lockBoth } from "./apply-outcome.ts";
import { applyAndFollow } from "./follow.ts";
import { prepareRailCall } from "./rail-call.ts";
import { settlePayment } from "./settle.ts";
import { type PaymentOfInvoice, releaseLater } from "./wish.ts";

export interface ValidatePaymentInput {
  readonly paymentId: PaymentId;
  /** As typed, without spaces. */
  readonly code: string;
}

export interface ValidatedPayment {
  readonly payment: Payment;
  /** `unchecked`: the carrier has not said what it makes of the code; the try counts all the same. */
  readonly result: "accepted" | "wrong" | "exhausted" | "unchecked";
  readonly triesLeft: number;
}

/**
 * Gives the carrier the code that the payer typed. Five tries of an attempt and ten minutes, counted in the
 * database before the carrier is asked, whoever guesses at once; used up, by our count or by the carrier's, the
 * attempt fails and what the carrier holds of it is given back.
 *
 * @throws payment_not_found
 * @throws payment_state_conflict  the attempt waits for no code that could be given on
 * @throws invoice_state_conflict  the invoice ended meanwhile
 */
export async function validatePayment(
  ctx: ServiceContext,
  { paymentId, code }: ValidatePaymentInput,
): Promise<ValidatedPayment> {
  const counted = await transact(ctx, (inTx) => countTry(inTx, paymentId));
  if (counted === null) {
    // The last try may have been right, and only its answer lost.
    const { payment } = await settlePayment(ctx, { paymentId });
    return payment.state === "pending_validation"
      ? await giveUp(ctx, paymentId, "own_count")
      : { payment, result: payment.state === "failed" ? "exhausted" : "accepted", triesLeft: 0 };
  }
  const { rail, account, attempt } = await prepareRailCall(ctx, paymentId);
  if (rail.validate === undefined) throw new Error(`${rail.method} takes no codes.`);
  const outcome = await rail.validate(account, attempt, code);
  const triesLeft = CODE_TRIES_MAX - counted.validationTries;
  if (outcome.kind !== "wrong_code") {
    const payment = await applyAndFollow(ctx, paymentId, outcome);
    return { payment, result: payment.state === "pending_validation" ? "unchecked" : "accepted", triesLeft };
  }
  if (triesLeft > 0 && !outcome.isFinal) return { payment: counted, result: "wrong", triesLeft };
  return await giveUp(ctx, paymentId, outcome.isFinal ? "carrier_count" : "own_count");
}

/** Another try of the same moment may have been right: then that is what happened. */
async function giveUp(
  ctx: ServiceContext,
  paymentId: PaymentId,
  why: "own_count" | "carrier_count",
): Promise<ValidatedPayment> {
  const payment = await transact(ctx, async (inTx) =>
    exhaustValidation(inTx, await lockBoth(inTx, paymentId), why),
  );
  return { payment, result: payment.state === "failed" ? "exhausted" : "accepted", triesLeft: 0 };
}

/** The payment with this try counted; null where none is left. */
async function countTry(ctx: TxContext, paymentId: PaymentId): Promise<Payment | null> {
  const { invoice, payment } = await lockBoth(ctx, paymentId);
  if (usableValidation(payment) !== "code") {
    throw new ServiceError("payment_state_conflict", `The payment is ${payment.state}.`);
  }
  if (invoice.state !== "open" || isPastExpiry(invoice.expiresAt, ctx.tx.now)) {
    throw new ServiceError("invoice_state_conflict", "The invoice can no longer be paid.");
  }
  if (payment.validationTries >= CODE_TRIES_MAX || isCodeOver(payment, ctx.tx.now)) return null;
  return await updatePaymentFacts(ctx.tx, payment, { validationTries: payment.validationTries + 1 });
}

/** True for a carrier's code that came too late to be typed (UTC). */
export function isCodeOver({ state, validation }: Payment, now: Date): boolean {
  if (state !== "pending_validation" || validation?.by !== "code") return false;
  return Date.parse(validation.expiresAt) <= now.getTime();
}

/** Fails a locked attempt whose code was not typed right; the rail is told by a job. Any other stays as it is. */
export async function exhaustValidation(
  ctx: TxContext,
  locked: PaymentOfInvoice,
  why: "own_count" | "own_clock" | "carrier_count",
): Promise<Payment> {
  const { payment } = locked;
  if (payment.state !== "pending_validation") return payment;
  const failed = await advancePayment(ctx, {
    ...locked,
    event: "failed",
    facts: { declineCode: "code_exhausted", declineRailCode: why },
  });
  await releaseLater(ctx, payment.id);
  return failed;
}
