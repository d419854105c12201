// The intent to send money back: stored, counted against the payment, and planned, before any rail is asked.

import { isMoneyDisputed } from "#db/queries/disputes.ts";
import { findRailAccount, loadProfile } from "#db/queries/merchants.ts";
import { updatePaymentFacts } from "#db/queries/payments.ts";
import { insertRefund } from "#db/queries/refunds.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import { money } from "#lib/domain/money.ts";
import type { Rail } from "#lib/domain/ports/rail.ts";
import type { Invoice, Payment, Refund } from "#lib/domain/records.ts";
import { type RefundLine, type RefundOrigin, refundableMinor } from "#lib/domain/refund.ts";
import { newId, type TxContext } from "../context.ts";
import { recordEvent } from "../events/record.ts";
import { railOf } from "../payments/rail-call.ts";

export interface CommitRefundInput {
  /** Both as locked in this transaction, invoice first. */
  readonly invoice: Invoice;
  readonly payment: Payment;
  /** Minor units of the payment's currency. */
  readonly amountMinor: bigint;
  readonly origin: Extract<RefundOrigin, "merchant" | "surplus">;
  readonly reason: string | null;
  readonly lines: readonly RefundLine[];
  /** Seconds until the job asks the rail; a caller that asks it at once leaves the job time to be needless. */
  readonly planAfterSeconds: number;
}

export interface CommittedRefund {
  readonly refund: Refund;
  /** With what is now on its way back. */
  readonly payment: Payment;
}

/**
 * Commits a refund in the caller's transaction. The payment's lock keeps the sum of its refunds within what was
 * captured; the database refuses more.
 *
 * @throws refund_not_possible        the payment took no money, or its money is disputed
 * @throws refund_exceeds_refundable
 * @throws capability_missing         its rail sends nothing back, or whole payments only
 * @throws amount_not_representable   between the steps that its rail counts in
 */
export async function commitRefund(ctx: TxContext, input: CommitRefundInput): Promise<CommittedRefund> {
  const { invoice, payment, amountMinor, origin, reason, lines } = input;
  const { tx, tenant } = ctx;
  if (payment.state !== "succeeded") {
    throw new ServiceError("refund_not_possible", `The payment is ${payment.state}.`);
  }
  if (await isMoneyDisputed(tx, tenant, payment.id)) {
    throw new ServiceError("refund_not_possible", "The payer's bank has the money: the payment is disputed.");
  }
  const refundable = refundableMinor(payment);
  if (amountMinor < 1n || amountMinor > refundable) {
    throw new ServiceError("refund_exceeds_refundable", `At most ${refundable} can be refunded.`, {
      pointer: "/amount",
    });
  }
  const isTotal = amountMinor === payment.amount.amountMinor;
  const { rail, prepareRefund } = await refundingRail(ctx, payment, isTotal);
  const step = rail.boundsFor(payment.amount.currency)?.stepMinor ?? 1n;
  if (amountMinor % step !== 0n) {
    throw new ServiceError("amount_not_representable", `The rail counts in steps of ${step}.`, {
      pointer: "/amount",
    });
  }
  const id = newId(ctx, "refund");
  const amount = money(amountMinor, payment.amount.currency);
  const { merchant } = await loadProfile(tx, tenant);
  const refund = await insertRefund(tx, tenant, {
    id,
    paymentId: payment.id,
    invoiceId: payment.invoiceId,
    railAccountId: payment.railAccountId,
    amount,
    origin,
    reason,
    lines,
    railKey: `${id}:refund`,
    railRequest: prepareRefund({
      refundId: id,
      paymentId: payment.id,
      merchantId: tenant.merchantId,
      merchantName: merchant.name,
      amount,
      isTotal,
      reason,
      payment: namesOf(payment),
    }),
    railReference: null,
    submittedAt: null,
  });
  const noted = await updatePaymentFacts(tx, payment, { refundedMinor: payment.refundedMinor + amountMinor });
  await recordEvent(ctx, { type: "refund.created", invoice, payment: noted, refund });
  const startAfter = new Date(tx.now.getTime() + input.planAfterSeconds * 1000);
  await ctx.queue.enqueue(tx, "refund.settle", { ...tenant, refundId: id, pollNumber: 0 }, { startAfter });
  return { refund, payment: noted };
}

/** The two names by which a rail knows a payment. */
export function namesOf(payment: Payment): {
  readonly railReference: string;
  readonly settlementReference: string | null;
} {
  if (payment.railReference === null) {
    throw new ServiceError("refund_not_possible", "The rail's name for the payment is not known.");
  }
  return {
    railReference: payment.railReference,
    settlementReference: payment.railDetails.settlementReference ?? null,
  };
}

async function refundingRail(ctx: TxContext, payment: Payment, isTotal: boolean) {
  const rail: Rail = railOf(ctx, payment);
  const account = await findRailAccount(ctx.tx, ctx.tenant, payment.railAccountId);
  const kind = account === null ? "none" : rail.capabilities(account).refund;
  const { prepareRefund } = rail;
  if (kind === "none" || prepareRefund === undefined) {
    throw new ServiceError(
      "capability_missing",
      "This rail sends no money back: pay the payer in another way.",
    );
  }
  if (kind === "total" && !isTotal) {
    throw new ServiceError("capability_missing", "This rail refunds whole payments only.", {
      pointer: "/amount",
    });
  }
  return { rail, prepareRefund };
}
