// The only place that changes a payment's state.

import { findRailAccount, loadProfile } from "#db/queries/merchants.ts";
import { insertTransition, type PaymentFacts, updatePaymentState } from "#db/queries/payments.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { EventType } from "#lib/domain/events.ts";
import { routeMoney } from "#lib/domain/invoice.ts";
import { acceptedLegs, railCostLegs, surplusLegs } from "#lib/domain/ledger.ts";
import { shareInBasisPoints } from "#lib/domain/money.ts";
import { isOpenPayment, PAYMENT_TRANSITIONS, type PaymentEvent } from "#lib/domain/payment.ts";
import type { Invoice, Payment } from "#lib/domain/records.ts";
import { nextState } from "#lib/domain/state-table.ts";
import type { TxContext } from "../context.ts";
import { recordEvent } from "../events/record.ts";
import { advanceInvoice } from "../invoices/advance.ts";
import { postLegs } from "../ledger/post.ts";
import { queueReceiptSms } from "../sms/queue-receipt.ts";
import { closeLater } from "./close-later.ts";
import { returnSurplus } from "./return-surplus.ts";

export interface AdvancePaymentInput {
  /** As locked in this transaction, invoice first. */
  readonly invoice: Invoice;
  readonly payment: Payment;
  readonly event: PaymentEvent;
  readonly facts?: PaymentFacts;
  /** What the rail kept for its work; minor units of the payment's currency. */
  readonly costMinor?: bigint;
}

/** Money that was taken is told of by what becomes of it. */
type QuietEvent = "succeeded" | "succeeded_late";

const TYPE_OF_EVENT: { readonly [E in Exclude<PaymentEvent, QuietEvent>]: EventType | null } = {
  submitted: null,
  validation_required: "payment.validation_required",
  code_accepted: null,
  authorized: "payment.authorized",
  capture_requested: "payment.capture_requested",
  cancel_requested: "payment.cancel_requested",
  failed: "payment.failed",
  cancelled: "payment.cancelled",
  expired: "payment.expired",
};

/**
 * Moves a locked payment along one edge of PAYMENT_TRANSITIONS and records everything that follows from it:
 * the step, what becomes of the money, the books, the invoice, the events and their deliveries.
 *
 * Runs in the caller's transaction; makes no network call. Amounts: minor units of `payment.amount.currency`.
 *
 * @throws payment_state_conflict  the edge does not exist
 * @see lib/domain/payment.ts for the table; the drawing is generated into README.md
 */
export async function advancePayment(ctx: TxContext, input: AdvancePaymentInput): Promise<Payment> {
  const { invoice, payment, event } = input;
  const state = nextState(PAYMENT_TRANSITIONS, payment.state, event);
  if (state === null) {
    throw new ServiceError("payment_state_conflict", `The payment is ${payment.state}.`);
  }
  await insertTransition(ctx.tx, ctx.tenant, {
    machine: "payment",
    subjectId: payment.id,
    version: payment.version + 1,
    fromState: payment.state,
    event,
    toState: state,
    actorKind: ctx.actor.kind,
    actorId: ctx.actor.id,
  });
  if (event === "succeeded" || event === "succeeded_late") return await takeMoney(ctx, input);
  const facts: PaymentFacts = { ...input.facts };
  if (!isOpenPayment(state)) Object.assign(facts, { completedAt: ctx.tx.now, unknownSince: null });
  const moved = await updatePaymentState(ctx.tx, payment, state, facts);
  const type = TYPE_OF_EVENT[event];
  if (type !== null) await recordEvent(ctx, { type, invoice, payment: moved });
  return moved;
}

/** The rail has the money: it pays the invoice, or it is surplus. Either way it is booked once. */
async function takeMoney(ctx: TxContext, input: AdvancePaymentInput): Promise<Payment> {
  const { invoice, payment, facts, costMinor = 0n } = input;
  const { settings } = await loadProfile(ctx.tx, ctx.tenant);
  const amountMinor = payment.amount.amountMinor;
  const routing = routeMoney(invoice, payment.amount, settings);
  const feeMinor = routing.disposition === "accepted" ? await feeOf(ctx, payment) : 0n;
  const moved = await updatePaymentState(ctx.tx, payment, "succeeded", {
    ...facts,
    disposition: routing.disposition,
    feeMinor,
    completedAt: ctx.tx.now,
    unknownSince: null,
  });
  if (costMinor > 0n) await postLegs(ctx, "rail_cost", moved, railCostLegs(moved.method, costMinor));
  await ctx.failpoints?.reach("K13");
  if (routing.disposition === "surplus") {
    await postLegs(ctx, "payment_surplus", moved, surplusLegs(moved.method, amountMinor));
    await recordEvent(ctx, { type: "payment.surplus", invoice, payment: moved });
    return routing.isReturned ? await returnSurplus(ctx, { invoice, payment: moved }) : moved;
  }
  await postLegs(ctx, "payment_accepted", moved, acceptedLegs(moved.method, amountMinor, feeMinor));
  const paid = await advanceInvoice(ctx, {
    invoice,
    event: routing.event,
    payment: moved,
    facts: {
      amountPaidMinor: invoice.amountPaidMinor + amountMinor,
      paidBy: "payment",
      paidPaymentId: moved.id,
      paidAt: ctx.tx.now,
    },
    beforeEvent: (after) => recordEvent(ctx, { type: "payment.succeeded", invoice: after, payment: moved }),
  });
  await closeLater(ctx, paid.id);
  if (settings.afterPayment === "redirect") await queueReceiptSms(ctx, paid);
  return moved;
}

/**
 * The platform's fee by the account's tariff, never above the amount. Minor units.
 */
export async function feeOf(ctx: TxContext, payment: Payment): Promise<bigint> {
  const account = await findRailAccount(ctx.tx, ctx.tenant, payment.railAccountId);
  if (account === null) return 0n;
  const amountMinor = payment.amount.amountMinor;
  const fee = shareInBasisPoints(amountMinor, account.feeBasisPoints) + account.feeFixedMinor;
  return fee > amountMinor ? amountMinor : fee;
}
