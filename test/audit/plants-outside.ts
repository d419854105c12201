import { bySql, copied, type Plant, rewritten, UNTOLD } from "./planting.ts";

const aKey = "(select key from idempotency_keys where resource_id is not null limit 1)";
const applied = "(select id from notifications where state = 'applied' and payment_id is not null limit 1)";
const openCharge = `(select id from payments where state = 'pending' and method = 'carrier_billing'
  and superseded_at is null limit 1)`;
const delivered = "(select id from sms_messages where state = 'delivered' order by id limit 1)";
const opened = `(select invoice_id from events where type = 'invoice.opened' and ${UNTOLD} limit 1)`;
const anEnding =
  "(select subject_id from transitions where machine = 'invoice' and event = 'expired' limit 1)";

export const OUTSIDE_PLANTS: readonly Plant[] = [
  bySql(
    "I-07",
    "a key that is stored twice",
    "is stored more than once for POST /api/v1/test",
    "alter table idempotency_keys drop constraint idempotency_keys_merchant_id_mode_route_key_pk",
    `insert into idempotency_keys select * from idempotency_keys where key = ${aKey} returning key as id`,
  ),
  bySql(
    "I-07",
    "a key that leads nowhere",
    "leads to pay_none, which does not exist",
    `update idempotency_keys set resource_id = 'pay_none' where key = ${aKey} returning key as id`,
  ),
  bySql(
    "I-07",
    "a key without its body",
    "was used with a body that is not known",
    `update idempotency_keys set fingerprint = 'x' where key = ${aKey} returning key as id`,
  ),
  bySql(
    "I-10",
    "a message that is stored twice",
    "is stored more than once",
    "drop index notifications_once",
    ...copied("notifications", `id = ${applied}`, "id = id || 'x'"),
    "select substr(id, 1, length(id) - 1) as id from taken",
  ),
  bySql(
    "I-10",
    "a message that was applied at no time",
    "is closed without a time, or open with one",
    `update notifications set applied_at = null where id = ${applied} returning id`,
  ),
  bySql(
    "I-10",
    "a fee that is booked twice",
    "is booked more than once as dispute_fee",
    "drop index ledger_transactions_once_each",
    `insert into ledger_transactions (merchant_id, mode, id, kind, payment_id)
       select merchant_id, mode, 'ltx_' || n, 'dispute_fee', id from payments, generate_series(1, 2) n
       where id = ${openCharge}`,
    `insert into ledger_entries (merchant_id, mode, id, transaction_id, account, currency, amount_minor)
       select merchant_id, mode, 'ent_' || n || amount, 'ltx_' || n, 'merchant_pending:card', 'NOK', amount
       from payments, generate_series(1, 2) n, unnest(array[5, -5]) amount where id = ${openCharge}`,
    `select payment_id as id from ledger_transactions where id = 'ltx_1'`,
  ),
  bySql(
    "I-11",
    "a message of nobody's account",
    "came in by no account of its merchant and mode",
    `update notifications set rail_account_id = 'rac_none', state = 'ignored' where id = ${applied} returning id`,
  ),
  bySql(
    "I-11",
    "a message that settled another account's payment",
    "was applied to a payment of another account",
    `update notifications n set payment_id = p.id from payments p
       where n.id = ${applied} and p.id = (select o.id from payments o join notifications m on m.id = ${applied}
         where o.merchant_id <> m.merchant_id limit 1) returning n.id`,
  ),
  bySql(
    "I-11",
    "a message that settled another account's refund",
    "was applied to a refund of another account",
    `update notifications set refund_id = 'rfn_none' where id = ${applied} returning id`,
  ),
  bySql(
    "I-11",
    "a payment moved by a message",
    "was moved by a message",
    `update transitions set actor_kind = 'rail' where machine = 'payment' and event = 'submitted'
       and subject_id = ${openCharge} returning subject_id as id`,
  ),
  bySql(
    "I-12",
    "a charge that nobody asked about",
    "was asked of its rail, with neither outcome nor doubt",
    `update payments set rail_reference = null, submitted_at = now() - interval '121 seconds'
       where id = ${openCharge} returning id`,
  ),
  bySql(
    "I-12",
    "a refund that nobody asked about",
    "was asked of its rail, with neither outcome nor doubt",
    `update refunds set rail_reference = null, submitted_at = now() - interval '121 seconds'
       where id = (select id from refunds where state = 'pending' limit 1) returning id`,
  ),
  bySql(
    "I-12",
    "a refund that was never asked for",
    "was asked of its rail, with neither outcome nor doubt",
    `update refunds set rail_reference = null, submitted_at = null, poll_count = 0, created_at = now() - interval '121 seconds'
       where id = (select id from refunds where state = 'pending' limit 1) returning id`,
  ),
  bySql(
    "I-12",
    "a charge without the time of the call",
    "left its first state without the time of the call",
    `update payments set submitted_at = null where id = ${openCharge} returning id`,
  ),
  bySql(
    "I-12",
    "a message that nobody looked for",
    "was given to the provider, with neither outcome nor a look-up",
    `update sms_messages set state = 'sending', version = 2, provider_id = null, claimed_at = now() - interval '121 seconds'
       where id = ${delivered} returning id`,
    `delete from transitions where version > 2 and subject_id = (
       select id from sms_messages where claimed_at < now() - interval '2 minutes')`,
  ),
  bySql(
    "I-13",
    "two open attempts",
    "has more than one open attempt that is not superseded",
    "drop index payments_one_open",
    `update payments set superseded_at = null where id = (
       select id from payments where state = 'pending' and superseded_at is not null limit 1) returning invoice_id as id`,
  ),
  bySql(
    "I-13",
    "two open attempts by one rail",
    "has more than one open attempt by carrier_billing",
    `update payments set method = 'carrier_billing' where method = 'card' and state = 'pending' and id = (
       select c.id from payments c join payments s on s.invoice_id = c.invoice_id and s.superseded_at is not null
         and s.state = 'pending' where c.method = 'card' and c.state = 'pending' limit 1) returning invoice_id as id`,
  ),
  bySql(
    "I-13",
    "an attempt that began too early",
    "began while pay_",
    ...rewritten(
      "events",
      `id = (select id from events where type = 'payment.superseded' and ${UNTOLD} order by id limit 1)`,
      "type = 'payment.unknown'",
      `(select id from payments p where p.invoice_id = taken.invoice_id and p.id <> taken.payment_id)`,
    ),
  ),
  bySql(
    "I-17",
    "two messages under one provider's id",
    "shares its provider's id with another message",
    "drop index sms_messages_provider",
    `update sms_messages s set provider_id = 'SMsame' where s.provider_id is not null and s.merchant_id = (
       select merchant_id from sms_messages where provider_id is not null group by 1 having count(*) > 1 limit 1)
       returning (select min(id) from sms_messages o where o.merchant_id = s.merchant_id and o.provider_id is not null) as id`,
  ),
  bySql(
    "I-17",
    "a message that nobody took",
    "went out without the provider's id",
    `update sms_messages set provider_id = null where id = ${delivered} returning id`,
  ),
  bySql(
    "I-17",
    "a message sent again blindly",
    "was sent again without a look-up, or too often",
    `update sms_messages set unclear_sends = 1, looked_up_at = null where id = ${delivered} returning id`,
  ),
  bySql(
    "I-17",
    "a try that is not recorded",
    "was given to the provider more often than is recorded",
    `update sms_messages set attempts = attempts + 1 where id = ${delivered} returning id`,
  ),
  bySql(
    "I-17",
    "more messages to a number than the merchant's cap",
    "is one of more messages to a number than its merchant's cap",
    "update merchant_settings set sms_cap_per_day = 0 where mode = 'test' and sms_cap_per_day is not null",
    `select min(s.id) as id from sms_messages s join invoices i on i.id = s.invoice_id where s.${UNTOLD}
       group by i.phone_hash limit 1`,
  ),
  bySql(
    "I-17",
    "more messages to a number than anyone's cap",
    "has had more than ten messages on",
    `update sms_counters set count = 11 where scope = 'all:test' and phone_hash = (
       select phone_hash from sms_counters where scope = 'all:test' limit 1)
       returning encode(phone_hash, 'hex') as id`,
  ),
  bySql(
    "I-18",
    "a second first opening",
    "was first opened more than once",
    ...copied(
      "events",
      `type = 'invoice.opened' and invoice_id = ${opened}`,
      `id = id || 'x', correlation_id = 'x', sequence = (select event_sequence + 1 from invoices where id = invoice_id),
       data = (select data from events l where l.invoice_id = taken.invoice_id order by sequence desc limit 1) - 'payment' - 'refund'`,
      "invoice_id",
    ),
    "update invoices set event_sequence = event_sequence + 1 where id = (select invoice_id from taken) returning id",
  ),
  bySql(
    "I-18",
    "an opening that is not noted",
    "was opened otherwise than its events tell",
    `update invoices set opened_at = null where id = ${opened} returning id`,
  ),
  bySql(
    "I-18",
    "an opening that did something",
    "was changed by the opening of its link: payment.succeeded",
    ...rewritten(
      "events",
      `type = 'payment.succeeded' and invoice_id = ${opened}`,
      `correlation_id = (select correlation_id from events o where o.type = 'invoice.opened' and o.invoice_id = taken.invoice_id)`,
      "invoice_id",
    ),
  ),
  bySql(
    "I-18",
    "an end by a payer's hand",
    "was expired by a payer",
    `update transitions set actor_kind = 'payer' where machine = 'invoice' and event = 'expired' and subject_id = ${anEnding}
       returning subject_id as id`,
  ),
];
