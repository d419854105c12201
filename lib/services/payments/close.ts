// Ends an open attempt, so that another method can be chosen or the invoice can end.

import { findOpenPayment, updatePaymentFacts } from "#db/queries/payments.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { InvoiceId, PaymentId } from "#lib/domain/ids.ts";
import { isOpenPayment } from "#lib/domain/payment.ts";
import type { Payment } from "#lib/domain/records.ts";
import { type ServiceContext, transact } from "../context.ts";
import { recordEvent } from "../events/record.ts";
import { advancePayment } from "./advance.ts";
import { applyOutcome, isAnswer, lockBoth } from "./apply-outcome.ts";
import { prepareRailCall } from "./rail-call.ts";
import type { SettledPayment } from "./settle.ts";

/**
 * Closes the invoice's open attempt where its rail can; where it cannot, or does not answer, the attempt is
 * superseded: it may still succeed, and is still asked about. Afterwards no open attempt stands in the way of
 * another, unless the rail turns out to have the money already. Returns the attempt as it then is, or null.
 */
export async function closeOpenAttempt(ctx: ServiceContext, invoiceId: InvoiceId): Promise<Payment | null> {
  const open = await transact(ctx, ({ tx, tenant }) => findOpenPayment(tx, tenant, invoiceId));
  if (open === null) return null;
  const { payment } = await closeAtRail(ctx, open.id);
  return isOpenPayment(payment.state) ? await supersede(ctx, payment) : payment;
}

/**
 * Closes one attempt at its rail, superseded or not, where the rail can.
 *
 * @throws service_unavailable  its rail did not answer: to be tried again
 */
export async function closeAttempt(ctx: ServiceContext, paymentId: PaymentId): Promise<void> {
  const { isAnswered } = await closeAtRail(ctx, paymentId);
  if (!isAnswered) throw new ServiceError("service_unavailable", "The rail did not say that it is closed.");
}

async function closeAtRail(ctx: ServiceContext, paymentId: PaymentId): Promise<SettledPayment> {
  const { rail, account, attempt, payment } = await prepareRailCall(ctx, paymentId);
  if (!isOpenPayment(payment.state)) return { payment, isAnswered: true };
  if (payment.state === "created") return { payment: await giveUpUnasked(ctx, paymentId), isAnswered: true };
  if (!rail.capabilities(account).cancel) return { payment, isAnswered: true };
  const outcome = await rail.cancel(account, attempt);
  return { payment: await applyOutcome(ctx, paymentId, outcome), isAnswered: isAnswer(outcome) };
}

/** No rail was asked: the attempt ends here. Where it was submitted in the meantime it stays as it is. */
async function giveUpUnasked(ctx: ServiceContext, paymentId: PaymentId): Promise<Payment> {
  return await transact(ctx, async (inTx) => {
    const locked = await lockBoth(inTx, paymentId);
    if (locked.payment.state !== "created") return locked.payment;
    return await advancePayment(inTx, { ...locked, event: "cancelled" });
  });
}

async function supersede(ctx: ServiceContext, payment: Payment): Promise<Payment> {
  return await transact(ctx, async (inTx) => {
    const { invoice, payment: locked } = await lockBoth(inTx, payment.id);
    if (!isOpenPayment(locked.state) || locked.supersededAt !== null) return locked;
    const noted = await updatePaymentFacts(inTx.tx, locked, { supersededAt: inTx.tx.now });
    await recordEvent(inTx, { type: "payment.superseded", invoice, payment: noted });
    return noted;
  });
}
