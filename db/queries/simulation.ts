// What a simulated refund or dispute is found by: the row and the rail that has it.

import { and, eq } from "drizzle-orm";
import { parseCurrency } from "#lib/domain/currency.ts";
import type { DisputeId, RefundId } from "#lib/domain/ids.ts";
import { money } from "#lib/domain/money.ts";
import type { PaymentMethod } from "#lib/domain/payment.ts";
import type { Dispute, Refund } from "#lib/domain/records.ts";
import type { Tenant } from "#lib/domain/tenant.ts";
import { payments } from "../schema/payments.ts";
import { disputes, refunds } from "../schema/refunds.ts";
import type { Tx } from "../transaction.ts";

export async function findRefundWithMethod(
  tx: Tx,
  tenant: Tenant,
  id: RefundId,
): Promise<{ readonly subject: Refund; readonly method: PaymentMethod } | null> {
  const [row] = await tx.sql
    .select({ refund: refunds, method: payments.method })
    .from(refunds)
    .innerJoin(payments, and(eq(payments.merchantId, refunds.merchantId), eq(payments.id, refunds.paymentId)))
    .where(and(eq(refunds.merchantId, tenant.merchantId), eq(refunds.id, id)));
  if (row === undefined) return null;
  const { amountMinor, currency, lines, ...same } = row.refund;
  const subject = {
    ...same,
    amount: money(amountMinor, parseCurrency(currency)),
    lines: lines.map((line) => ({ ...line, amountMinor: BigInt(line.amountMinor) })),
  };
  return { subject, method: row.method };
}

export async function findDisputeWithMethod(
  tx: Tx,
  tenant: Tenant,
  id: DisputeId,
): Promise<{ readonly subject: Dispute; readonly method: PaymentMethod } | null> {
  const [row] = await tx.sql
    .select({ dispute: disputes, method: payments.method })
    .from(disputes)
    .innerJoin(
      payments,
      and(eq(payments.merchantId, disputes.merchantId), eq(payments.id, disputes.paymentId)),
    )
    .where(and(eq(disputes.merchantId, tenant.merchantId), eq(disputes.id, id)));
  if (row === undefined) return null;
  const { amountMinor, currency, ...same } = row.dispute;
  return {
    subject: { ...same, amount: money(amountMinor, parseCurrency(currency)) },
    method: row.method,
  };
}
