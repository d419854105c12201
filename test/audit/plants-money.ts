import { bySql, type Plant, rewritten, UNTOLD } from "./planting.ts";

const failed = "(select id from payments where state = 'failed' limit 1)";
const accepted = `(select id from payments where disposition = 'accepted' and refunded_minor = 0 and ${UNTOLD} limit 1)`;
const booking = (kind: string) =>
  `(select id from ledger_transactions where kind = '${kind}' order by id limit 1)`;
/** The same transaction, named by its payment or refund, for rows that are about to go. */
const subjectOf = (kind: string) =>
  `select coalesce(subject_id, payment_id) as id from ledger_transactions where id = ${booking(kind)}`;

/** A second payment with a history, events and bookings of its own, as if the first had never been. */
const SECOND_ACCEPTED = [
  "drop index payments_one_accepted",
  `create temp table original on commit drop as select * from payments where id = ${accepted}`,
  `insert into payments select (jsonb_populate_record(p, jsonb_build_object(
     'id', p.id || 'x', 'rail_key', p.rail_key || 'x', 'rail_reference', p.rail_reference || 'x'))).* from original p`,
  `insert into transitions select (jsonb_populate_record(t, jsonb_build_object('subject_id', t.subject_id || 'x'))).*
     from transitions t where subject_id in (select id from original)`,
  `insert into ledger_transactions select (jsonb_populate_record(t, jsonb_build_object(
     'id', t.id || 'x', 'payment_id', t.payment_id || 'x'))).*
     from ledger_transactions t where payment_id in (select id from original) and subject_id is null`,
  `insert into ledger_entries select (jsonb_populate_record(e, jsonb_build_object(
     'id', e.id || 'x', 'transaction_id', e.transaction_id || 'x'))).*
     from ledger_entries e where transaction_id in (
       select id from ledger_transactions where payment_id in (select id from original) and subject_id is null)`,
  `insert into events (merchant_id, mode, id, type, invoice_id, payment_id, sequence, data, actor_kind, actor_id, correlation_id)
     select e.merchant_id, e.mode, e.id || 'x', e.type, e.invoice_id, e.payment_id || 'x',
       i.event_sequence + row_number() over (order by e.sequence),
       e.data || jsonb_build_object('invoice', (select l.data -> 'invoice' from events l
         where l.invoice_id = e.invoice_id order by l.sequence desc limit 1)),
       e.actor_kind, e.actor_id, e.correlation_id
     from events e join invoices i on i.id = e.invoice_id
     where e.payment_id in (select id from original) and e.type like 'payment.%'`,
  `update invoices set event_sequence = (select max(sequence) from events e where e.invoice_id = invoices.id)
     where id in (select invoice_id from original)`,
  "select invoice_id as id from original",
];

