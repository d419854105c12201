// The merchant withdraws an invoice.

import { findInvoice, lockInvoice } from "#db/queries/invoices.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { InvoiceId } from "#lib/domain/ids.ts";
import { requirePermission, type ServiceContext, transact } from "../context.ts";
import { closeOpenAttempt } from "../payments/close.ts";
import { closeLater } from "../payments/close-later.ts";
import { payUrl } from "../urls.ts";
import { advanceInvoice } from "./advance.ts";
import type { InvoiceWithLink } from "./create.ts";

/**
 * Cancels an open invoice, after closing what its rail has open. Where the rail turns out to have the money,
 * the invoice is paid and stays so. Cancelling a cancelled invoice changes nothing.
 *
 * @throws permission_denied       the key lacks invoices:write
 * @throws invoice_not_found
 * @throws invoice_state_conflict  it is paid or expired
 */
export async function cancelInvoice(ctx: ServiceContext, id: InvoiceId): Promise<InvoiceWithLink> {
  requirePermission(ctx, "invoices.cancel");
  const found = await transact(ctx, ({ tx, tenant }) => findInvoice(tx, tenant, id));
  if (found === null) throw new ServiceError("invoice_not_found", "There is no such invoice.");
  if (found.state === "open") await closeOpenAttempt(ctx, id);
  return await transact(ctx, async (inTx) => {
    const locked = await lockInvoice(inTx.tx, inTx.tenant, id);
    if (locked === null) throw new ServiceError("invoice_not_found", "There is no such invoice.");
    if (locked.state === "cancelled") {
      return { invoice: locked, payUrl: payUrl(inTx, locked), now: inTx.tx.now };
    }
    const facts = { cancelledAt: inTx.tx.now };
    const invoice = await advanceInvoice(inTx, { invoice: locked, event: "cancelled", facts });
    // One that was started since we looked, on another device.
    await closeLater(inTx, id);
    return { invoice, payUrl: payUrl(inTx, invoice), now: inTx.tx.now };
  });
}
