// A rail has told of a dispute: its record is read, and what it says is booked.

import {
  findDisputeByReference,
  insertDispute,
  lockDisputeByReference,
  updateDisputeFacts,
} from "#db/queries/disputes.ts";
import { countBookings } from "#db/queries/events.ts";
import { findRailAccount } from "#db/queries/merchants.ts";
import { findPaymentBySettlement } from "#db/queries/payments.ts";
import type { DisputeEvent, DisputeState } from "#lib/domain/dispute.ts";
import type { RailAccountId } from "#lib/domain/ids.ts";
import { disputeFeeLegs, disputeFeeReturnedLegs } from "#lib/domain/ledger.ts";
import { isSameMoney } from "#lib/domain/money.ts";
import type { PaymentMethod } from "#lib/domain/payment.ts";
import type { RailDisputeRecord, RecordAnswer } from "#lib/domain/ports/rail.ts";
import type { Dispute, Invoice, Payment } from "#lib/domain/records.ts";
import { newId, type ServiceContext, type TxContext, transact } from "../context.ts";
import { recordEvent } from "../events/record.ts";
import { postLegs } from "../ledger/post.ts";
import { lockBoth } from "../payments/apply-outcome.ts";
import { giveToReview } from "../payments/give-to-review.ts";
import { openRailAccount } from "../payments/rail-call.ts";
import { tellOfContradiction } from "../payments/tell-of-contradiction.ts";
import { READS_MAX, type RecordHandling, type SettleRecordInput } from "../rail-records.ts";
import { toTenantTime } from "../rail-time.ts";
import { advanceDispute } from "./advance.ts";

/**
 * The events that lead from one state to another the rail has reached, which may be several at once. Whatever leads
 * back, or from a decision to another but for money that came back, is for a person.
 */
const WAYS: { readonly [From in DisputeState]: { readonly [To in DisputeState]?: readonly DisputeEvent[] } } =
  {
    inquiry: {
      inquiry: [],
      open: ["opened"],
      won: ["opened", "won"],
      lost: ["opened", "lost"],
      closed: ["closed"],
    },
    open: { open: [], won: ["won"], lost: ["lost"] },
    won: { won: [] },
    lost: { lost: [], won: ["won_late"] },
    closed: { closed: [] },
  };

/**
 * Re-reads a dispute at its rail and applies what its record says, in one transaction; the same record again
 * changes nothing, and a record that was overtaken by another is read anew. Runs outside any transaction.
 */
export async function settleDispute(ctx: ServiceContext, input: SettleRecordInput): Promise<RecordHandling> {
  for (let read = 1; read <= READS_MAX; read += 1) {
    const known = await transact(ctx, ({ tx, tenant }) =>
      findDisputeByReference(tx, tenant, input.railAccountId, input.railReference),
    );
    const handling = await settleOnce(ctx, input, known);
    if (handling !== "overtaken") return handling;
  }
  return { kind: "unanswered" };
}

/** `known`: the dispute as it was before the rail is asked. */
async function settleOnce(
  ctx: ServiceContext,
  input: SettleRecordInput,
  known: Dispute | null,
): Promise<RecordHandling | "overtaken"> {
  const answer = await askRail(ctx, input);
  switch (answer.kind) {
    case "unknown":
      return { kind: "unanswered" };
    case "not_found":
      return { kind: "quarantined", reason: "The rail does not know the dispute it told of." };
    case "contradiction":
      await tellOfContradiction(ctx, input.railAccountId, known?.paymentId ?? null, answer);
      return { kind: "quarantined", reason: answer.reason };
    case "found":
      return await applyRecord(ctx, input.railAccountId, answer.record, known);
  }
}

