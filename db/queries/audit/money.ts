// The auditor's look at the money: what was accepted, what it is worth, where it is booked, what went back.

import { MONEY_TAKEN_STATES } from "#lib/domain/dispute.ts";
import { OPEN_PAYMENT_STATES } from "#lib/domain/payment.ts";
import type { Finding, Snapshot } from "./snapshot.ts";

/** I-01: at most one payment is accepted for an invoice, and what is accepted is what the invoice says. */
export async function findSecondAcceptances(snapshot: Snapshot): Promise<Finding> {
  return await snapshot.find({
    looksAt: "select count(*) as n from invoices",
    found: `
      select invoice_id as id, 'has more than one accepted payment' as what from payments
      where disposition = 'accepted' and not is_part group by merchant_id, invoice_id having count(*) > 1
      union all
      select id, 'was captured and is neither accepted nor surplus' from payments
      where (state = 'succeeded') <> (disposition is not null)
      union all
      select i.id, 'says that another amount was paid than was accepted' from invoices i left join (
        select merchant_id, invoice_id, sum(amount_minor) as taken from payments
        where disposition = 'accepted' group by 1, 2
      ) p on p.merchant_id = i.merchant_id and p.invoice_id = i.id
      where i.paid_by is distinct from 'outside' and i.amount_paid_minor <> coalesce(p.taken, 0)
      union all
      select i.id, 'is paid by a payment that was not accepted for it' from invoices i
      left join payments p on p.merchant_id = i.merchant_id and p.id = i.paid_payment_id
        and p.invoice_id = i.id and p.disposition = 'accepted'
      where i.paid_by = 'payment' and p.id is null
      union all
      select p.id, 'was accepted for an invoice that is not paid by it' from payments p
      join invoices i on i.merchant_id = p.merchant_id and i.id = p.invoice_id
      where p.disposition = 'accepted' and not p.is_part
        and (i.state <> 'paid' or i.paid_payment_id is distinct from p.id)
      union all
      select p.id, 'is surplus that for a minute neither went back nor was given to a person' from payments p
      join clock c on c.merchant_id = p.merchant_id and c.mode = p.mode
      join merchant_settings m on m.merchant_id = p.merchant_id and m.mode = p.mode
      left join refunds r on r.merchant_id = p.merchant_id and r.payment_id = p.id
      left join events e on e.merchant_id = p.merchant_id and e.payment_id = p.id and e.type = 'payment.reviewed'
      where p.disposition = 'surplus' and m.on_surplus = 'refund' and m.updated_at < p.completed_at
        and p.completed_at < c.now - interval '60 seconds'
        -- Settings are dated in real time, money by the merchant's clock.
        and c.steady_since is null and r.id is null and e.id is null and p.needs_review_at is null`,
  });
}

/**
 * I-02: an attempt that may take money, or has paid, is for what its invoice asks for, and nothing else pays the
 * invoice. One that is over may be from before the invoice was changed.
 */
export async function findOtherAmounts(snapshot: Snapshot): Promise<Finding> {
  return await snapshot.find({
    looksAt: "select count(*) as n from payments",
    found: `
      select p.id, 'is for something else than its invoice asks for' as what from payments p
      join invoices i on i.merchant_id = p.merchant_id and i.id = p.invoice_id
      where (p.state = any ($1) or (p.disposition = 'accepted' and not p.is_part))
        and (p.currency <> i.currency or p.amount_minor <> i.amount_due_minor)
      union all
      select p.id, 'is worth something else than ' || e.type || ' told' from payments p
      join events e on e.merchant_id = p.merchant_id and e.payment_id = p.id
      cross join lateral jsonb_to_record(e.data -> 'payment') as told("amountMinor" bigint, currency text)
      where told."amountMinor" <> p.amount_minor or told.currency <> p.currency
      union all
      select p.id, 'was begun for another amount than was due' from payments p
      join events e on e.merchant_id = p.merchant_id and e.payment_id = p.id and e.type = 'payment.started'
      cross join lateral jsonb_to_record(e.data -> 'invoice') as asked("amountDueMinor" bigint, currency text)
      where not p.is_part and (asked."amountDueMinor" <> p.amount_minor or asked.currency <> p.currency)
      union all
      select id, 'is paid by a payment of another amount than is due' from invoices
      where paid_by = 'payment' and amount_paid_minor <> amount_due_minor`,
    values: [OPEN_PAYMENT_STATES],
  });
}

