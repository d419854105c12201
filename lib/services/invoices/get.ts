// Reading invoices. A read after our answer to a change shows that change or a later one.

import { findInvoice, type InvoiceFilter, listInvoiceRows } from "#db/queries/invoices.ts";
import { loadProfile } from "#db/queries/merchants.ts";
import { listPaymentsOfInvoice } from "#db/queries/payments.ts";
import { listSmsOfInvoice } from "#db/queries/sms-messages.ts";
import type { MethodOffer } from "#lib/domain/eligibility.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { InvoiceId } from "#lib/domain/ids.ts";
import type { Msisdn } from "#lib/domain/msisdn.ts";
import type { Payment, Sms } from "#lib/domain/records.ts";
import { look, requirePermission, type ServiceContext } from "../context.ts";
import { decodeCursor, type Page, toPage } from "../cursor.ts";
import { offerMethods } from "../payments/methods.ts";
import { payUrl } from "../urls.ts";
import type { InvoiceWithLink } from "./create.ts";

export interface InvoiceDetail extends InvoiceWithLink {
  /** Each of the invoice's methods, with what stands in its way. */
  readonly offers: readonly MethodOffer[];
  /** Oldest first. */
  readonly payments: readonly Payment[];
  readonly messages: readonly Sms[];
}

/**
 * @throws permission_denied   the key lacks invoices:read
 * @throws invoice_not_found   also for another merchant's or the other mode's
 */
export async function getInvoice(ctx: ServiceContext, id: InvoiceId): Promise<InvoiceDetail> {
  requirePermission(ctx, "invoices.read");
  return await look(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    const invoice = await findInvoice(tx, tenant, id);
    if (invoice === null) throw new ServiceError("invoice_not_found", "There is no such invoice.");
    const profile = await loadProfile(tx, tenant);
    return {
      invoice,
      payUrl: payUrl(inTx, invoice),
      now: tx.now,
      offers: offerMethods(inTx, profile, invoice.methods, invoice.amountDue),
      payments: await listPaymentsOfInvoice(tx, tenant, id),
      messages: await listSmsOfInvoice(tx, tenant, id),
    };
  });
}

export interface ListInvoicesInput {
  readonly filter: Omit<InvoiceFilter, "after" | "phoneHashes">;
  /** A whole number; found under any key it was hashed with. */
  readonly phone: Msisdn | null;
  readonly cursor: string | null;
  /** 1 to 100. */
  readonly limit: number;
}

/**
 * One page of invoices, newest first.
 *
 * @throws permission_denied  the key lacks invoices:read
 * @throws invalid_request    the cursor is not ours
 */
export async function listInvoices(
  ctx: ServiceContext,
  input: ListInvoicesInput,
): Promise<Page<InvoiceWithLink>> {
  requirePermission(ctx, "invoices.read");
  const { limit, cursor, phone } = input;
  const filter: InvoiceFilter = {
    ...input.filter,
    ...(phone === null ? {} : { phoneHashes: ctx.vault.phoneHashes(phone) }),
    ...(cursor === null ? {} : { after: decodeCursor(cursor) }),
  };
  return await look(ctx, async (inTx) => {
    const rows = await listInvoiceRows(inTx.tx, inTx.tenant, filter, limit + 1);
    const page = toPage(rows, limit);
    const items = page.items.map((invoice) => ({ invoice, payUrl: payUrl(inTx, invoice), now: inTx.tx.now }));
    return { items, nextCursor: page.nextCursor };
  });
}
