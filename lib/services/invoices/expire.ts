// An invoice's time runs out.

import { findInvoice, lockInvoice } from "#db/queries/invoices.ts";
import type { InvoiceId } from "#lib/domain/ids.ts";
import { isPastExpiry } from "#lib/domain/invoice.ts";
import { type ServiceContext, transact } from "../context.ts";
import { closeOpenAttempt } from "../payments/close.ts";
import { closeLater } from "../payments/close-later.ts";
import { advanceInvoice } from "./advance.ts";

/**
 * Expires an open invoice whose deadline has passed, after asking its rail: a payment that the rail already
 * took wins. Anything else is left as it is.
 */
export async function expireInvoice(ctx: ServiceContext, id: InvoiceId): Promise<void> {
  const isDue = await transact(ctx, async ({ tx, tenant }) => {
    const invoice = await findInvoice(tx, tenant, id);
    return invoice !== null && invoice.state === "open" && isPastExpiry(invoice.expiresAt, tx.now);
  });
  if (!isDue) return;
  await closeOpenAttempt(ctx, id);
  await transact(ctx, async (inTx) => {
    const invoice = await lockInvoice(inTx.tx, inTx.tenant, id);
    if (invoice === null || invoice.state !== "open" || !isPastExpiry(invoice.expiresAt, inTx.tx.now)) return;
    await advanceInvoice(inTx, { invoice, event: "expired", facts: { expiredAt: inTx.tx.now } });
    // One that was started since we looked, on another device.
    await closeLater(inTx, id);
  });
}
