// What a rail said becomes facts and steps. Every way of hearing from a rail ends here: the answer to a
// request, a notification, a poll, the payer's return.

import { lockInvoice } from "#db/queries/invoices.ts";
import { findPayment, lockPayment, type PaymentFacts, updatePaymentFacts } from "#db/queries/payments.ts";
import { ServiceError, unreachable } from "#lib/domain/errors.ts";
import type { PaymentId } from "#lib/domain/ids.ts";
import { isSameMoney } from "#lib/domain/money.ts";
import { isOpenPayment, type PaymentEvent } from "#lib/domain/payment.ts";
import type { RailOutcome } from "#lib/domain/ports/rail.ts";
import type { Invoice, Payment } from "#lib/domain/records.ts";
import { POLL_LIVE_SECONDS } from "#lib/domain/schedule.ts";
import { type ServiceContext, type TxContext, transact } from "../context.ts";
import { recordEvent } from "../events/record.ts";
import { inTenantTime } from "../rail-time.ts";
import { advancePayment } from "./advance.ts";
import { giveToReview } from "./give-to-review.ts";

interface Locked {
  readonly invoice: Invoice;
  readonly payment: Payment;
}

/**
 * Applies one outcome in one transaction; the same outcome again changes nothing. A known outcome is never
 * replaced by an unknown or an older one; a record that contradicts ours settles nothing and waits for a person.
 *
 * @throws payment_not_found
 */
export async function applyOutcome(ctx: ServiceContext, id: PaymentId, said: RailOutcome): Promise<Payment> {
  return await transact(ctx, async (inTx) => {
    const outcome = inTenantTime(inTx.tx, said);
    const locked = await lockBoth(inTx, id);
    const { payment } = locked;
    const foreign = foreignReference(payment, outcome);
    if (foreign !== null)
      return await giveToReview(inTx, locked, `The rail names another record: ${foreign}.`);
    switch (outcome.kind) {
      case "redirect":
        return await note(inTx, locked, {
          railReference: outcome.railReference,
          redirectUrl: outcome.url,
          redirectExpiresAt: outcome.expiresAt,
          unknownSince: null,
        });
      case "pending":
        return await note(inTx, locked, { railReference: outcome.railReference, unknownSince: null });
      case "processing":
        return await note(inTx, locked, {
          railReference: outcome.railReference,
          isProcessing: true,
          unknownSince: null,
        });
      case "succeeded":
        return await succeed(inTx, locked, outcome);
      case "declined":
        return await end(inTx, locked, "failed", {
          ...(outcome.railReference === null ? {} : { railReference: outcome.railReference }),
          declineCode: outcome.code,
          declineRailCode: outcome.railCode,
        });
      case "cancelled":
        return await end(inTx, locked, "cancelled", { railReference: outcome.railReference });
      case "expired":
        return await end(inTx, locked, "expired", { railReference: outcome.railReference });
      case "validation":
      case "authorized":
        return await giveToReview(inTx, locked, `The rail says ${outcome.kind} of a one-step payment.`);
      case "contradiction":
        return await giveToReview(inTx, locked, outcome.reason);
      case "not_found":
      case "unknown":
        return await doubt(inTx, locked);
      default:
        return unreachable(outcome);
    }
  });
}

/** True where the rail has said something of the attempt. */
export function isAnswer(outcome: RailOutcome): boolean {
  return outcome.kind !== "unknown" && outcome.kind !== "not_found";
}

/** Locks in the order that all of us take: invoice, then payment. */
export async function lockBoth(ctx: TxContext, id: PaymentId): Promise<Locked> {
  const found = await findPayment(ctx.tx, ctx.tenant, id);
  if (found === null) throw new ServiceError("payment_not_found", "There is no such payment.");
  const invoice = await lockInvoice(ctx.tx, ctx.tenant, found.invoiceId);
  const payment = await lockPayment(ctx.tx, ctx.tenant, id);
  if (invoice === null || payment === null) throw new Error(`Payment ${id} has lost its invoice.`);
  return { invoice, payment };
}

function foreignReference(payment: Payment, outcome: RailOutcome): string | null {
  const named = "railReference" in outcome ? outcome.railReference : null;
  return named !== null && payment.railReference !== null && named !== payment.railReference ? named : null;
}

/** Facts of an attempt that is still open; a final one keeps what it has. */
async function note(ctx: TxContext, { payment }: Locked, facts: PaymentFacts): Promise<Payment> {
  if (!isOpenPayment(payment.state)) return payment;
  if (payment.unknownSince !== null) await askSooner(ctx, payment);
  return await updatePaymentFacts(ctx.tx, payment, facts);
}

/** The question that was planned in doubt may be a day away; of the two, the first plans what follows. */
async function askSooner(ctx: TxContext, { id, pollCount }: Payment): Promise<void> {
  const startAfter = new Date(ctx.tx.now.getTime() + POLL_LIVE_SECONDS * 1000);
  const job = { ...ctx.tenant, paymentId: id, pollNumber: pollCount };
  await ctx.queue.enqueue(ctx.tx, "payment.poll", job, { startAfter });
}

async function succeed(
  ctx: TxContext,
  locked: Locked,
  outcome: Extract<RailOutcome, { kind: "succeeded" }>,
): Promise<Payment> {
  const { payment } = locked;
  if (payment.state === "succeeded") return payment;
  if (!isSameMoney(outcome.amount, payment.amount)) {
    const said = `${outcome.amount.amountMinor} ${outcome.amount.currency}`;
    return await giveToReview(ctx, locked, `The rail took ${said} minor units.`);
  }
  const event = isOpenPayment(payment.state) ? "succeeded" : "succeeded_late";
  return await advancePayment(ctx, {
    ...locked,
    event,
    facts: { railReference: outcome.railReference, railDetails: outcome.details },
    ...(outcome.cost === undefined ? {} : { costMinor: outcome.cost.amountMinor }),
  });
}

/** The rail says that no money moved. Said of money it has taken, that is for a person to judge. */
async function end(
  ctx: TxContext,
  locked: Locked,
  event: Extract<PaymentEvent, "failed" | "cancelled" | "expired">,
  facts: PaymentFacts,
): Promise<Payment> {
  const { payment } = locked;
  if (payment.state === "succeeded") {
    return await giveToReview(ctx, locked, `The rail said it was ${event} after it had succeeded.`);
  }
  if (!isOpenPayment(payment.state)) return payment;
  return await advancePayment(ctx, { ...locked, event, facts });
}

/** No answer. Only an attempt whose request was never answered becomes unknown; the others stay what they are. */
async function doubt(ctx: TxContext, { invoice, payment }: Locked): Promise<Payment> {
  const isAnswered = payment.railReference !== null;
  if (!isOpenPayment(payment.state) || isAnswered || payment.unknownSince !== null) return payment;
  const noted = await updatePaymentFacts(ctx.tx, payment, { unknownSince: ctx.tx.now });
  await recordEvent(ctx, { type: "payment.unknown", invoice, payment: noted });
  return noted;
}
