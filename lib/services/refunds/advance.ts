// The only place that changes a refund's state.

import { insertTransition, updatePaymentFacts } from "#db/queries/payments.ts";
import { type RefundFacts, updateRefundState } from "#db/queries/refunds.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import { refundFailedLegs, refundLegs } from "#lib/domain/ledger.ts";
import type { Invoice, Payment, Refund } from "#lib/domain/records.ts";
import { REFUND_TRANSITIONS, type RefundEvent } from "#lib/domain/refund.ts";
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
 * fails gives its amount back to what can be refunded.
 *
 * @throws refund_not_possible  the edge does not exist
 */
export async function advanceRefund(ctx: TxContext, input: AdvanceRefundInput): Promise<Refund> {
  const { invoice, payment, refund, event, facts } = input;
  const state = nextState(REFUND_TRANSITIONS, refund.state, event);
  if (state === null) throw new ServiceError("refund_not_possible", `The refund is ${refund.state}.`);
  const { disposition, method } = payment;
  if (disposition === null) throw new Error(`Payment ${payment.id} took no money and has a refund.`);
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
    completedAt: ctx.tx.now,
    unknownSince: null,
  });
  const { amountMinor } = refund.amount;
  if (event === "succeeded") {
    await postLegs(ctx, "refund", payment, refundLegs(method, disposition, amountMinor), refund.id);
    await recordEvent(ctx, { type: "refund.succeeded", invoice, payment, refund: moved });
    return moved;
  }
  if (event === "failed_late") {
    await postLegs(
      ctx,
      "refund_failed",
      payment,
      refundFailedLegs(method, disposition, amountMinor),
      refund.id,
    );
  }
  const refundedMinor = payment.refundedMinor - amountMinor;
  const noted = await updatePaymentFacts(ctx.tx, payment, { refundedMinor });
  await recordEvent(ctx, { type: "refund.failed", invoice, payment: noted, refund: moved });
  // Nobody asked for it, so nobody would notice that the payer's money is still here.
  if (refund.origin === "surplus") {
    const reason = `The surplus could not be sent back: ${moved.failureCode ?? "no reason given"}.`;
    await giveToReview(ctx, { invoice, payment: noted }, reason);
  }
  return moved;
}
