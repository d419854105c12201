// What lines of a settlement file can be about, found by what rails call it.

import type { PaymentId, RailAccountId, SettlementFileId } from "#lib/domain/ids.ts";
import type { Disposition } from "#lib/domain/payment.ts";
import type { SettlementKind } from "#lib/domain/settlement.ts";
import type { Tenant } from "#lib/domain/tenant.ts";
import type { Tx } from "../../transaction.ts";

export interface SubjectRow {
  readonly of: "payment" | "refund" | "dispute";
  readonly id: string;
  readonly paymentId: PaymentId;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly state: string;
  readonly disposition: Disposition | null;
  /** Every name that a file may give it. */
  readonly names: readonly string[];
  /** What the rail is booked to have kept: a payment's cost, a dispute's fee; null where nothing is. */
  readonly feeMinor: bigint | null;
  /** What of it is the merchant's and pending, by the books; negative where it went back. */
  readonly pendingMinor: bigint;
  readonly settledKinds: readonly SettlementKind[];
}

interface Raw extends Omit<SubjectRow, "amountMinor" | "feeMinor" | "pendingMinor"> {
  readonly amount: string;
  readonly fee: string | null;
  readonly pending: string;
}

/**
 * Payments of one account at a rail that go by one of the references, and their refunds and disputes; oldest first.
 * Under `lock` the payments are held until the transaction ends, in the order of their ids.
 */
export async function findSubjects(
  tx: Tx,
  tenant: Tenant,
  railAccountId: RailAccountId,
  references: readonly string[],
  lock: boolean,
): Promise<SubjectRow[]> {
  const named = [tenant.merchantId, railAccountId, references];
  const found = await tx.client.query<{ id: PaymentId }>(
    `select id from payments where merchant_id = $1 and rail_account_id = $2 and settlement_reference = any ($3)
     union select id from payments where merchant_id = $1 and rail_account_id = $2 and rail_reference = any ($3)
     union select id from payments where merchant_id = $1 and rail_account_id = $2 and id = any ($3)
     union select payment_id from refunds where merchant_id = $1 and rail_account_id = $2 and rail_reference = any ($3)
     union select payment_id from refunds where merchant_id = $1 and rail_account_id = $2 and id = any ($3)
     union select payment_id from disputes where merchant_id = $1 and rail_account_id = $2 and rail_reference = any ($3)
     union select payment_id from disputes where merchant_id = $1 and rail_account_id = $2 and id = any ($3)`,
    named,
  );
  const ids = found.rows.map(({ id }) => id);
  if (ids.length === 0) return [];
  if (lock) {
    await tx.client.query(
      "select from payments where merchant_id = $1 and id = any ($2) order by id for update",
      [tenant.merchantId, ids],
    );
  }
  const { rows } = await tx.client.query<Raw>(SUBJECTS, [tenant.merchantId, ids]);
  return rows.map(({ amount, fee, pending, ...row }) => ({
    ...row,
    amountMinor: BigInt(amount),
    feeMinor: fee === null ? null : BigInt(fee),
    pendingMinor: BigInt(pending),
  }));
}

/** A statement of its own after the locks, so that it sees what their last holders left. */
const SUBJECTS = `
  with subjects as (
    select 'payment' as of, id, id as payment_id, amount_minor, currency, state, disposition, created_at,
      array_remove(array[id, rail_reference, settlement_reference], null) as names, null::bigint as fee
    from payments where merchant_id = $1 and id = any ($2)
    union all
    select 'refund', r.id, r.payment_id, r.amount_minor, r.currency, r.state, p.disposition, r.created_at,
      array_remove(array[r.id, r.rail_reference], null), null
    from refunds r join payments p on p.merchant_id = r.merchant_id and p.id = r.payment_id
    where r.merchant_id = $1 and r.payment_id = any ($2)
    union all
    select 'dispute', d.id, d.payment_id, d.amount_minor, d.currency, d.state, p.disposition, d.created_at,
      array[d.id, d.rail_reference], d.fee_minor
    from disputes d join payments p on p.merchant_id = d.merchant_id and p.id = d.payment_id
    where d.merchant_id = $1 and d.payment_id = any ($2)
  )
  select s.of, s.id, s.payment_id as "paymentId", s.amount_minor as amount, s.currency, s.state, s.disposition, s.names,
    coalesce(s.fee, b.cost) as fee, coalesce(b.pending, 0) as pending,
    coalesce((select array_agg(l.kind) from settlement_lines l
      where l.merchant_id = $1 and l.subject_id = s.id and l.state = 'settled'), '{}') as "settledKinds"
  from subjects s
  left join lateral (
    select -sum(e.amount_minor) as pending, sum(e.amount_minor) filter (where t.kind = 'rail_cost') as cost
    from ledger_transactions t
    join ledger_entries e on e.merchant_id = t.merchant_id and e.transaction_id = t.id
      and e.account like 'merchant_pending:%'
    where t.merchant_id = $1 and t.payment_id = s.payment_id and coalesce(t.subject_id, t.payment_id) = s.id
  ) b on true
  order by s.created_at, s.id`;

export interface MissingRow {
  readonly of: "payment" | "refund" | "dispute";
  readonly id: string;
  readonly paymentId: PaymentId;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly completedAt: Date;
}

/**
 * What ended between two days (in `zone`) at the file's account, is settled by no file, and is not in this one.
 */
export async function listMissingRows(
  tx: Tx,
  { merchantId, mode }: Tenant,
  file: { readonly id: SettlementFileId; readonly railAccountId: RailAccountId },
  zone: string,
  limit: number,
): Promise<MissingRow[]> {
  const { rows } = await tx.client.query<Omit<MissingRow, "amountMinor"> & { readonly amount: string }>(
    `with days as (
       select min(day)::date::timestamp at time zone $5 as begins,
         (max(day)::date + 1)::timestamp at time zone $5 as ends
       from settlement_lines where merchant_id = $1 and file_id = $3
     ), ended as (
       select 'payment' as of, p.id, p.id as payment_id, p.amount_minor, p.currency, p.completed_at
       from days, payments p where p.merchant_id = $1 and p.mode = $2 and p.rail_account_id = $4
         and p.completed_at >= begins and p.completed_at < ends and p.disposition = 'accepted'
       union all
       select 'refund', r.id, r.payment_id, r.amount_minor, r.currency, r.completed_at
       from days, refunds r join payments p on p.merchant_id = r.merchant_id and p.id = r.payment_id
       where r.merchant_id = $1 and r.mode = $2 and r.rail_account_id = $4 and r.state = 'succeeded'
         and r.completed_at >= begins and r.completed_at < ends and p.disposition = 'accepted'
       union all
       select 'dispute', d.id, d.payment_id, d.amount_minor, d.currency, d.completed_at
       from days, disputes d join payments p on p.merchant_id = d.merchant_id and p.id = d.payment_id
       where d.merchant_id = $1 and d.mode = $2 and d.rail_account_id = $4 and d.state = 'lost'
         and d.completed_at >= begins and d.completed_at < ends and p.disposition = 'accepted'
     )
     select e.of, e.id, e.payment_id as "paymentId", e.amount_minor as amount, e.currency,
       e.completed_at as "completedAt"
     from ended e
     where not exists (select from settlement_lines l where l.merchant_id = $1 and l.subject_id = e.id
       and l.kind = e.of and (l.state = 'settled' or l.file_id = $3))
     order by e.completed_at, e.id limit $6`,
    [merchantId, mode, file.id, file.railAccountId, zone, limit],
  );
  return rows.map(({ amount, ...row }) => ({ ...row, amountMinor: BigInt(amount) }));
}
