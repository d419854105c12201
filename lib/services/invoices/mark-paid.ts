// The merchant was paid in another way.

import { findInvoice, lockInvoice } from "#db/queries/invoices.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { InvoiceId } from "#lib/domain/ids.ts";
import { requirePermission, type ServiceContext, type TxContext, transact } from "../context.ts";
import { closeOpenAttempt } from "../payments/close.ts";
import { closeLater } from "../payments/close-later.ts";
import { payUrl } from "../urls.ts";
import { advanceInvoice } from "./advance.ts";
import type { InvoiceWithLink } from "./create.ts";

export interface MarkPaidInput {
  /** What the merchant notes about it, such as a number of its own books. */
  readonly reference: string | null;
  /** Runs in the transaction that marks it: the idempotency key is stored with it. */
  readonly bind: (ctx: TxContext, resourceId: InvoiceId) => Promise<void>;
}

/**
 * Marks an open or expired invoice as paid outside, after closing what its rail has open. Where the rail turns out
 * to have the money, the invoice is paid by that and stays so. Money that comes later is surplus. Nothing is
 * booked: no rail has this money.
 *
 * @throws permission_denied       the key lacks invoices:write
 * @throws invoice_not_found
 * @throws invoice_state_conflict  it is paid or cancelled
 */
export async function markPaid(
  ctx: ServiceContext,
  id: InvoiceId,
  input: MarkPaidInput,
): Promise<InvoiceWithLink> {
  requirePermission(ctx, "invoices.mark_paid");
  const found = await transact(ctx, ({ tx, tenant }) => findInvoice(tx, tenant, id));
  if (found === null) throw new ServiceError("invoice_not_found", "There is no such invoice.");
  if (found.state === "open" || found.state === "expired") await closeOpenAttempt(ctx, id);
  return await transact(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    const locked = await lockInvoice(tx, tenant, id);
    if (locked === null) throw new ServiceError("invoice_not_found", "There is no such invoice.");
    // First, so that a twin of this request learns that it is one.
    await input.bind(inTx, id);
    const invoice = await advanceInvoice(inTx, {
      invoice: locked,
      event: "paid_outside",
      facts: {
        amountPaidMinor: locked.amountDue.amountMinor,
        paidBy: "outside",
        paidAt: tx.now,
        outsideReference: input.reference,
      },
    });
    // One that was started since we looked, and those that were given up.
    await closeLater(inTx, id);
    return { invoice, payUrl: payUrl(inTx, invoice), now: tx.now };
  });
}

/** After an interruption: it was marked, and is answered as it is now. */
export async function resumeMarkPaid(ctx: ServiceContext, id: InvoiceId): Promise<InvoiceWithLink> {
  requirePermission(ctx, "invoices.mark_paid");
  return await transact(ctx, async (inTx) => {
    const invoice = await findInvoice(inTx.tx, inTx.tenant, id);
    if (invoice === null) throw new ServiceError("invoice_not_found", "There is no such invoice.");
    return { invoice, payUrl: payUrl(inTx, invoice), now: inTx.tx.now };
  });
}
