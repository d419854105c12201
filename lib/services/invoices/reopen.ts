// An invoice whose time ran out can be paid again.

import { findInvoice, lockInvoice } from "#db/queries/invoices.ts";
import { listPaymentsOfInvoice } from "#db/queries/payments.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { InvoiceId } from "#lib/domain/ids.ts";
import { isPastExpiry } from "#lib/domain/invoice.ts";
import type { Invoice } from "#lib/domain/records.ts";
import { requirePermission, type ServiceContext, type TxContext, transact } from "../context.ts";
import { payUrl } from "../urls.ts";
import { advanceInvoice } from "./advance.ts";
import { chooseExpiry, type InvoiceWithLink } from "./create.ts";
import { expireInvoice } from "./expire.ts";

/**
 * Opens an expired invoice until `expiresAt` (UTC), with the same link. One that is open until then already is
 * left as it is, so that the call can be repeated. Nothing is sent.
 *
 * @throws permission_denied       the key lacks invoices:write
 * @throws invoice_not_found
 * @throws invoice_state_conflict  it is paid or cancelled, or open until another time
 * @throws payment_state_conflict  a reserved amount is being taken just now
 * @throws expiry_out_of_range     not in the future, or more than five years ahead
 */
export async function reopenInvoice(
  ctx: ServiceContext,
  id: InvoiceId,
  expiresAt: Date,
): Promise<InvoiceWithLink> {
  requirePermission(ctx, "invoices.reopen");
  const isWaitingToExpire = await transact(ctx, async ({ tx, tenant }) => {
    const found = await findInvoice(tx, tenant, id);
    chooseExpiry({ dueAt: null, expiresAt }, tx.now);
    return found !== null && found.state === "open" && isPastExpiry(found.expiresAt, tx.now);
  });
  // Its time has passed and nobody has written that down yet; its rail is asked as ever.
  if (isWaitingToExpire) await expireInvoice(ctx, id);
  return await transact(ctx, async (inTx) => {
    const locked = await lockInvoice(inTx.tx, inTx.tenant, id);
    if (locked === null) throw new ServiceError("invoice_not_found", "There is no such invoice.");
    const { now } = inTx.tx;
    if (isOpenUntil(locked, expiresAt)) return { invoice: locked, payUrl: payUrl(inTx, locked), now };
    await requireNothingTaken(inTx, id);
    const facts = { expiresAt, expiredAt: null };
    const invoice = await advanceInvoice(inTx, { invoice: locked, event: "reopened", facts });
    return { invoice, payUrl: payUrl(inTx, invoice), now };
  });
}

/** What was reserved in time is still taken after the invoice's end: by then it is paid. */
async function requireNothingTaken({ tx, tenant }: TxContext, id: InvoiceId): Promise<void> {
  for (const { state, captureRequestedAt } of await listPaymentsOfInvoice(tx, tenant, id)) {
    if (state === "authorized" && captureRequestedAt !== null) {
      throw new ServiceError("payment_state_conflict", "A payment is being taken just now.");
    }
  }
}

function isOpenUntil({ state, expiresAt }: Invoice, wanted: Date): boolean {
  return state === "open" && expiresAt.getTime() === wanted.getTime();
}