export const MONEY_PLANTS: readonly Plant[] = [
  bySql("I-01", "a second accepted payment", "has more than one accepted payment", ...SECOND_ACCEPTED),
  bySql(
    "I-01",
    "surplus that stays",
    "is surplus that for a minute neither went back",
    "update merchant_settings set updated_at = now() - interval '1 day'",
    `delete from ledger_entries where transaction_id in (select id from ledger_transactions where subject_id in (
       select id from refunds where origin = 'surplus' and ${UNTOLD}))`,
    `delete from ledger_transactions where subject_id in (select id from refunds where origin = 'surplus' and ${UNTOLD})`,
    `delete from transitions where subject_id in (select id from refunds where origin = 'surplus' and ${UNTOLD})`,
    `update payments set refunded_minor = 0, completed_at = now() - interval '61 seconds'
       where id in (select payment_id from refunds where origin = 'surplus' and ${UNTOLD})`,
    `create temp table gone on commit drop as select id, payment_id, invoice_id from refunds where origin = 'surplus' and ${UNTOLD}`,
    "delete from refunds where id in (select id from gone)",
    "delete from notifications where refund_id in (select id from gone)",
    `update invoices set event_sequence = event_sequence - (select count(*) from events e where e.subject_id in (
       select id from gone) and e.invoice_id = invoices.id) where id in (select invoice_id from gone)`,
    "delete from events where subject_id in (select id from gone)",
    "select payment_id as id from gone",
  ),
  bySql(
    "I-02",
    "an attempt of another amount",
    "is worth something else than payment.started told",
    `update payments set amount_minor = amount_minor + 1 where id = ${failed} returning id`,
  ),
  bySql(
    "I-02",
    "an attempt in another currency",
    "is worth something else than payment.started told",
    `update payments set currency = 'SEK' where id = ${failed} returning id`,
  ),
  bySql(
    "I-02",
    "an invoice that was changed under an open attempt",
    "is for something else than its invoice asks for",
    `update invoices i set currency = 'SEK' from payments p
       where p.id = (select id from payments where state = 'pending' limit 1)
         and i.merchant_id = p.merchant_id and i.id = p.invoice_id returning p.id`,
  ),
  bySql(
    "I-02",
    "a payment in another currency than is due",
    "is for something else than its invoice asks for",
    `update invoices set currency = 'SEK' where id = (select invoice_id from payments where id = ${accepted})
       returning paid_payment_id as id`,
  ),
  bySql(
    "I-02",
    "an attempt for another amount than was due",
    "was begun for another amount than was due",
    ...rewritten(
      "events",
      `id = (select id from events where type = 'payment.started' and payment_id = ${failed})`,
      "data = jsonb_set(data, '{invoice,amountDueMinor}', '1')",
      "payment_id",
    ),
  ),
  bySql(
    "I-02",
    "a payment of less than is due",
    "is paid by a payment of another amount than is due",
    `update invoices set amount_due_minor = amount_due_minor + 1
       where id = (select invoice_id from payments where id = ${accepted}) returning id`,
  ),
  bySql(
    "I-03",
    "a booking that does not balance",
    "does not balance in NOK",
    ...rewritten(
      "ledger_entries",
      `transaction_id = ${booking("payment_accepted")}`,
      "amount_minor = amount_minor + case when account like 'merchant_pending:%' then 1 else 0 end",
      "transaction_id",
    ),
  ),
  bySql(
    "I-03",
    "a booking without entries",
    "has fewer than two entries",
    `insert into ledger_transactions (merchant_id, mode, id, kind, payment_id)
       select merchant_id, mode, 'ltx_empty', 'dispute_won', id from payments where id = ${failed} returning id`,
  ),
  bySql(
    "I-03",
    "entries without a booking",
    "belongs to no ledger transaction of its merchant and mode",
    `insert into ledger_entries (merchant_id, mode, id, transaction_id, account, currency, amount_minor)
       select merchant_id, mode, 'ent_' || amount, 'ltx_none', 'disputed:card', 'NOK', amount
       from payments cross join unnest(array[5, -5]) amount where id = ${failed} returning id`,
  ),
  bySql(
    "I-15",
    "money booked as something else",
    "is booked otherwise than as what became of it",
    `update ledger_transactions set kind = 'payment_surplus' where id = ${booking("payment_accepted")} returning payment_id as id`,
  ),
  bySql(
    "I-15",
    "money that is not booked",
    "is booked otherwise than as what became of it",
    subjectOf("payment_surplus"),
    `delete from ledger_entries where transaction_id = ${booking("payment_surplus")}`,
    `delete from ledger_transactions where id = ${booking("payment_surplus")}`,
  ),
  bySql(
    "I-15",
    "a fee that is not booked",
    "is booked with another amount or currency",
    `update payments set fee_minor = fee_minor + 1 where id = ${accepted} returning id`,
  ),
  bySql(
    "I-15",
    "a dispute whose fee is not booked",
    "moved other money than its bank took or gave, and its fee",
    `insert into disputes (merchant_id, mode, id, payment_id, invoice_id, rail_account_id, state, amount_minor,
         fee_minor, currency, reason, rail_reference)
       select merchant_id, mode, 'dsp_x', id, invoice_id, rail_account_id, 'inquiry', amount_minor, 5, currency, 'x', 'x'
       from payments where id = ${accepted}`,
    `insert into events (merchant_id, mode, id, type, invoice_id, subject_id, sequence, data, actor_kind, actor_id, correlation_id)
       select d.merchant_id, d.mode, 'evt_dsp_x', 'dispute.inquiry', d.invoice_id, d.id, i.event_sequence + 1,
         (select e.data - 'payment' from events e where e.invoice_id = i.id order by e.sequence desc limit 1), 'x', 'x', 'x'
       from disputes d join invoices i on i.id = d.invoice_id where d.id = 'dsp_x'`,
    `update invoices set event_sequence = event_sequence + 1
       where id = (select invoice_id from disputes where id = 'dsp_x')`,
    "select id from disputes where id = 'dsp_x'",
  ),
  bySql(
    "I-15",
    "money that is available and was never settled",
    "has other money available than its rail's files say",
    `delete from settlement_lines where (file_id, number) in (
       select file_id, number from settlement_lines where state = 'settled' limit 1) returning subject_id as id`,
  ),
  bySql(
    "I-15",
    "a line that says another amount than was booked",
    "has other money available than its rail's files say",
    `update settlement_lines set settled_minor = settled_minor + 1
       where state = 'settled' returning subject_id as id`,
  ),
  bySql(
    "I-15",
    "a payment that is settled twice",
    "was settled twice as payment",
    "drop index settlement_lines_once",
    `insert into settlement_lines select (jsonb_populate_record(l, jsonb_build_object(
       'number', l.number + 1000, 'settled_minor', 0))).*
       from settlement_lines l where state = 'settled' and kind = 'payment' limit 1 returning subject_id as id`,
  ),
  bySql(
    "I-15",
    "money that is settled from something else than what was pending",
    "is settled from or to something else",
    ...rewritten(
      "ledger_entries",
      `transaction_id = ${booking("settlement")}`,
      "account = replace(account, 'merchant_pending', 'platform_fees')",
      "transaction_id",
    ),
  ),
  bySql(
    "I-15",
    "a rail's message that was forgotten",
    "was received and never closed",
    `update notifications set state = 'received', applied_at = null, received_at = now() - interval '10 days'
       where id = (select id from notifications where state = 'applied' limit 1) returning id`,
  ),
  bySql(
    "I-16",
    "a sum that refunds do not add up to",
    "gave back more than was captured, or another sum than it says",
    `update payments set refunded_minor = refunded_minor + 1 where id = ${accepted} returning id`,
  ),
  bySql(
    "I-16",
    "more sent back than was captured",
    "gave back more than was captured",
    "alter table payments drop constraint payments_refunded",
    `insert into refunds select (jsonb_populate_record(r, jsonb_build_object(
       'id', r.id || 'x', 'rail_key', r.rail_key || 'x', 'rail_reference', null))).*
       from refunds r where id = (select id from refunds where state = 'pending' and ${UNTOLD} limit 1)`,
    `insert into events (merchant_id, mode, id, type, invoice_id, subject_id, sequence, data, actor_kind, actor_id, correlation_id)
       select r.merchant_id, r.mode, 'evt_' || r.id, 'refund.created', r.invoice_id, r.id, i.event_sequence + 1,
         (select e.data - 'payment' from events e where e.invoice_id = i.id order by e.sequence desc limit 1), 'x', 'x', 'x'
       from refunds r join invoices i on i.id = r.invoice_id where r.id like '%x' and r.rail_key like '%x'`,
    `update invoices set event_sequence = event_sequence + 1
       where id in (select invoice_id from events where id like 'evt_rfn%x')`,
    `update payments set refunded_minor = refunded_minor * 2 where id in (
       select payment_id from refunds where id in (select subject_id from events where id like 'evt_rfn%x')) returning id`,
  ),
  bySql(
    "I-16",
    "a refund that is not booked",
    "is booked otherwise than as what became of it",
    subjectOf("refund"),
    `delete from ledger_entries where transaction_id = ${booking("refund")}`,
    `delete from ledger_transactions where id = ${booking("refund")}`,
  ),
  bySql(
    "I-16",
    "a refund that is booked for a step it never took",
    "took a step that is booked otherwise than as it was",
    `update ledger_transactions set step = step + 1 where id = ${booking("refund")} returning subject_id as id`,
  ),
  bySql(
    "I-16",
    "a refund in another currency",
    "is in another currency than its payment",
    "update refunds set currency = 'SEK' where id = (select id from refunds limit 1) returning id",
  ),
  bySql(
    "I-16",
    "two refunds under one key",
    "shares its key at the rail with another refund",
    "drop index refunds_rail_key",
    `create temp table two on commit drop as select id from refunds
       where rail_account_id = (
         select rail_account_id from refunds group by 1 having count(*) > 1 limit 1) order by id limit 2`,
    "update refunds set rail_key = 'same' where id in (select id from two)",
    "select min(id) as id from two",
  ),
];
