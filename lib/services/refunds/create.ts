// A merchant sends money back: all of it, a part, or by the invoice's lines.

import { listRefundsOfInvoice } from "#db/queries/refunds.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { PaymentId, RefundId } from "#lib/domain/ids.ts";
import type { Invoice, Payment, Refund } from "#lib/domain/records.ts";
import { type RefundLine, refundableMinor } from "#lib/domain/refund.ts";
import { requirePermission, type ServiceContext, type TxContext, transact } from "../context.ts";
import { lockBoth } from "../payments/apply-outcome.ts";
import { commitRefund } from "./commit.ts";
import { readRefund } from "./get.ts";
import { settleRefund } from "./settle.ts";

export interface CreateRefundInput {
  readonly paymentId: PaymentId;
  /** What the caller believes can still be refunded; minor units. Two people who refund at once cannot both be right. */
  readonly refundableMinor: bigint;
  /** How much: an amount in minor units, lines of the invoice, or all that is left. */
  readonly part:
    | { readonly kind: "amount"; readonly amountMinor: bigint }
    | { readonly kind: "lines"; readonly lines: readonly Pick<RefundLine, "index" | "quantity">[] }
    | { readonly kind: "rest" };
  readonly reason: string | null;
  /** Runs in the transaction that commits the intent: the idempotency key is stored with it. */
  readonly bind: (ctx: TxContext, resourceId: RefundId) => Promise<void>;
}

/** The job that would ask the rail comes this much later than we do. */
const PLAN_AFTER_SECONDS = 10;

/**
 * Refunds a payment and asks its rail at once. The refund returned is in whatever state the rail's answer led to;
 * where the answer is missing it is `pending` and unknown.
 *
 * @throws permission_denied           the key lacks refunds:write
 * @throws payment_not_found
 * @throws refund_not_possible         the payment took no money, or its money is disputed
 * @throws refundable_amount_mismatch  the stated refundable amount is wrong
 * @throws refund_exceeds_refundable, refund_line_invalid, capability_missing, amount_not_representable
 */
export async function createRefund(ctx: ServiceContext, input: CreateRefundInput): Promise<Refund> {
  requirePermission(ctx, "refunds.create");
  const { id } = await transact(ctx, async (inTx) => {
    const { invoice, payment } = await lockBoth(inTx, input.paymentId);
    if (payment.state !== "succeeded") {
      throw new ServiceError("refund_not_possible", `The payment is ${payment.state}.`);
    }
    const refundable = refundableMinor(payment);
    if (input.refundableMinor !== refundable) {
      throw new ServiceError("refundable_amount_mismatch", `What can be refunded is ${refundable}.`, {
        pointer: "/refundable_amount",
      });
    }
    const lines =
      input.part.kind === "lines" ? await priceLines(inTx, invoice, payment, input.part.lines) : [];
    const { refund } = await commitRefund(inTx, {
      invoice,
      payment,
      amountMinor: amountOf(input, lines, refundable),
      origin: "merchant",
      reason: input.reason,
      lines,
      planAfterSeconds: PLAN_AFTER_SECONDS,
    });
    await input.bind(inTx, refund.id);
    return refund;
  });
  return (await settleRefund(ctx, id)).refund;
}

/** After an interruption: the intent is there, and its rail is asked, for it or about it. */
export async function resumeRefund(ctx: ServiceContext, id: RefundId): Promise<Refund> {
  requirePermission(ctx, "refunds.create");
  await settleRefund(ctx, id);
  return await readRefund(ctx, id);
}

function amountOf({ part }: CreateRefundInput, lines: readonly RefundLine[], refundable: bigint): bigint {
  if (part.kind === "rest") return refundable;
  if (part.kind === "amount") return part.amountMinor;
  return lines.reduce((sum, line) => sum + line.amountMinor, 0n);
}

/** Each line at its price, and never more of it than was sold and not yet refunded. */
async function priceLines(
  ctx: TxContext,
  invoice: Invoice,
  payment: Payment,
  wanted: readonly Pick<RefundLine, "index" | "quantity">[],
): Promise<RefundLine[]> {
  const invalid = (position: number, detail: string) =>
    new ServiceError("refund_line_invalid", detail, { pointer: `/lines/${position}` });
  if (payment.disposition !== "accepted") throw invalid(0, "Surplus belongs to no line.");
  const earlier = await listRefundsOfInvoice(ctx.tx, ctx.tenant, invoice.id);
  const returned = (index: number) =>
    earlier
      .filter(({ state }) => state !== "failed")
      .flatMap(({ lines }) => lines)
      .filter((line) => line.index === index)
      .reduce((sum, line) => sum + line.quantity, 0);
  return wanted.map(({ index, quantity }, position) => {
    const line = invoice.lines[index];
    if (line === undefined) throw invalid(position, "The invoice has no such line.");
    if (wanted.findIndex((other) => other.index === index) !== position) {
      throw invalid(position, "The line is named twice.");
    }
    // Refunds that succeed after all may together return more of a line than was sold.
    const left = Math.max(0, line.quantity - returned(index));
    if (quantity > left) throw invalid(position, `Of this line ${left} can still be refunded.`);
    return { index, quantity, amountMinor: line.unitAmountMinor * BigInt(quantity) };
  });
}
