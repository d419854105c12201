// The list of invoices as people look through it: filters, orders, both directions.

import { findInvoicesById } from "#db/queries/invoices.ts";
import { type InvoiceSearchFilter, type InvoiceSort, planInvoices } from "#db/queries/lists/invoices.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { InvoiceId } from "#lib/domain/ids.ts";
import type { Msisdn } from "#lib/domain/msisdn.ts";
import { look, requirePermission, type ServiceContext } from "../context.ts";
import { type KeyKind, type ListPage, readListPage } from "../lists.ts";
import { payUrl } from "../urls.ts";
import type { InvoiceWithLink } from "./create.ts";

export interface SearchInvoicesInput {
  readonly filter: Omit<InvoiceSearchFilter, "phoneHashes">;
  /** A whole number; found under any key it was hashed with. */
  readonly phone: Msisdn | null;
  /** Null: by what is filtered, else the newest first. */
  readonly sort: { readonly by: InvoiceSort; readonly isDescending: boolean } | null;
  /** Of a page of the same filter and order. */
  readonly cursor: string | null;
  /** 1 to 100. */
  readonly limit: number;
}

export interface InvoicePage extends ListPage<InvoiceWithLink> {
  readonly sort: { readonly by: InvoiceSort; readonly isDescending: boolean };
}

const KEY_KINDS: { readonly [S in InvoiceSort]: KeyKind } = {
  created_at: "none",
  paid_at: "instant",
  due_at: "instant",
  amount: "minor",
  reference: "bytes",
};

/**
 * One page of invoices. Sorted by when they were paid or are due, or by reference, those without one are left out.
 * A page looks at a bounded number of rows, so that none takes long: one that is short says so, and its cursor goes
 * on. Only where several filters meet that no one index knows, or for a method.
 *
 * @throws permission_denied  the caller lacks invoices:read
 * @throws invalid_request    the cursor is not one of this list; an amount without a currency; the beginning of a
 *                            reference in another order than by reference
 */
export async function searchInvoices(ctx: ServiceContext, input: SearchInvoicesInput): Promise<InvoicePage> {
  requirePermission(ctx, "invoices.read");
  const filter = { ...input.filter, ...hashesOf(ctx, input.phone) };
  const sort = input.sort ?? sortOf(filter);
  requireSortable(filter, sort.by);
  const order = { name: sort.by, key: KEY_KINDS[sort.by], isDescending: sort.isDescending };
  return await look(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    const page = await readListPage(
      inTx,
      order,
      (isDescending) => planInvoices(tenant, filter, sort.by, isDescending),
      input.cursor,
      input.limit,
    );
    const ids = page.items.map(({ id }) => id as InvoiceId);
    const invoices = await findInvoicesById(tx, tenant, ids);
    const items = invoices.map((invoice) => ({ invoice, payUrl: payUrl(inTx, invoice), now: tx.now }));
    return { ...page, items, sort };
  });
}

function hashesOf(ctx: ServiceContext, phone: Msisdn | null): Pick<InvoiceSearchFilter, "phoneHashes"> {
  return phone === null ? {} : { phoneHashes: ctx.vault.phoneHashes(phone) };
}

/** The order in which the index of what is filtered stands. */
function sortOf({ referencePrefix, amount, due, paid }: InvoiceSearchFilter): InvoicePage["sort"] {
  if (referencePrefix !== undefined) return { by: "reference", isDescending: false };
  if (amount !== undefined) return { by: "amount", isDescending: true };
  if (due !== undefined) return { by: "due_at", isDescending: true };
  return { by: paid === undefined ? "created_at" : "paid_at", isDescending: true };
}

function requireSortable(filter: InvoiceSearchFilter, by: InvoiceSort): void {
  const { currency, amount, referencePrefix, states } = filter;
  if (currency === undefined && (amount !== undefined || by === "amount")) {
    throw new ServiceError("invalid_request", "Amounts are compared in one currency.", {
      pointer: "?currency",
    });
  }
  if (referencePrefix !== undefined && by !== "reference") {
    const detail = "By the beginning of a reference, invoices are listed in the order of references.";
    throw new ServiceError("invalid_request", detail, { pointer: "?sort" });
  }
  if (states?.length === 0) {
    throw new ServiceError("invalid_request", "At least one state is needed.", { pointer: "?state" });
  }
  if (referencePrefix === "") {
    throw new ServiceError("invalid_request", "The beginning of a reference is empty.", {
      pointer: "?reference_prefix",
    });
  }
}
