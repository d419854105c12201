// Reading payments.

import { findInvoice } from "#db/queries/invoices.ts";
import { findPayment, listPaymentRows, type PaymentFilter } from "#db/queries/payments.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { PaymentId } from "#lib/domain/ids.ts";
import type { Invoice, Payment } from "#lib/domain/records.ts";
import { look, requirePermission, type ServiceContext, transact } from "../context.ts";
import { decodeCursor, type Page, toPage } from "../cursor.ts";
import { payUrl } from "../urls.ts";

export interface PaymentDetail {
  readonly payment: Payment;
  readonly invoice: Invoice;
  readonly payUrl: string;
}

/**
 * @throws permission_denied  the key lacks payments:read
 * @throws payment_not_found  also for another merchant's or the other mode's
 */
export async function getPayment(ctx: ServiceContext, id: PaymentId): Promise<PaymentDetail> {
  requirePermission(ctx, "payments.read");
  return await readPaymentDetail(ctx, id);
}

/**
 * The same for verbs that have asked for a scope of their own: what a call has made is its answer.
 *
 * @throws payment_not_found
 */
export async function readPaymentDetail(ctx: ServiceContext, id: PaymentId): Promise<PaymentDetail> {
  return await look(ctx, async (inTx) => {
    const payment = await findPayment(inTx.tx, inTx.tenant, id);
    if (payment === null) throw new ServiceError("payment_not_found", "There is no such payment.");
    const invoice = await findInvoice(inTx.tx, inTx.tenant, payment.invoiceId);
    if (invoice === null) throw new Error(`Payment ${id} has lost its invoice.`);
    return { payment, invoice, payUrl: payUrl(inTx, invoice) };
  });
}

export interface ListPaymentsInput {
  readonly filter: Omit<PaymentFilter, "after">;
  readonly cursor: string | null;
  /** 1 to 100. */
  readonly limit: number;
}

/**
 * One page of payments, newest first.
 *
 * @throws permission_denied  the key lacks payments:read
 * @throws invalid_request    the cursor is not ours
 */
export async function listPayments(ctx: ServiceContext, input: ListPaymentsInput): Promise<Page<Payment>> {
  requirePermission(ctx, "payments.read");
  const { limit, cursor } = input;
  const filter: PaymentFilter = {
    ...input.filter,
    ...(cursor === null ? {} : { after: decodeCursor(cursor) }),
  };
  return await transact(ctx, async ({ tx, tenant }) =>
    toPage(await listPaymentRows(tx, tenant, filter, limit + 1), limit),
  );
}
