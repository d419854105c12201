// What a rail said about a refund becomes facts and steps.

import { lockInvoice } from "#db/queries/invoices.ts";
import { lockPayment } from "#db/queries/payments.ts";
import { findRefund, lockRefund, updateRefundFacts } from "#db/queries/refunds.ts";
import { ServiceError, unreachable } from "#lib/domain/errors.ts";
import type { RefundId } from "#lib/domain/ids.ts";
import { isSameMoney } from "#lib/domain/money.ts";
import type { RefundOutcome } from "#lib/domain/ports/rail.ts";
import type { Refund } from "#lib/domain/records.ts";
import { type ServiceContext, type TxContext, transact } from "../context.ts";
import { recordEvent } from "../events/record.ts";
import { advanceRefund, hasRoom, type LockedRefund } from "./advance.ts";

/**
 * Applies one outcome in one transaction; the same outcome again changes nothing. A known outcome is never
 * replaced by an unknown one; a record that contradicts ours books nothing and waits for a person. `asOfVersion`:
 * the refund's before its rail was asked. One that has moved since is left alone: the record may be older than what
 * moved it, and must be read anew.
 *
 * @throws refund_not_found
 */
export async function applyRefundOutcome(
  ctx: ServiceContext,
  id: RefundId,
  outcome: RefundOutcome,
  asOfVersion: number,
): Promise<Refund | "overtaken"> {
  return await transact(ctx, async (inTx) => {
    const locked = await lockRefundWithAll(inTx, id);
    const { refund } = locked;
    if (refund.version !== asOfVersion) return "overtaken";
    const named = "railReference" in outcome ? outcome.railReference : null;
    if (named !== null && refund.railReference !== null && named !== refund.railReference) {
      return await giveRefundToReview(inTx, locked, `The rail names another refund: ${named}.`);
    }
    switch (outcome.kind) {
      case "pending":
        if (refund.state !== "pending") return refund;
        return await updateRefundFacts(inTx.tx, refund, {
          railReference: outcome.railReference,
          unknownSince: null,
        });
      case "succeeded":
        return await succeed(inTx, locked, outcome);
      case "failed":
        if (refund.state === "failed") return refund;
        return await advanceRefund(inTx, {
          ...locked,
          event: refund.state === "succeeded" ? "failed_late" : "failed",
          facts: {
            ...(outcome.railReference === null ? {} : { railReference: outcome.railReference }),
            failureCode: outcome.code,
            failureRailCode: outcome.railCode,
          },
        });
      case "contradiction":
        return await giveRefundToReview(inTx, locked, outcome.reason);
      case "not_taken":
        return await forgetSubmission(inTx, locked);
      case "unknown":
        return await doubt(inTx, locked);
      default:
        return unreachable(outcome);
    }
  });
}

/** Locks in the order that all of us take: invoice, payment, refund. */
export async function lockRefundWithAll(ctx: TxContext, id: RefundId): Promise<LockedRefund> {
  const { tx, tenant } = ctx;
  const found = await findRefund(tx, tenant, id);
  if (found === null) throw new ServiceError("refund_not_found", "There is no such refund.");
  const invoice = await lockInvoice(tx, tenant, found.invoiceId);
  const payment = await lockPayment(tx, tenant, found.paymentId);
  const refund = await lockRefund(tx, tenant, id);
  if (invoice === null || payment === null || refund === null) {
    throw new Error(`Refund ${id} has lost its relations.`);
  }
  return { invoice, payment, refund };
}

/** Marks a locked refund as one that a person must look at, once. */
export async function giveRefundToReview(
  ctx: TxContext,
  { invoice, payment, refund }: LockedRefund,
  reason: string,
): Promise<Refund> {
  if (refund.needsReviewAt !== null) return refund;
  ctx.log.error("refund.needs_review", { refundId: refund.id, reason });
  const noted = await updateRefundFacts(ctx.tx, refund, { needsReviewAt: ctx.tx.now, reviewReason: reason });
  await recordEvent(ctx, { type: "refund.needs_review", invoice, payment, refund: noted });
  return noted;
}

async function succeed(
  ctx: TxContext,
  locked: LockedRefund,
  outcome: Extract<RefundOutcome, { kind: "succeeded" }>,
): Promise<Refund> {
  const { refund } = locked;
  if (refund.state === "succeeded") return refund;
  if (!isSameMoney(outcome.amount, refund.amount)) {
    const said = `${outcome.amount.amountMinor} ${outcome.amount.currency}`;
    return await giveRefundToReview(ctx, locked, `The rail sent back ${said} minor units.`);
  }
  const isLate = refund.state === "failed";
  if (isLate && !hasRoom(locked.payment, refund)) {
    const reason =
      "The rail sent it after it had failed, and by now more would be refunded than was captured.";
    return await giveRefundToReview(ctx, locked, reason);
  }
  return await advanceRefund(ctx, {
    ...locked,
    event: isLate ? "succeeded_late" : "succeeded",
    facts: { railReference: outcome.railReference },
  });
}

/** The rail has none of it: the next question asks for it anew, with the same key. */
async function forgetSubmission(ctx: TxContext, { refund }: LockedRefund): Promise<Refund> {
  if (refund.state !== "pending" || refund.railReference !== null) return refund;
  return await updateRefundFacts(ctx.tx, refund, { submittedAt: null, unknownSince: null });
}

async function doubt(ctx: TxContext, { invoice, payment, refund }: LockedRefund): Promise<Refund> {
  const isAnswered = refund.railReference !== null;
  if (refund.state !== "pending" || isAnswered || refund.unknownSince !== null) return refund;
  const noted = await updateRefundFacts(ctx.tx, refund, { unknownSince: ctx.tx.now });
  await recordEvent(ctx, { type: "refund.unknown", invoice, payment, refund: noted });
  return noted;
}