async function askRail(
  ctx: ServiceContext,
  { railAccountId, railReference }: SettleRecordInput,
): Promise<RecordAnswer<RailDisputeRecord>> {
  const account = await transact(ctx, ({ tx, tenant }) => findRailAccount(tx, tenant, railAccountId));
  if (account === null || account.kind === "sms") throw new Error(`No rail account ${railAccountId}.`);
  const method: PaymentMethod = account.kind;
  const read = ctx.rails[method]?.readDispute;
  if (read === undefined) return { kind: "contradiction", reason: `The rail ${method} has no disputes.` };
  return await read(openRailAccount(ctx, account), railReference);
}

async function applyRecord(
  ctx: ServiceContext,
  railAccountId: RailAccountId,
  record: RailDisputeRecord,
  before: Dispute | null,
): Promise<RecordHandling | "overtaken"> {
  return await transact(ctx, async (inTx) => {
    const { settlementReference } = record;
    const found =
      settlementReference === null
        ? null
        : await findPaymentBySettlement(inTx.tx, inTx.tenant, railAccountId, settlementReference);
    if (found === null) return { kind: "unmatched" };
    const { invoice, payment } = await lockBoth(inTx, found.id);
    if (payment.disposition === null) return { kind: "unmatched" };
    if (record.amount.currency !== payment.amount.currency) {
      await giveToReview(inTx, { invoice, payment }, "A dispute is in another currency than the payment.");
      return { kind: "quarantined", reason: "The dispute is in another currency than its payment." };
    }
    const known = await lockDisputeByReference(inTx.tx, inTx.tenant, railAccountId, record.railReference);
    if (known?.version !== before?.version || known?.feeMinor !== before?.feeMinor) return "overtaken";
    const dispute = known ?? (await begin(inTx, invoice, payment, record));
    if (!isSameMoney(dispute.amount, record.amount)) {
      await giveToReview(inTx, { invoice, payment }, "The rail changed the amount of a dispute.");
      return { kind: "quarantined", reason: "The dispute's amount differs from what was booked." };
    }
    const way = WAYS[dispute.state][record.state];
    if (way === undefined) {
      const reason = `A dispute that was ${dispute.state} is now ${record.state}.`;
      await giveToReview(inTx, { invoice, payment }, reason);
      return { kind: "quarantined", reason };
    }
    let moved = dispute;
    for (const event of way) moved = await advanceDispute(inTx, { invoice, payment, dispute: moved, event });
    await bookFee(inTx, payment, moved, record);
    return { kind: "applied" };
  });
}

async function begin(
  ctx: TxContext,
  invoice: Invoice,
  payment: Payment,
  record: RailDisputeRecord,
): Promise<Dispute> {
  const dispute = await insertDispute(ctx.tx, ctx.tenant, {
    id: newId(ctx, "dispute"),
    paymentId: payment.id,
    invoiceId: invoice.id,
    railAccountId: payment.railAccountId,
    amount: record.amount,
    reason: record.reason,
    railReference: record.railReference,
    evidenceDueAt: record.evidenceDueAt === null ? null : toTenantTime(ctx.tx, record.evidenceDueAt),
  });
  if (record.state === "inquiry")
    await recordEvent(ctx, { type: "dispute.inquiry", invoice, payment, dispute });
  return dispute;
}

/** A rail may ask for more as a dispute goes on, and give some of it back: each change is booked when it is read. */
async function bookFee(
  ctx: TxContext,
  payment: Payment,
  dispute: Dispute,
  { feeMinor }: RailDisputeRecord,
): Promise<void> {
  const changeMinor = feeMinor - dispute.feeMinor;
  if (changeMinor === 0n) return;
  const { method } = payment;
  const kind = changeMinor > 0n ? "dispute_fee" : "dispute_fee_returned";
  const legs =
    changeMinor > 0n ? disputeFeeLegs(method, changeMinor) : disputeFeeReturnedLegs(method, -changeMinor);
  const booked = await countBookings(ctx.tx, ctx.tenant, dispute.id, kind);
  await postLegs(ctx, kind, payment, legs, { id: dispute.id, step: booked + 1 });
  await updateDisputeFacts(ctx.tx, dispute, { feeMinor });
}