/** I-03: the entries of every ledger transaction sum to zero in each currency, and none stands alone. */
export async function findUnbalanced(snapshot: Snapshot): Promise<Finding> {
  return await snapshot.find({
    looksAt: "select count(*) as n from ledger_entries",
    found: `
      select transaction_id as id, 'does not balance in ' || currency as what from ledger_entries
      group by merchant_id, transaction_id, currency having sum(amount_minor) <> 0
      union all
      select t.id, 'has fewer than two entries' from ledger_transactions t
      left join ledger_entries e on e.merchant_id = t.merchant_id and e.transaction_id = t.id
      group by t.merchant_id, t.id having count(e.id) < 2
      union all
      select e.id, 'belongs to no ledger transaction of its merchant and mode' from ledger_entries e
      left join ledger_transactions t on t.merchant_id = e.merchant_id and t.id = e.transaction_id and t.mode = e.mode
      where t.id is null`,
  });
}

/**
 * I-15: money that a rail took is booked once, whole, as what became of it; money it did not take is not. What a
 * dispute took and gave is booked too. What is available became so by a line of a rail's settlement file, from what
 * was pending of the same payment, refund or dispute.
 */
export async function findLostMoney(snapshot: Snapshot): Promise<Finding> {
  return await snapshot.find({
    looksAt: "select count(*) as n from payments where state = 'succeeded'",
    found: `
      select id, 'is booked otherwise than as what became of it' as what from (${BOOKED}) b
      where case
        when disposition = 'accepted' then not (is_accepted <> is_surplus and is_surplus = is_surplus_accepted)
        when disposition = 'surplus' then is_accepted or not is_surplus or is_surplus_accepted
        else is_accepted or is_surplus or is_surplus_accepted
      end
      union all
      select id, 'is booked with another amount or currency' from (${BOOKED}) b
      where (is_accepted or is_surplus) and (
        clearing <> amount_minor or currencies <> array[currency]
        or fees <> case when is_accepted or is_surplus_accepted then -fee_minor else 0 end
        or owed <> case when is_surplus and not is_surplus_accepted then -amount_minor else 0 end)
      union all
      select d.id, 'moved other money than its bank took or gave, and its fee' from disputes d
      left join ledger_transactions t on t.merchant_id = d.merchant_id and t.subject_id = d.id
      left join ledger_entries e on e.merchant_id = t.merchant_id and e.transaction_id = t.id
        and e.account like 'rail_clearing:%'
      group by d.merchant_id, d.id
      having coalesce(sum(e.amount_minor), 0)
        <> case when d.state = any ($1) then -d.amount_minor else 0 end - d.fee_minor
      union all
      select t.id, 'is settled from or to something else, or available without being settled' from ledger_transactions t
      join ledger_entries e on e.merchant_id = t.merchant_id and e.transaction_id = t.id
      where case t.kind when 'settlement'
        then e.account not like 'merchant_pending:%' and e.account not like 'merchant_available:%'
        else e.account like 'merchant_available:%' end
      union all
      select coalesce(b.id, l.id), 'has other money available than its rail''s files say' from (
        select t.merchant_id, coalesce(t.subject_id, t.payment_id) as id, -sum(e.amount_minor) as available
        from ledger_transactions t
        join ledger_entries e on e.merchant_id = t.merchant_id and e.transaction_id = t.id
          and e.account like 'merchant_available:%'
        where t.kind = 'settlement' group by 1, 2
      ) b full join (
        select merchant_id, subject_id as id, sum(settled_minor) as settled from settlement_lines
        where state = 'settled' group by 1, 2
      ) l on l.merchant_id = b.merchant_id and l.id = b.id
      where coalesce(b.available, 0) <> coalesce(l.settled, 0)
      union all
      select min(subject_id), 'was settled twice as ' || kind from settlement_lines
      where state = 'settled' group by merchant_id, subject_id, kind having count(*) > 1
      union all
      select n.id, 'was received and never closed: what its rail says of the money is not known' from notifications n
      join clock c on c.merchant_id = n.merchant_id and c.mode = n.mode
      where n.state = 'received' and n.received_at < c.now - interval '9 days'
        and coalesce(c.steady_since < now() - interval '1 hour', true)`,
    values: [MONEY_TAKEN_STATES],
  });
}

