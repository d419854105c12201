// How each filter of the list of invoices is found: which index is entered, and what is asked on the way.

import type { CurrencyCode } from "#lib/domain/currency.ts";
import { INVOICE_STATES, type InvoiceState } from "#lib/domain/invoice.ts";
import type { PaymentMethod } from "#lib/domain/payment.ts";
import type { Tenant } from "#lib/domain/tenant.ts";
import { type ListPlan, Values } from "./keyset.ts";

export const INVOICE_SORTS = ["created_at", "paid_at", "due_at", "amount", "reference"] as const;
export type InvoiceSort = (typeof INVOICE_SORTS)[number];

export const ATTENTION_KINDS = ["review", "dispute", "callback"] as const;
export type AttentionKind = (typeof ATTENTION_KINDS)[number];

/** From, included, to, excluded (UTC). */
export interface DateSpan {
  readonly from?: Date;
  readonly to?: Date;
}

/** Minor units, both included. */
export interface AmountSpan {
  readonly fromMinor?: bigint;
  readonly toMinor?: bigint;
}

export interface InvoiceSearchFilter {
  readonly states?: readonly InvoiceState[];
  /** There was an attempt by it. */
  readonly method?: PaymentMethod;
  readonly created?: DateSpan;
  readonly due?: DateSpan;
  readonly paid?: DateSpan;
  readonly currency?: CurrencyCode;
  readonly amount?: AmountSpan;
  /** Of one number, under each key that it may have been hashed with. */
  readonly phoneHashes?: readonly Uint8Array[];
  readonly phoneLast4?: string;
  readonly merchantReference?: string;
  /** In any case of letters. */
  readonly referencePrefix?: string;
  readonly metadata?: { readonly key: string; readonly value: string };
  readonly attention?: AttentionKind | "any";
}

const KEY_COLUMNS: { readonly [S in InvoiceSort]: string | null } = {
  created_at: null,
  paid_at: "paid_at",
  due_at: "due_at",
  amount: "amount_due_minor",
  reference: "reference_key",
};

/** A condition with the sort whose index it narrows. */
interface Condition {
  readonly sql: string;
  readonly of: InvoiceSort;
}

export function planInvoices(
  tenant: Tenant,
  filter: InvoiceSearchFilter,
  sort: InvoiceSort,
  isDescending: boolean,
): ListPlan {
  const values = new Values();
  const conditions = spansOf(filter, values);
  const isOfSort = (condition: Condition) => condition.of === sort;
  const { driver, others } = chooseDriver(filter, values, sort);
  const keyColumn = KEY_COLUMNS[sort];
  const rest = [
    ...others,
    ...conditions.filter((condition) => !isOfSort(condition)).map((condition) => condition.sql),
    ...methodOf(filter, values),
  ];
  const attention =
    filter.attention === undefined ? [] : [needingAttention(filter.attention, tenant, values)];
  const within = [
    ...(keyColumn === null ? [] : [`r.${keyColumn} is not null`]),
    ...conditions.filter(isOfSort).map((condition) => condition.sql),
    ...(driver?.within ?? []),
    ...attention,
  ];
  return {
    table: "invoices",
    keyColumn,
    isDescending,
    within,
    branches: driver?.branches ?? [],
    rest,
    isNarrow: attention.length > 0 || (sort !== "created_at" && isFew(filter)),
    pair: driver?.pair ?? null,
    values,
  };
}

interface Driver {
  readonly within?: readonly string[];
  readonly branches?: readonly string[];
  readonly pair?: string;
}

/** Of the filters that have an index in the order of creation, the one that leaves least leads; the others are asked. */
function chooseDriver(
  filter: InvoiceSearchFilter,
  values: Values,
  sort: InvoiceSort,
): { readonly driver: Driver | null; readonly others: readonly string[] } {
  const drivers: Driver[] = [];
  const { merchantReference, phoneHashes, phoneLast4, metadata, states } = filter;
  if (merchantReference !== undefined) {
    const key = referenceKey(merchantReference, values);
    drivers.push({
      within: [`r.reference_key = ${key}`, `r.merchant_reference = ${values.add(merchantReference)}`],
    });
  }
  if (phoneHashes !== undefined) {
    drivers.push({ branches: phoneHashes.map((hash) => `r.phone_hash = ${values.add(Buffer.from(hash))}`) });
  }
  if (phoneLast4 !== undefined) drivers.push({ within: [`r.phone_last4 = ${values.add(phoneLast4)}`] });
  if (metadata !== undefined) drivers.push(metadataDriver(metadata, values));
  if (states !== undefined && states.length < INVOICE_STATES.length) {
    drivers.push({ branches: states.map((state) => `r.state = ${values.add(state)}`) });
  }
  if (sort !== "created_at" || filter.attention !== undefined) {
    return { driver: null, others: drivers.map(asked) };
  }
  const [first = null, ...others] = drivers;
  // Several states are several ways, which pays only where nothing else is asked on them.
  const hasMore = filter.method !== undefined || spansOf(filter, new Values()).some(({ of }) => of !== sort);
  if (first?.branches !== undefined && first.branches.length > 1 && phoneHashes === undefined && hasMore) {
    return { driver: null, others: drivers.map(asked) };
  }
  return { driver: first, others: others.map(asked) };
}

