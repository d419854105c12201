// What came in and what went back in a period. Every sum is of rows that a list can show.

import type { Tenant } from "#lib/domain/tenant.ts";
import type { Tx } from "../../transaction.ts";
import type { Period } from "./range.ts";

/** `amountMinor`: minor units of `currency`. */
export interface Sum {
  readonly currency: string;
  readonly count: number;
  readonly amountMinor: bigint;
}

export interface PaidSum extends Sum {
  /** Of it, what merchants marked as paid in another way: no rail has it. Minor units. */
  readonly outsideMinor: bigint;
}

export interface PaidDay extends PaidSum {
  /** YYYY-MM-DD in the merchant's time zone. */
  readonly day: string;
}

interface SumRow {
  readonly currency: string;
  readonly count: string;
  readonly amount: string;
}

interface PaidRow extends SumRow {
  readonly day: string;
  readonly outside: string;
}

/** Invoices by the day on which they were paid, and what was paid. */
export async function sumPaidByDay(
  tx: Tx,
  { merchantId, mode }: Tenant,
  { from, to }: Period,
  zone: string,
): Promise<PaidDay[]> {
  const { rows } = await tx.client.query<PaidRow>(
    `select day::text, currency, count(*) as count, sum(amount_paid_minor) as amount,
       coalesce(sum(amount_paid_minor) filter (where paid_by = 'outside'), 0) as outside
     from (
       select (paid_at at time zone $5)::date as day, currency, amount_paid_minor, paid_by from invoices
       where merchant_id = $1 and mode = $2 and paid_at >= $3 and paid_at < $4
     ) paid group by day, currency order by day, currency`,
    [merchantId, mode, from, to, zone],
  );
  return rows.map((row) => ({ ...toSum(row), day: row.day, outsideMinor: BigInt(row.outside) }));
}

/** Refunds that rails have sent, by their end; those that they took back later are not counted. */
export async function sumRefunds(tx: Tx, { merchantId, mode }: Tenant, { from, to }: Period): Promise<Sum[]> {
  const { rows } = await tx.client.query<SumRow>(
    `select currency, count(*) as count, sum(amount_minor) as amount from refunds
     where merchant_id = $1 and mode = $2 and completed_at >= $3 and completed_at < $4
       and state = 'succeeded' and origin <> 'surplus'
     group by 1 order by 1`,
    [merchantId, mode, from, to],
  );
  return rows.map(toSum);
}

export interface SurplusSum extends Sum {
  /** Of it, what went back or is on its way. Minor units. */
  readonly returnedMinor: bigint;
}

/** Money that paid nothing, and still does. */
export async function sumSurplus(
  tx: Tx,
  { merchantId, mode }: Tenant,
  { from, to }: Period,
): Promise<SurplusSum[]> {
  const { rows } = await tx.client.query<SumRow & { readonly returned: string }>(
    `select currency, count(*) as count, sum(amount_minor) as amount, sum(refunded_minor) as returned
     from payments
     where merchant_id = $1 and mode = $2 and completed_at >= $3 and completed_at < $4
       and disposition = 'surplus'
     group by 1 order by 1`,
    [merchantId, mode, from, to],
  );
  return rows.map((row) => ({ ...toSum(row), returnedMinor: BigInt(row.returned) }));
}

export interface OpenSum extends Sum {
  readonly overdueCount: number;
  /** Of it, what was due before now. Minor units. */
  readonly overdueMinor: bigint;
}

/** What can be paid and is not, now. An invoice whose time has run out is not open, noted yet or not. */
export async function sumOpen(tx: Tx, { merchantId, mode }: Tenant): Promise<OpenSum[]> {
  const { rows } = await tx.client.query<
    SumRow & { readonly overdue: string; readonly overdue_count: string }
  >(
    `select currency, count(*) as count, sum(amount_due_minor - amount_paid_minor) as amount,
       count(*) filter (where due_at < $3) as overdue_count,
       coalesce(sum(amount_due_minor - amount_paid_minor) filter (where due_at < $3), 0) as overdue
     from invoices where merchant_id = $1 and mode = $2 and state = 'open' and expires_at > $3
     group by 1 order by 1`,
    [merchantId, mode, tx.now],
  );
  return rows.map((row) => ({
    ...toSum(row),
    overdueCount: Number(row.overdue_count),
    overdueMinor: BigInt(row.overdue),
  }));
}

function toSum({ currency, count, amount }: SumRow): Sum {
  return { currency, count: Number(count), amountMinor: BigInt(amount) };
}
