// What the books say: balances, the entries behind them, and what happened in a period. As the books write them:
// positive is a debit, negative a credit.

import type { PaymentId, RailAccountId } from "#lib/domain/ids.ts";
import type { LedgerAccount, LedgerKind } from "#lib/domain/ledger.ts";
import type { Tenant } from "#lib/domain/tenant.ts";
import type { Tx } from "../../transaction.ts";
import type { Period } from "./range.ts";

export interface AccountSum {
  readonly account: LedgerAccount;
  readonly currency: string;
  /** Debits less credits, in minor units. */
  readonly amountMinor: bigint;
}

/** Every account's balance, from all of its entries before `to`. */
export async function sumAccounts(
  tx: Tx,
  { merchantId, mode }: Tenant,
  to: Date | null,
): Promise<AccountSum[]> {
  const { rows } = await tx.client.query<{ account: LedgerAccount; currency: string; amount: string }>(
    `select account, currency, sum(amount_minor) as amount from ledger_entries
     where merchant_id = $1 and mode = $2 and ($3::timestamptz is null or created_at < $3)
     group by 1, 2 order by 1, 2`,
    [merchantId, mode, to],
  );
  return rows.map(({ amount, ...row }) => ({ ...row, amountMinor: BigInt(amount) }));
}

/** One account's balance at an instant. */
export async function sumAccount(
  tx: Tx,
  { merchantId, mode }: Tenant,
  { account, currency }: Pick<AccountSum, "account" | "currency">,
  to: Date,
): Promise<bigint> {
  const { rows } = await tx.client.query<{ amount: string }>(
    `select coalesce(sum(amount_minor), 0) as amount from ledger_entries
     where merchant_id = $1 and mode = $2 and account = $3 and currency = $4 and created_at < $5`,
    [merchantId, mode, account, currency, to],
  );
  return BigInt(rows[0]?.amount ?? 0);
}

export interface KindSum {
  readonly kind: LedgerKind;
  readonly count: number;
  readonly amountMinor: bigint;
}

/** One account's entries of a period, by what they were for. */
export async function sumKinds(
  tx: Tx,
  { merchantId, mode }: Tenant,
  { account, currency }: Pick<AccountSum, "account" | "currency">,
  { from, to }: Period,
): Promise<KindSum[]> {
  const { rows } = await tx.client.query<{ kind: LedgerKind; count: string; amount: string }>(
    `select t.kind, count(*) as count, sum(e.amount_minor) as amount
     from ledger_entries e join ledger_transactions t on t.merchant_id = e.merchant_id and t.id = e.transaction_id
     where e.merchant_id = $1 and e.mode = $2 and e.account = $3 and e.currency = $4
       and e.created_at >= $5 and e.created_at < $6
     group by 1 order by 1`,
    [merchantId, mode, account, currency, from, to],
  );
  return rows.map(({ kind, count, amount }) => ({
    kind,
    count: Number(count),
    amountMinor: BigInt(amount),
  }));
}

export interface EntryRow {
  readonly id: string;
  readonly createdAt: Date;
  readonly amountMinor: bigint;
  readonly kind: LedgerKind;
  readonly paymentId: PaymentId;
  /** The refund or dispute that it is about; null: the payment itself. */
  readonly subjectId: string | null;
}

/** Entries of one account, newest first, after a place. */
export async function listEntries(
  tx: Tx,
  { merchantId, mode }: Tenant,
  { account, currency }: Pick<AccountSum, "account" | "currency">,
  { from, to }: { readonly from: Date | null; readonly to: Date | null },
  after: { readonly createdAt: Date; readonly id: string } | null,
  limit: number,
): Promise<EntryRow[]> {
  const { rows } = await tx.client.query<Omit<EntryRow, "amountMinor"> & { readonly amount: string }>(
    `select e.id, e.created_at as "createdAt", e.amount_minor as amount, t.kind, t.payment_id as "paymentId",
       t.subject_id as "subjectId"
     from ledger_entries e join ledger_transactions t on t.merchant_id = e.merchant_id and t.id = e.transaction_id
     where e.merchant_id = $1 and e.mode = $2 and e.account = $3 and e.currency = $4
       and ($5::timestamptz is null or e.created_at >= $5) and ($6::timestamptz is null or e.created_at < $6)
       ${after === null ? "" : "and (e.created_at, e.id) < ($8, $9)"}
     order by e.created_at desc, e.id desc limit $7`,
    [
      merchantId,
      mode,
      account,
      currency,
      from,
      to,
      limit,
      ...(after === null ? [] : [after.createdAt, after.id]),
    ],
  );
  return rows.map(({ amount, ...row }) => ({ ...row, amountMinor: BigInt(amount) }));
}

export interface CarrierRow {
  readonly railAccountId: RailAccountId;
  readonly currency: string;
  readonly kind: LedgerKind;
  readonly count: number;
  /** What moved at the carrier, for the merchant's pending, and for its available balance. */
  readonly clearingMinor: bigint;
  readonly pendingMinor: bigint;
  readonly availableMinor: bigint;
}

/** What was booked about phone bills in a period, by the account at a carrier. */
export async function sumCarriers(
  tx: Tx,
  { merchantId, mode }: Tenant,
  { from, to }: Period,
): Promise<CarrierRow[]> {
  const { rows } = await tx.client.query<{
    account: RailAccountId;
    currency: string;
    kind: LedgerKind;
    count: string;
    clearing: string;
    pending: string;
    available: string;
  }>(
    `select p.rail_account_id as account, e.currency, t.kind, count(distinct t.id) as count,
       coalesce(sum(e.amount_minor) filter (where e.account = 'rail_clearing:carrier_billing'), 0) as clearing,
       coalesce(sum(e.amount_minor) filter (where e.account = 'merchant_pending:carrier_billing'), 0) as pending,
       coalesce(sum(e.amount_minor) filter (where e.account = 'merchant_available:carrier_billing'), 0) as available
     from ledger_entries e
     join ledger_transactions t on t.merchant_id = e.merchant_id and t.id = e.transaction_id
     join payments p on p.merchant_id = t.merchant_id and p.id = t.payment_id
     where e.merchant_id = $1 and e.mode = $2 and e.created_at >= $3 and e.created_at < $4
       and e.account in ('rail_clearing:carrier_billing', 'merchant_pending:carrier_billing',
         'merchant_available:carrier_billing')
     group by 1, 2, 3 order by 1, 2, 3`,
    [merchantId, mode, from, to],
  );
  return rows.map((row) => ({
    railAccountId: row.account,
    currency: row.currency,
    kind: row.kind,
    count: Number(row.count),
    clearingMinor: BigInt(row.clearing),
    pendingMinor: BigInt(row.pending),
    availableMinor: BigInt(row.available),
  }));
}