/** Each payment with what the books say of its capture. */
const BOOKED = `
  select p.id, p.disposition, p.amount_minor, p.fee_minor, p.currency,
    coalesce(bool_or(t.kind = 'payment_accepted'), false) as is_accepted,
    coalesce(bool_or(t.kind = 'payment_surplus'), false) as is_surplus,
    coalesce(bool_or(t.kind = 'surplus_accepted'), false) as is_surplus_accepted,
    coalesce(sum(e.amount_minor) filter (where e.account = 'rail_clearing:' || p.method), 0) as clearing,
    coalesce(sum(e.amount_minor) filter (where e.account = 'platform_fees:' || p.method), 0) as fees,
    coalesce(sum(e.amount_minor) filter (where e.account = 'surplus_liability:' || p.method), 0) as owed,
    array_agg(distinct e.currency) filter (where e.id is not null) as currencies
  from payments p
  left join ledger_transactions t on t.merchant_id = p.merchant_id and t.payment_id = p.id
    and t.kind in ('payment_accepted', 'payment_surplus', 'surplus_accepted')
  left join ledger_entries e on e.merchant_id = t.merchant_id and e.transaction_id = t.id
  group by p.merchant_id, p.id`;

/** I-16: no more goes back than was captured, each refund once, and the books have each that went. */
export async function findExcessRefunds(snapshot: Snapshot): Promise<Finding> {
  return await snapshot.find({
    looksAt: "select count(*) as n from refunds",
    found: `
      select p.id, 'gave back more than was captured, or another sum than it says' as what from payments p
      left join refunds r on r.merchant_id = p.merchant_id and r.payment_id = p.id and r.state <> 'failed'
      group by p.merchant_id, p.id
      having coalesce(sum(r.amount_minor), 0) <> p.refunded_minor
        or p.refunded_minor > case when p.state = 'succeeded' then p.amount_minor else 0 end
      union all
      select r.id, 'is in another currency than its payment' from refunds r
      join payments p on p.merchant_id = r.merchant_id and p.id = r.payment_id where r.currency <> p.currency
      union all
      select min(id), 'shares its key at the rail with another refund' from refunds
      group by merchant_id, rail_account_id, rail_key having count(*) > 1
      union all
      select min(id), 'sends a surplus back that another refund sends back too' from refunds
      where origin = 'surplus' and state <> 'failed' group by merchant_id, payment_id having count(*) > 1
      union all
      select r.id, 'is booked otherwise than as what became of it' from refunds r
      left join ledger_transactions t on t.merchant_id = r.merchant_id and t.subject_id = r.id
      left join ledger_entries e on e.merchant_id = t.merchant_id and e.transaction_id = t.id
        and e.account like 'rail_clearing:%'
      group by r.merchant_id, r.id
      having coalesce(sum(e.amount_minor), 0) <> case when r.state = 'succeeded' then -r.amount_minor else 0 end
      union all
      select coalesce(t.subject_id, s.subject_id), 'took a step that is booked otherwise than as it was' from (
        select * from ledger_transactions where kind in ('refund', 'refund_failed')
      ) t
      full join (
        select *, case event when 'failed_late' then 'refund_failed' else 'refund' end as kind
        from transitions where machine = 'refund' and event <> 'failed'
      ) s on s.merchant_id = t.merchant_id and s.subject_id = t.subject_id and s.version = t.step and s.kind = t.kind
      where t.id is null or s.subject_id is null`,
  });
}
