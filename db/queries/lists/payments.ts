// How each filter of the list of payments is found.

import type { CurrencyCode } from "#lib/domain/currency.ts";
import type { InvoiceId } from "#lib/domain/ids.ts";
import {
  type Disposition,
  PAYMENT_STATES,
  type PaymentMethod,
  type PaymentState,
} from "#lib/domain/payment.ts";
import type { Tenant } from "#lib/domain/tenant.ts";
import type { AmountSpan, DateSpan } from "./invoices.ts";
import { type ListPlan, Values } from "./keyset.ts";

export const PAYMENT_SORTS = ["created_at", "completed_at", "amount"] as const;
export type PaymentSort = (typeof PAYMENT_SORTS)[number];

export interface PaymentSearchFilter {
  readonly states?: readonly PaymentState[];
  readonly method?: PaymentMethod;
  readonly disposition?: Disposition;
  readonly invoiceId?: InvoiceId;
  readonly created?: DateSpan;
  readonly completed?: DateSpan;
  readonly currency?: CurrencyCode;
  readonly amount?: AmountSpan;
  /** The rail's own reference, or the one that it settles under. */
  readonly railReference?: string;
  readonly needsReview?: boolean;
}

const KEY_COLUMNS: { readonly [S in PaymentSort]: string | null } = {
  created_at: null,
  completed_at: "completed_at",
  amount: "amount_minor",
};

export function planPayments(
  tenant: Tenant,
  filter: PaymentSearchFilter,
  sort: PaymentSort,
  isDescending: boolean,
): ListPlan {
  const values = new Values();
  const spans = spansOf(filter, values);
  const few = fewOf(tenant, filter, values);
  const isCreated = sort === "created_at";
  const ways = waysOf(filter, values);
  const rest = [
    ...spans.filter(({ of }) => of !== sort).map(({ sql }) => sql),
    ...(filter.disposition === undefined ? [] : [`r.disposition = ${values.add(filter.disposition)}`]),
  ];
  // Several ways pay only where nothing else is asked on them.
  const leading = ways.find((way) => way.length === 1 || (rest.length === 0 && ways.length === 1));
  const isLed = isCreated && few.length === 0 && leading !== undefined;
  return {
    table: "payments",
    keyColumn: KEY_COLUMNS[sort],
    isDescending,
    within: [
      ...(KEY_COLUMNS[sort] === null ? [] : [`r.${KEY_COLUMNS[sort]} is not null`]),
      ...spans.filter(({ of }) => of === sort).map(({ sql }) => sql),
      ...few,
    ],
    branches: isLed ? leading : [],
    rest: [
      ...rest,
      ...ways.filter((way) => !(isLed && way === leading)).map((way) => `(${way.join(" or ")})`),
    ],
    isNarrow: few.length > 0,
    pair: null,
    values,
  };
}

/** Filters with an index in the order of creation. */
function waysOf({ method, states }: PaymentSearchFilter, values: Values): string[][] {
  return [
    ...(states === undefined || states.length === PAYMENT_STATES.length
      ? []
      : [states.map((state) => `r.state = ${values.add(state)}`)]),
    ...(method === undefined ? [] : [[`r.method = ${values.add(method)}`]]),
  ];
}

/** Filters that leave few rows, whatever the order. */
function fewOf(tenant: Tenant, filter: PaymentSearchFilter, values: Values): string[] {
  const { invoiceId, railReference, needsReview } = filter;
  return [
    ...(invoiceId === undefined ? [] : [`r.invoice_id = ${values.add(invoiceId)}`]),
    ...(needsReview === true ? ["r.needs_review_at is not null"] : []),
    ...(railReference === undefined ? [] : [byReference(tenant, values.add(railReference), values)]),
  ];
}

/** The index of references is one per account at a rail. */
function byReference(tenant: Tenant, reference: string, values: Values): string {
  const [merchant, mode] = [values.add(tenant.merchantId), values.add(tenant.mode)];
  const of = (column: string) =>
    `select p.id from rail_accounts a join payments p
       on p.merchant_id = a.merchant_id and p.rail_account_id = a.id and p.${column} = ${reference}
     where a.merchant_id = ${merchant} and a.mode = ${mode}`;
  return `r.id in (${of("rail_reference")} union all ${of("settlement_reference")})`;
}

interface Condition {
  readonly sql: string;
  readonly of: PaymentSort;
}

function spansOf(filter: PaymentSearchFilter, values: Values): Condition[] {
  const { created, completed, currency, amount } = filter;
  const span = (of: PaymentSort, column: string, comparison: string, value: unknown): Condition[] =>
    value === undefined ? [] : [{ of, sql: `r.${column} ${comparison} ${values.add(value)}` }];
  return [
    ...span("created_at", "created_at", ">=", created?.from),
    ...span("created_at", "created_at", "<", created?.to),
    ...span("completed_at", "completed_at", ">=", completed?.from),
    ...span("completed_at", "completed_at", "<", completed?.to),
    ...span("amount", "currency", "=", currency),
    ...span("amount", "amount_minor", ">=", amount?.fromMinor),
    ...span("amount", "amount_minor", "<=", amount?.toMinor),
  ];
}
