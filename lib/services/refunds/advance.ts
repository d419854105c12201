// The only place that changes a refund's state.

import { insertTransition, updatePaymentFacts } from "#db/queries/payments.ts";
import { type RefundFacts, updateRefundState } from "#db/queries/refunds.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import { refundFailedLegs, refundLegs } from "#lib/domain/ledger.ts";
import type { Invoice, Payment, Refund } from "#lib/domain/records.ts";
import { REFUND_TRANSITIONS, type RefundEvent, refundableMinor } from "#lib/domain/refund.ts";
import { nextState } from "#lib/domain/state-table.ts";
import type { TxContext } from "../context.ts";
import { recordEvent } from "../events/record.ts";
import { postLegs } from "../ledger/post.ts";
import { giveToReview } from "../payments/give-to-review.ts";

export interface LockedRefund {
  readonly invoice: Invoice;
  readonly payment: Payment;
  readonly refund: Refund;
}

export interface AdvanceRefundInput extends LockedRefund {
  readonly event: RefundEvent;
  readonly facts: RefundFacts;
}

/**
 * Moves a locked refund along one edge of REFUND_TRANSITIONS, books what moved, and records the event. One that
 * fails gives its amount back to what can be refunded; one that succeeds after all takes it again.
 *
 * @throws refund_not_possible  the edge does not exist, or what was captured has no room for it any more
 */
export async function advanceRefund(ctx: TxContext, input: AdvanceRefundInput): Promise<Refund> {
  const { invoice, payment, refund, event, facts } = input;
  const state = nextState(REFUND_TRANSITIONS, refund.state, event);
  if (state === null) throw new ServiceError("refund_not_possible", `The refund is ${refund.state}.`);
  if (event === "succeeded_late" && !hasRoom(payment, refund)) {
    throw new ServiceError("refund_not_possible", "It no longer fits into what was captured.");
  }
  await insertTransition(ctx.tx, ctx.tenant, {
    machine: "refund",
    subjectId: refund.id,
    version: refund.version + 1,
    fromState: refund.state,
    event,
    toState: state,
    actorKind: ctx.actor.kind,
    actorId: ctx.actor.id,
  });
  const moved = await updateRefundState(ctx.tx, refund, state, {
    ...facts,
    ...(state === "succeeded" ? { failureCode: null, failureRailCode: null } : {}),
    completedAt: ctx.tx.now,
    unknownSince: null,
  });
  await book(ctx, payment, moved, event);
  const refundedMinor = payment.refundedMinor + changeOf(event, refund.amount.amountMinor);
  const noted =
    refundedMinor === payment.refundedMinor
      ? payment
      : await updatePaymentFacts(ctx.tx, payment, { refundedMinor });
  const type = state === "succeeded" ? "refund.succeeded" : "refund.failed";
  await recordEvent(ctx, { type, invoice, payment: noted, refund: moved });
  // Nobody asked for it, so nobody would notice that the payer's money is still here.
  if (state === "failed" && refund.origin === "surplus") {
    const reason = `The surplus could not be sent back: ${moved.failureCode ?? "no reason given"}.`;
    await giveToReview(ctx, { invoice, payment: noted }, reason);
  }
  return moved;
}

/** True where a failed refund can be counted again without more going back than was captured. */
export function hasRoom(payment: Payment, refund: Refund): boolean {
  return refund.amount.amountMinor <= refundableMinor(payment);
}

/** How what is on its way back, or gone, changes; minor units. */
function changeOf(event: RefundEvent, amountMinor: bigint): bigint {
  switch (event) {
    case "succeeded":
      return 0n;
    case "succeeded_late":
      return amountMinor;
    case "failed":
    case "failed_late":
      return -amountMinor;
  }
}

/** Nothing has moved of a refund that fails before it was sent. */
async function book(ctx: TxContext, payment: Payment, refund: Refund, event: RefundEvent): Promise<void> {
  if (event === "failed") return;
  const { method, disposition } = payment;
  const { amountMinor } = refund.amount;
  if (disposition === null) throw new Error(`Payment ${payment.id} took no money and has a refund.`);
  const step = { id: refund.id, step: refund.version };
  if (event === "failed_late") {
    const legs = refundFailedLegs(method, disposition, amountMinor);
    await postLegs(ctx, "refund_failed", payment, legs, step);
  } else {
    await postLegs(ctx, "refund", payment, refundLegs(method, disposition, amountMinor), step);
  }
}
