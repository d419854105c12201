// The only place that changes a dispute's state.

import { type DisputeFacts, updateDisputeState } from "#db/queries/disputes.ts";
import { insertTransition } from "#db/queries/payments.ts";
import { DISPUTE_TRANSITIONS, type DisputeEvent } from "#lib/domain/dispute.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { EventType } from "#lib/domain/events.ts";
import {
  disputeLostLegs,
  disputeOpenedLegs,
  disputeWonLateLegs,
  disputeWonLegs,
  type LedgerKind,
  type Leg,
} from "#lib/domain/ledger.ts";
import type { Dispute, Invoice, Payment } from "#lib/domain/records.ts";
import { nextState } from "#lib/domain/state-table.ts";
import type { TxContext } from "../context.ts";
import { recordEvent } from "../events/record.ts";
import { postLegs } from "../ledger/post.ts";

export interface AdvanceDisputeInput {
  /** All as locked in this transaction: invoice, payment, dispute. */
  readonly invoice: Invoice;
  readonly payment: Payment;
  readonly dispute: Dispute;
  readonly event: DisputeEvent;
}

const TYPE_OF_EVENT: { readonly [E in DisputeEvent]: EventType } = {
  opened: "dispute.opened",
  won: "dispute.won",
  lost: "dispute.lost",
  won_late: "dispute.won",
  closed: "dispute.closed",
};

/**
 * Moves a locked dispute along one edge of DISPUTE_TRANSITIONS, books what the bank took or gave, and records the
 * event. The payment and its invoice stay as they are.
 *
 * @throws payment_state_conflict  the edge does not exist
 */
export async function advanceDispute(ctx: TxContext, input: AdvanceDisputeInput): Promise<Dispute> {
  const { invoice, payment, dispute, event } = input;
  const state = nextState(DISPUTE_TRANSITIONS, dispute.state, event);
  if (state === null) throw new ServiceError("payment_state_conflict", `The dispute is ${dispute.state}.`);
  await insertTransition(ctx.tx, ctx.tenant, {
    machine: "dispute",
    subjectId: dispute.id,
    version: dispute.version + 1,
    fromState: dispute.state,
    event,
    toState: state,
    actorKind: ctx.actor.kind,
    actorId: ctx.actor.id,
  });
  const facts: DisputeFacts = event === "opened" ? { openedAt: ctx.tx.now } : { completedAt: ctx.tx.now };
  const moved = await updateDisputeState(ctx.tx, dispute, state, facts);
  const booking = bookingOf(event, payment, dispute);
  const step = { id: dispute.id, step: moved.version };
  if (booking !== null) await postLegs(ctx, booking.kind, payment, booking.legs, step);
  await recordEvent(ctx, { type: TYPE_OF_EVENT[event], invoice, payment, dispute: moved });
  return moved;
}

function bookingOf(
  event: DisputeEvent,
  { method, disposition, id }: Payment,
  { amount: { amountMinor } }: Dispute,
): { readonly kind: LedgerKind; readonly legs: Leg[] } | null {
  if (disposition === null) throw new Error(`Payment ${id} took no money and is disputed.`);
  switch (event) {
    case "opened":
      return { kind: "dispute_opened", legs: disputeOpenedLegs(method, amountMinor) };
    case "won":
      return { kind: "dispute_won", legs: disputeWonLegs(method, amountMinor) };
    case "lost":
      return { kind: "dispute_lost", legs: disputeLostLegs(method, disposition, amountMinor) };
    case "won_late":
      return { kind: "dispute_won", legs: disputeWonLateLegs(method, disposition, amountMinor) };
    case "closed":
      return null;
  }
}
