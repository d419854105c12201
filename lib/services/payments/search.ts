// The list of payments as people look through it.

import { type PaymentSearchFilter, type PaymentSort, planPayments } from "#db/queries/lists/payments.ts";
import { findPaymentsById } from "#db/queries/payments.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { PaymentId } from "#lib/domain/ids.ts";
import type { Payment } from "#lib/domain/records.ts";
import { look, requirePermission, type ServiceContext } from "../context.ts";
import { type KeyKind, type ListPage, readListPage } from "../lists.ts";

export interface SearchPaymentsInput {
  readonly filter: PaymentSearchFilter;
  /** Null: by what is filtered, else the newest first. */
  readonly sort: { readonly by: PaymentSort; readonly isDescending: boolean } | null;
  /** Of a page of the same filter and order. */
  readonly cursor: string | null;
  /** 1 to 100. */
  readonly limit: number;
}

export interface PaymentPage extends ListPage<Payment> {
  readonly sort: { readonly by: PaymentSort; readonly isDescending: boolean };
}

const KEY_KINDS: { readonly [S in PaymentSort]: KeyKind } = {
  created_at: "none",
  completed_at: "instant",
  amount: "minor",
};

/**
 * One page of payments, as searchInvoices gives pages of invoices. Sorted by their end, open ones are left out.
 *
 * @throws permission_denied  the caller lacks payments:read
 * @throws invalid_request    the cursor is not one of this list; an amount without a currency
 */
export async function searchPayments(ctx: ServiceContext, input: SearchPaymentsInput): Promise<PaymentPage> {
  requirePermission(ctx, "payments.read");
  const { filter, cursor, limit } = input;
  const { amount, completed, currency, states } = filter;
  const byDefault = amount !== undefined ? "amount" : completed !== undefined ? "completed_at" : "created_at";
  const sort = input.sort ?? { by: byDefault, isDescending: true };
  if (currency === undefined && (amount !== undefined || sort.by === "amount")) {
    throw new ServiceError("invalid_request", "Amounts are compared in one currency.", {
      pointer: "?currency",
    });
  }
  if (states?.length === 0) {
    throw new ServiceError("invalid_request", "At least one state is needed.", { pointer: "?state" });
  }
  const order = { name: sort.by, key: KEY_KINDS[sort.by], isDescending: sort.isDescending };
  return await look(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    const plan = (isDescending: boolean) => planPayments(tenant, filter, sort.by, isDescending);
    const page = await readListPage(inTx, order, plan, cursor, limit);
    const ids = page.items.map(({ id }) => id as PaymentId);
    return { ...page, items: await findPaymentsById(tx, tenant, ids), sort };
  });
}