/** A driver as a question to each row. */
function asked({ within, branches }: Driver): string {
  return branches === undefined ? (within ?? []).join(" and ") : `(${branches.join(" or ")})`;
}

function metadataDriver({ key, value }: { key: string; value: string }, values: Values): Driver {
  const [keyMark, valueMark] = [`${values.add(key)}::text`, `${values.add(value)}::text`];
  return {
    within: [`r.metadata ->> ${keyMark} = ${valueMark}`],
    pair: `substring(sha256(convert_to(${keyMark}, 'UTF8') || '\\x00'::bytea || convert_to(${valueMark}, 'UTF8')) for 16)`,
  };
}

function spansOf(filter: InvoiceSearchFilter, values: Values): Condition[] {
  const { created, due, paid, currency, amount } = filter;
  return [
    ...dates("created_at", "created_at", created, values),
    ...dates("due_at", "due_at", due, values),
    ...dates("paid_at", "paid_at", paid, values),
    ...(currency === undefined ? [] : [of("amount", `r.currency = ${values.add(currency)}`)]),
    ...(amount?.fromMinor === undefined
      ? []
      : [of("amount", `r.amount_due_minor >= ${values.add(amount.fromMinor)}`)]),
    ...(amount?.toMinor === undefined
      ? []
      : [of("amount", `r.amount_due_minor <= ${values.add(amount.toMinor)}`)]),
    ...(filter.referencePrefix === undefined ? [] : prefixOf(filter.referencePrefix, values)),
  ];
}

function dates(sort: InvoiceSort, column: string, span: DateSpan | undefined, values: Values): Condition[] {
  return [
    ...(span?.from === undefined ? [] : [of(sort, `r.${column} >= ${values.add(span.from)}::timestamptz`)]),
    ...(span?.to === undefined ? [] : [of(sort, `r.${column} < ${values.add(span.to)}::timestamptz`)]),
  ];
}

function of(sort: InvoiceSort, sql: string): Condition {
  return { of: sort, sql };
}

/** No byte of UTF-8 is 0xff: the last one can always grow. */
function prefixOf(prefix: string, values: Values): Condition[] {
  const key = referenceKey(prefix, values);
  const end = `set_byte(${key}, length(${key}) - 1, get_byte(${key}, length(${key}) - 1) + 1)`;
  return [of("reference", `r.reference_key >= ${key}`), of("reference", `r.reference_key < ${end}`)];
}

/** As the database's trigger writes it: capitals are the database's affair. */
function referenceKey(text: string, values: Values): string {
  return `convert_to(lower(${values.add(text)}::text), 'UTF8')`;
}

function methodOf({ method }: InvoiceSearchFilter, values: Values): string[] {
  if (method === undefined) return [];
  return [
    `exists (select from payments p where p.merchant_id = r.merchant_id and p.invoice_id = r.id
       and p.method = ${values.add(method)})`,
  ];
}

/** Numbers, references and such are of few invoices. */
function isFew({ phoneHashes, phoneLast4, merchantReference }: InvoiceSearchFilter): boolean {
  return phoneHashes !== undefined || phoneLast4 !== undefined || merchantReference !== undefined;
}

/** Of each kind, what came last counts. */
const ATTENTION_MAX = 1_000;

/** Invoices that wait for a person. */
function needingAttention(kind: AttentionKind | "any", tenant: Tenant, values: Values): string {
  const [merchant, mode] = [values.add(tenant.merchantId), values.add(tenant.mode)];
  const newest = (table: string, since: string, when: string) =>
    `(select * from ${table} where merchant_id = ${merchant} and mode = ${mode} and ${when}
      order by ${since} desc limit ${ATTENTION_MAX})`;
  const lists: { readonly [K in AttentionKind]: string } = {
    review: `select invoice_id from ${newest("payments", "needs_review_at", "needs_review_at is not null")} p
      union all
      select invoice_id from ${newest("refunds", "needs_review_at", "needs_review_at is not null")} f`,
    dispute: `select invoice_id from ${newest("disputes", "created_at", "completed_at is null")} d`,
    // Not those that were sent again since then, nor to a receiver that was removed.
    callback: `select invoice_id from ${newest("failed_callbacks", "failed_at", "true")} f
      where not exists (select from deliveries d where d.merchant_id = f.merchant_id and d.event_id = f.event_id
          and d.endpoint_id is not distinct from f.endpoint_id and d.state = 'delivered')
        and not exists (select from callback_endpoints c where c.merchant_id = f.merchant_id
          and c.id = f.endpoint_id and c.deleted_at is not null)`,
  };
  const chosen = kind === "any" ? ATTENTION_KINDS : [kind];
  return `r.id in (${chosen.map((one) => lists[one]).join(" union all ")})`;
}
