// Carries out what has been committed about a reserved amount: takes it, or gives it back.

import { ServiceError } from "#lib/domain/errors.ts";
import type { PaymentId } from "#lib/domain/ids.ts";
import type { RailOutcome } from "#lib/domain/ports/rail.ts";
import type { Payment } from "#lib/domain/records.ts";
import type { ServiceContext } from "../context.ts";
import { applyOutcome, applyToLocked, isAnswer } from "./apply-outcome.ts";
import { closeAtRail } from "./close.ts";
import { prepareRailCall } from "./rail-call.ts";
import type { SettledPayment } from "./settle.ts";
import { isCaptureWanted } from "./wish.ts";

/**
 * Applies what a rail said, and carries out at once what that has just decided: an amount that was to be taken
 * is taken as soon as it is reserved, and one that nobody waits for is given back.
 *
 * @throws payment_not_found
 */
export async function applyAndFollow(
  ctx: ServiceContext,
  paymentId: PaymentId,
  outcome: RailOutcome,
): Promise<Payment> {
  const { before, after } = await applyToLocked(ctx, paymentId, outcome);
  if (after.state !== "authorized" || before.state === "authorized") return after;
  if (after.captureRequestedAt !== null) return (await capturePayment(ctx, after.id)).payment;
  return after.cancelRequestedAt === null ? after : (await closeAtRail(ctx, after.id)).payment;
}

/**
 * Asks the rail to take a reserved amount that is to be taken; it takes it once, however often it is asked.
 * Anything else is left as it is.
 *
 * @throws payment_not_found
 */
export async function capturePayment(ctx: ServiceContext, paymentId: PaymentId): Promise<SettledPayment> {
  const { rail, account, attempt, payment, invoice } = await prepareRailCall(ctx, paymentId);
  if (!isCaptureWanted({ invoice, payment })) return { payment, isAnswered: true };
  if (rail.capture === undefined) throw new Error(`${rail.method} reserved what it cannot take.`);
  const outcome = await rail.capture(account, attempt);
  return { payment: await applyOutcome(ctx, paymentId, outcome), isAnswered: isAnswer(outcome) };
}

/**
 * The same, until the rail has answered.
 *
 * @throws service_unavailable  it did not: to be tried again
 */
export async function captureUntilAnswered(ctx: ServiceContext, paymentId: PaymentId): Promise<void> {
  const { isAnswered } = await capturePayment(ctx, paymentId);
  if (!isAnswered) throw new ServiceError("service_unavailable", "The rail did not say that it took it.");
}
