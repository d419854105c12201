// A rail has told of a refund that we may not have asked for: one made by hand at the rail is booked from its record.

import { findRailAccount } from "#db/queries/merchants.ts";
import { findPaymentBySettlement, updatePaymentFacts } from "#db/queries/payments.ts";
import {
  findRefund,
  findRefundByReference,
  insertRefund,
  listRefundsOfInvoice,
} from "#db/queries/refunds.ts";
import type { RailAccountId } from "#lib/domain/ids.ts";
import type { Money } from "#lib/domain/money.ts";
import type { RailRefundRecord, RecordAnswer } from "#lib/domain/ports/rail.ts";
import type { Payment, Refund } from "#lib/domain/records.ts";
import { refundableMinor } from "#lib/domain/refund.ts";
import { newId, type ServiceContext, type TxContext, transact } from "../context.ts";
import { recordEvent } from "../events/record.ts";
import { lockBoth } from "../payments/apply-outcome.ts";
import { giveToReview } from "../payments/give-to-review.ts";
import { openRailAccount } from "../payments/rail-call.ts";
import { tellOfContradiction } from "../payments/tell-of-contradiction.ts";
import { READS_MAX, type RecordHandling, type SettleRecordInput } from "../rail-records.ts";
import { applyRefundOutcome } from "./apply-outcome.ts";

/**
 * Re-reads a refund at its rail and applies what its record says; one that was not known here is read once more
 * after it is, since what was read before may be overtaken. Runs outside any transaction.
 */
export async function settleRailRefund(
  ctx: ServiceContext,
  input: SettleRecordInput,
): Promise<RecordHandling> {
  const { railAccountId, railReference } = input;
  let before = await transact(ctx, ({ tx, tenant }) =>
    findRefundByReference(tx, tenant, railAccountId, railReference),
  );
  for (let read = 1; read <= READS_MAX; read += 1) {
    const answer = await askRail(ctx, input);
    if (answer.kind === "contradiction") {
      await tellOfContradiction(ctx, railAccountId, before?.paymentId ?? null, answer);
    }
    if (answer.kind !== "found") return unreadable(answer);
    const { record } = answer;
    const found = await findOrBook(ctx, railAccountId, record);
    if ("kind" in found) return found;
    if (found.id === before?.id) {
      const settled = await applyRefundOutcome(ctx, found.id, record.outcome, before.version);
      if (settled !== "overtaken") return { kind: "applied" };
    }
    before = found;
  }
  return { kind: "unanswered" };
}

function unreadable(
  answer: Exclude<RecordAnswer<RailRefundRecord>, { readonly kind: "found" }>,
): RecordHandling {
  switch (answer.kind) {
    case "unknown":
      return { kind: "unanswered" };
    case "not_found":
      return { kind: "quarantined", reason: "The rail does not know the refund it told of." };
    case "contradiction":
      return { kind: "quarantined", reason: answer.reason };
  }
}

async function askRail(
  ctx: ServiceContext,
  { railAccountId, railReference }: SettleRecordInput,
): Promise<RecordAnswer<RailRefundRecord>> {
  const account = await transact(ctx, ({ tx, tenant }) => findRailAccount(tx, tenant, railAccountId));
  if (account === null || account.kind === "sms") throw new Error(`No rail account ${railAccountId}.`);
  const read = ctx.rails[account.kind]?.readRefund;
  if (read === undefined) return { kind: "contradiction", reason: "The rail tells of no refunds." };
  return await read(openRailAccount(ctx, account), railReference);
}

async function findOrBook(
  ctx: ServiceContext,
  railAccountId: RailAccountId,
  record: RailRefundRecord,
): Promise<Refund | RecordHandling> {
  return await transact(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    const ours = record.refundId === null ? null : await findRefund(tx, tenant, record.refundId);
    if (ours !== null && ours.railAccountId === railAccountId) return ours;
    const found =
      record.settlementReference === null
        ? null
        : await findPaymentBySettlement(tx, tenant, railAccountId, record.settlementReference);
    if (found === null) return { kind: "unmatched" };
    const { invoice, payment } = await lockBoth(inTx, found.id);
    // Looked for under the lock: the rail tells of one refund several times at once.
    const known = await findRefundByReference(tx, tenant, railAccountId, record.railReference);
    if (known !== null) return known;
    if (record.outcome.kind === "failed")
      return { kind: "ignored", reason: "It failed before we knew of it." };
    const { amount } = record;
    const room = await roomFor(inTx, payment, amount);
    // Ours on its way counts already, and may yet fail.
    if (room === "perhaps later") return { kind: "unanswered" };
    if (room === "none") {
      const reason = `The rail sent back ${amount.amountMinor} ${amount.currency} minor units by itself.`;
      await giveToReview(inTx, { invoice, payment }, reason);
      return { kind: "quarantined", reason };
    }
    const refund = await insertRefund(tx, tenant, {
      id: newId(inTx, "refund"),
      paymentId: payment.id,
      invoiceId: payment.invoiceId,
      railAccountId,
      amount,
      origin: "rail",
      reason: null,
      lines: [],
      railKey: `rail:${record.railReference}`,
      railRequest: {},
      railReference: record.railReference,
      submittedAt: tx.now,
    });
    const refundedMinor = payment.refundedMinor + amount.amountMinor;
    const noted = await updatePaymentFacts(tx, payment, { refundedMinor });
    await recordEvent(inTx, { type: "refund.created", invoice, payment: noted, refund });
    await inTx.queue.enqueue(
      tx,
      "refund.settle",
      { ...tenant, refundId: refund.id, pollNumber: 0 },
      { startAfter: new Date(tx.now.getTime() + 10_000) },
    );
    return refund;
  });
}

/** A message is asked about for seven days; the wait for ours ends before, so that a person hears of it. */
const WAIT_FOR_OURS_MS = 6 * 86_400_000;

/** Whether what was captured has room for a refund of the rail's own, now or once a refund of ours has failed. */
async function roomFor(
  ctx: TxContext,
  payment: Payment,
  { amountMinor, currency }: Money,
): Promise<"now" | "perhaps later" | "none"> {
  if (currency !== payment.amount.currency) return "none";
  const leftMinor = refundableMinor(payment);
  if (amountMinor <= leftMinor) return "now";
  const refunds = await listRefundsOfInvoice(ctx.tx, ctx.tenant, payment.invoiceId);
  const pendingMinor = refunds
    .filter(({ paymentId, state }) => paymentId === payment.id && state === "pending")
    .filter(({ createdAt }) => ctx.tx.now.getTime() - createdAt.getTime() < WAIT_FOR_OURS_MS)
    .reduce((sum, refund) => sum + refund.amount.amountMinor, 0n);
  return amountMinor <= leftMinor + pendingMinor ? "perhaps later" : "none";
}
