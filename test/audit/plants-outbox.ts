import { bySql, copied, type Plant, rewritten, UNTOLD } from "./planting.ts";

/** An event that becomes another, of a kind that is told to nobody. */
const renamed = (type: string, returning: string, and = "true", to = "payment.superseded") =>
  rewritten(
    "events",
    `id = (select id from events where type = '${type}' and ${UNTOLD} and ${and} order by id limit 1)`,
    `type = '${to}'`,
    returning,
  );

/** A delivery that never was. */
const undelivered = (where: string) => [
  `create temp table gone on commit drop as select * from deliveries where id = (
     select id from deliveries where ${where} order by id limit 1)`,
  "delete from delivery_attempts where delivery_id in (select id from gone)",
  "delete from deliveries where id in (select id from gone)",
  "select event_id as id from gone",
];

const lastOf = (what: string) =>
  `id = (select id from events e where ${what} and not exists (
     select from events l where l.invoice_id = e.invoice_id and l.sequence > e.sequence) order by id limit 1)`;

export const OUTBOX_PLANTS: readonly Plant[] = [
  bySql(
    "I-06",
    "an invoice without its event",
    "was made without its event",
    ...renamed("invoice.created", "invoice_id"),
  ),
  bySql(
    "I-06",
    "an invoice without a link",
    "has no link",
    "delete from link_routes where invoice_id = (select id from invoices limit 1) returning invoice_id as id",
  ),
  bySql(
    "I-06",
    "an invoice without an end",
    "is open and would never expire",
    `delete from invoice_deadlines where invoice_id = (select id from invoices where state = 'open' limit 1)
       returning invoice_id as id`,
  ),
  bySql(
    "I-06",
    "an attempt without its event",
    "was made without its event",
    ...renamed(
      "payment.started",
      "payment_id",
      "payment_id in (select id from payments where state = 'failed')",
    ),
  ),
  bySql(
    "I-06",
    "a message without its event",
    "was made without its event",
    ...renamed("sms.queued", "data #>> '{sms,id}'"),
  ),
  bySql(
    "I-08",
    "an end without an event",
    "became failed (version 3) without an event",
    ...renamed("payment.failed", "payment_id"),
  ),
  bySql(
    "I-08",
    "a message's end without an event",
    "without an event",
    ...renamed("sms.delivered", "data #>> '{sms,id}' || ' became delivered (version 4)'"),
  ),
  bySql(
    "I-08",
    "an event that the invoice's own address never gets",
    "is told to nobody at the invoice's own address",
    ...undelivered("endpoint_id is null"),
  ),
  bySql(
    "I-08",
    "an event that an endpoint never gets",
    "is not told to endpoint",
    ...undelivered("endpoint_id is not null"),
  ),
  bySql(
    "I-08",
    "a try that is not stored",
    "counts its tries otherwise than they are stored",
    "update deliveries set attempts = attempts + 1 where id = (select id from deliveries limit 1) returning id",
  ),
  bySql(
    "I-09",
    "a gap in the numbers",
    "has events that are not numbered from 1 to",
    "update invoices set event_sequence = event_sequence + 1 where id = (select id from invoices limit 1) returning id",
  ),
  bySql(
    "I-09",
    "an invoice that is told otherwise",
    "was last told of in another state",
    ...rewritten(
      "events",
      lastOf("e.type = 'invoice.cancelled'"),
      `data = jsonb_set(data, '{invoice,state}', '"open"')`,
      "invoice_id",
    ),
  ),
  bySql(
    "I-09",
    "a payment that is told otherwise",
    "was last told of in another state",
    ...rewritten(
      "events",
      lastOf("e.type = 'payment.failed'"),
      `data = jsonb_set(data, '{payment,state}', '"pending"')`,
      "payment_id",
    ),
  ),
  bySql(
    "I-09",
    "a refund that is told otherwise",
    "was last told of in another state",
    ...rewritten(
      "events",
      lastOf("e.type = 'refund.succeeded'"),
      `data = jsonb_set(data, '{refund,state}', '"pending"')`,
      "subject_id",
    ),
  ),
  bySql(
    "I-09",
    "an event about another invoice",
    "is about another invoice than it holds",
    ...rewritten(
      "events",
      lastOf("e.type = 'invoice.cancelled'"),
      `data = jsonb_set(data, '{invoice,id}', '"inv_x"')`,
    ),
  ),
  bySql(
    "I-10",
    "an end that is told twice",
    "was told of more than once as invoice.cancelled",
    ...copied(
      "events",
      lastOf(`e.type = 'invoice.cancelled' and e.${UNTOLD}`),
      "id = id || 'x', sequence = sequence + 1",
      "invoice_id",
    ),
    "update invoices set event_sequence = event_sequence + 1 where id = (select invoice_id from taken) returning id",
  ),
];
