// What rails still hold open for an invoice that has ended is closed by jobs, so that nobody pays by an old page.

import { listPaymentsOfInvoice } from "#db/queries/payments.ts";
import type { InvoiceId } from "#lib/domain/ids.ts";
import { isOpenPayment } from "#lib/domain/payment.ts";
import type { TxContext } from "../context.ts";

/** Plans the closing of every open attempt of a locked invoice, in the caller's transaction. */
export async function closeLater(ctx: TxContext, invoiceId: InvoiceId): Promise<void> {
  for (const { id, state } of await listPaymentsOfInvoice(ctx.tx, ctx.tenant, invoiceId)) {
    if (!isOpenPayment(state)) continue;
    await ctx.queue.enqueue(ctx.tx, "payment.close", { ...ctx.tenant, paymentId: id });
  }
}
