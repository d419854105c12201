// Look-ups of what is typed into the search box.

import type { CurrencyCode } from "#lib/domain/currency.ts";
import { type InvoiceId, isId } from "#lib/domain/ids.ts";
import type { Tenant } from "#lib/domain/tenant.ts";
import type { Tx } from "../../transaction.ts";

/** Tables whose rows belong to an invoice. */
const OWNED = [
  ["payment", "payments"],
  ["refund", "refunds"],
  ["dispute", "disputes"],
  ["sms", "sms_messages"],
  ["event", "events"],
  ["delivery", "deliveries"],
] as const;

/** The invoice that the id names or that what it names belongs to; null where there is none. */
export async function findInvoiceOf(tx: Tx, tenant: Tenant, text: string): Promise<InvoiceId | null> {
  const owned = OWNED.find(([kind]) => isId(kind, text));
  const column = owned === undefined ? "id" : "invoice_id";
  if (owned === undefined && !isId("invoice", text)) return null;
  const { rows } = await tx.client.query<{ id: InvoiceId | null }>(
    `select ${column} as id from ${owned?.[1] ?? "invoices"} where merchant_id = $1 and mode = $2 and id = $3`,
    [tenant.merchantId, tenant.mode, text],
  );
  return rows[0]?.id ?? null;
}

/** Currencies that there are invoices in: one look into the index for each. */
export async function listCurrencies(tx: Tx, { merchantId, mode }: Tenant): Promise<CurrencyCode[]> {
  const next = (after: string) =>
    `(select currency from invoices where merchant_id = $1 and mode = $2 ${after} order by currency limit 1)`;
  const { rows } = await tx.client.query<{ currency: CurrencyCode }>(
    `with recursive known(currency) as (
       select ${next("")} union all select ${next("and currency > known.currency")} from known
       where known.currency is not null
     )
     select currency from known where currency is not null`,
    [merchantId, mode],
  );
  return rows.map(({ currency }) => currency);
}
