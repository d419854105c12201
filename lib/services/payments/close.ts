// Ends an open attempt, so that another method can be chosen or the invoice can end.

import { findOpenPayment, updatePaymentFacts } from "#db/queries/payments.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { InvoiceId, PaymentId } from "#lib/domain/ids.ts";
import { isOpenPayment } from "#lib/domain/payment.ts";
import type { RailOutcome } from "#lib/domain/ports/rail.ts";
import type { Payment } from "#lib/domain/records.ts";
import { type ServiceContext, type TxContext, transact } from "../context.ts";
import { recordEvent } from "../events/record.ts";
import { advancePayment } from "./advance.ts";
import { applyOutcome, isAnswer, lockBoth } from "./apply-outcome.ts";
import { prepareRailCall, type RailCall } from "./rail-call.ts";
import type { SettledPayment } from "./settle.ts";
import { isCaptureWanted, type PaymentOfInvoice, requestCancel } from "./wish.ts";

/**
 * Closes the invoice's open attempt where its rail can; where it cannot, or does not answer, the attempt is
 * superseded: it may still succeed, and is still asked about. Afterwards no open attempt stands in the way of
 * another, unless the rail turns out to have the money already. Returns the attempt as it then is, or null.
 */
export async function closeOpenAttempt(ctx: ServiceContext, invoiceId: InvoiceId): Promise<Payment | null> {
  const open = await transact(ctx, ({ tx, tenant }) => findOpenPayment(tx, tenant, invoiceId));
  if (open === null) return null;
  return await closeOrSupersede(ctx, open.id);
}

/** The same for one attempt. */
export async function closeOrSupersede(ctx: ServiceContext, paymentId: PaymentId): Promise<Payment> {
  const { payment } = await closeAtRail(ctx, paymentId);
  if (!isOpenPayment(payment.state)) return payment;
  return await transact(ctx, async (inTx) => supersede(inTx, await lockBoth(inTx, paymentId)));
}

/**
 * Closes one attempt at its rail, superseded or not, where the rail can. `keepsReserved`: not one whose amount is
 * reserved.
 *
 * @throws service_unavailable  its rail did not answer: to be tried again
 */
export async function closeAttempt(
  ctx: ServiceContext,
  paymentId: PaymentId,
  { keepsReserved = false } = {},
): Promise<void> {
  const { isAnswered } = await closeAtRail(ctx, paymentId, { keepsReserved });
  if (!isAnswered) throw new ServiceError("service_unavailable", "The rail did not say that it is closed.");
}

/** Closes one attempt at its rail where that can, and applies what the rail's record then says. */
export async function closeAtRail(
  ctx: ServiceContext,
  paymentId: PaymentId,
  { keepsReserved = false } = {},
): Promise<SettledPayment> {
  const call = await prepareRailCall(ctx, paymentId);
  const { rail, account, attempt, payment } = call;
  if (!isOpenPayment(payment.state)) return { payment, isAnswered: true };
  if (payment.state === "created") return { payment: await giveUpUnasked(ctx, paymentId), isAnswered: true };
  if (payment.state === "authorized") {
    return keepsReserved ? { payment, isAnswered: true } : await giveBack(ctx, call);
  }
  if (!rail.capabilities(account, attempt.phone).cancel) return { payment, isAnswered: true };
  return await apply(ctx, paymentId, await rail.cancel(account, attempt));
}

async function apply(ctx: ServiceContext, id: PaymentId, outcome: RailOutcome): Promise<SettledPayment> {
  return { payment: await applyOutcome(ctx, id, outcome), isAnswered: isAnswer(outcome) };
}

/** A reserved amount: the wish is committed first. One that is being taken is asked about before that. */
async function giveBack(ctx: ServiceContext, call: RailCall): Promise<SettledPayment> {
  const { rail, account, attempt } = call;
  const id = call.payment.id;
  let payment = await commitGivingBack(ctx, id, false);
  if (payment.state === "authorized" && payment.captureRequestedAt !== null) {
    const outcome = await rail.query(account, attempt);
    const asked = await apply(ctx, id, outcome);
    if (outcome.kind !== "authorized" || asked.payment.state !== "authorized") return asked;
    payment = await commitGivingBack(ctx, id, true);
  }
  if (payment.state !== "authorized" || payment.cancelRequestedAt === null) {
    return { payment, isAnswered: true };
  }
  return await apply(ctx, id, await rail.cancel(account, attempt));
}

/** `isStillReserved`: the rail has just said so, although it was asked to take the amount. */
async function commitGivingBack(
  ctx: ServiceContext,
  id: PaymentId,
  isStillReserved: boolean,
): Promise<Payment> {
  return await transact(ctx, async (inTx) => {
    const locked = await lockBoth(inTx, id);
    const { state, captureRequestedAt, cancelRequestedAt } = locked.payment;
    if (state !== "authorized" || cancelRequestedAt !== null) return locked.payment;
    const isFree = captureRequestedAt === null || (isStillReserved && !isCaptureWanted(locked));
    return isFree ? await requestCancel(inTx, locked) : locked.payment;
  });
}

/** No rail was asked: the attempt ends here. Where it was submitted in the meantime it stays as it is. */
async function giveUpUnasked(ctx: ServiceContext, paymentId: PaymentId): Promise<Payment> {
  return await transact(ctx, async (inTx) => {
    const locked = await lockBoth(inTx, paymentId);
    if (locked.payment.state !== "created") return locked.payment;
    return await advancePayment(inTx, { ...locked, event: "cancelled" });
  });
}

/** Notes that nobody waits for a locked attempt any more, once; what its rail then reserves is given back. */
export async function supersede(ctx: TxContext, { invoice, payment }: PaymentOfInvoice): Promise<Payment> {
  if (!isOpenPayment(payment.state) || payment.supersededAt !== null) return payment;
  const noted = await updatePaymentFacts(ctx.tx, payment, { supersededAt: ctx.tx.now });
  await recordEvent(ctx, { type: "payment.superseded", invoice, payment: noted });
  return noted;
}
