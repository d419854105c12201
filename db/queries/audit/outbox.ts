// The auditor's look at what merchants are told: everything that happened, in an order that leads to the truth.

import { EVENT_CATALOGUE } from "#lib/domain/events.ts";
import { OPEN_PAYMENT_STATES } from "#lib/domain/payment.ts";
import type { Finding, Snapshot } from "./snapshot.ts";

/** I-06: whatever was made came with its event and with all that makes it reachable, in one commit. */
export async function findHalfMade(snapshot: Snapshot): Promise<Finding> {
  return await snapshot.find({
    looksAt: `select (select count(*) from invoices) + (select count(*) from payments) + (select count(*) from sms_messages)
      + (select count(*) from refunds) + (select count(*) from disputes) as n`,
    found: `
      select i.id, 'was made without its event' as what from invoices i
      left join events e on e.merchant_id = i.merchant_id and e.invoice_id = i.id and e.sequence = 1
        and e.type = 'invoice.created' where e.id is null
      union all
      select i.id, 'has no link' from invoices i
      left join link_routes l on l.merchant_id = i.merchant_id and l.mode = i.mode and l.invoice_id = i.id
      where l.invoice_id is null
      union all
      select i.id, 'is open and would never expire' from invoices i
      join clock c on c.merchant_id = i.merchant_id and c.mode = i.mode
      left join invoice_deadlines d on d.merchant_id = i.merchant_id and d.invoice_id = i.id
      where i.state = 'open' and i.expires_at > c.now and d.invoice_id is null
      union all
      select p.id, 'was made without its event' from payments p
      left join events e on e.merchant_id = p.merchant_id and e.payment_id = p.id and e.type = 'payment.started'
      where e.id is null
      union all
      select s.id, 'was made without its event' from sms_messages s
      left join events e on e.merchant_id = s.merchant_id and e.invoice_id = s.invoice_id
        and e.type = 'sms.queued' and e.data #>> '{sms,id}' = s.id
      where e.id is null
      union all
      select b.id, 'was made without its event' from (
        select merchant_id, invoice_id, id from refunds union all select merchant_id, invoice_id, id from disputes
      ) b
      left join events e on e.merchant_id = b.merchant_id and e.invoice_id = b.invoice_id and e.subject_id = b.id
      where e.id is null`,
  });
}

/** Types of the event that each final state yields. */
const FINAL_EVENTS: { readonly [machine: string]: { readonly [state: string]: readonly string[] } } = {
  invoice: { paid: ["invoice.paid"], cancelled: ["invoice.cancelled"], expired: ["invoice.expired"] },
  payment: {
    succeeded: ["payment.succeeded", "payment.surplus"],
    failed: ["payment.failed"],
    cancelled: ["payment.cancelled"],
    expired: ["payment.expired"],
  },
  refund: { succeeded: ["refund.succeeded"], failed: ["refund.failed"] },
  dispute: { won: ["dispute.won"], lost: ["dispute.lost"], closed: ["dispute.closed"] },
  sms: {
    delivered: ["sms.delivered"],
    undelivered: ["sms.undelivered"],
    failed: ["sms.undelivered"],
    skipped: ["sms.skipped"],
  },
};

const FINALS = Object.entries(FINAL_EVENTS).flatMap(([machine, states]) =>
  Object.entries(states).flatMap(([state, types]) => types.map((type) => ({ machine, state, type }))),
);

const FINAL_TYPES = [...new Set(FINALS.map(({ type }) => type))];

/** Events of final states, with what they are about and its version then; messages tell no version. */
export const FINAL_TOLD = `
  select merchant_id, invoice_id, id as event_id, type, split_part(type, '.', 1) as machine,
    case split_part(type, '.', 1)
      when 'invoice' then invoice_id when 'payment' then payment_id when 'sms' then data #>> '{sms,id}' else subject_id
    end as subject_id,
    (data #>> array[split_part(type, '.', 1), 'version'])::int as version
  from events where type in (${FINAL_TYPES.map((type) => `'${type}'`).join(", ")})`;

/** I-08: every final state has an event, and every event that is called back has its deliveries, rightly counted. */
export async function findUntold(snapshot: Snapshot): Promise<Finding> {
  return await snapshot.find({
    looksAt: `select (select count(*) from transitions) + (select count(*) from events)
      + (select count(*) from deliveries) as n`,
    found: `
      with finals as (
        select * from jsonb_to_recordset($1::jsonb) as final(machine text, state text, type text)
      ), told as (${FINAL_TOLD})
      select t.subject_id as id, 'became ' || t.to_state || ' (version ' || t.version || ') without an event' as what
      from transitions t
      join (select machine, state, array_agg(type) as types from finals group by 1, 2) f
        on f.machine = t.machine and f.state = t.to_state and t.from_state <> t.to_state
      left join told e on e.merchant_id = t.merchant_id and e.subject_id = t.subject_id and e.type = any (f.types)
        and coalesce(e.version, t.version) = t.version
      where e.event_id is null
      union all
      select e.id, 'is told to nobody at the invoice''s own address' from events e
      left join deliveries d on d.merchant_id = e.merchant_id and d.event_id = e.id and d.endpoint_id is null
      where e.type = any ($2) and e.data #>> '{invoice,callbackUrl}' is not null and d.id is null
      union all
      select e.id, 'is not told to endpoint ' || c.id from callback_endpoints c
      join events e on e.merchant_id = c.merchant_id and e.mode = c.mode and e.occurred_at > c.updated_at
      left join deliveries d on d.merchant_id = e.merchant_id and d.event_id = e.id and d.endpoint_id = c.id
      where e.type = any ($2) and e.invoice_id is not null and d.id is null
        and c.is_enabled and c.deleted_at is null and c.event_types is null
        and not (c.is_default and e.data #>> '{invoice,callbackUrl}' is not null)
        and not exists (select from test_clocks k where k.merchant_id = c.merchant_id)
      union all
      select d.id, 'counts its tries otherwise than they are stored' from deliveries d
      left join delivery_attempts a on a.merchant_id = d.merchant_id and a.delivery_id = d.id
      group by d.merchant_id, d.id
      having count(a.id) <> d.attempts or coalesce(max(a.number), 0) <> d.attempts
        or (d.state = 'delivered') <> coalesce(bool_or(a.is_delivered), false)
        or (d.state = 'pending') <> (d.completed_at is null)`,
    values: [
      JSON.stringify(FINALS),
      EVENT_CATALOGUE.filter((kind) => kind.isCalledBack).map((kind) => kind.type),
    ],
  });
}

/** I-09: events are numbered without gaps, and who keeps the highest number of each object has its true state. */
export async function findMisleading(snapshot: Snapshot): Promise<Finding> {
  return await snapshot.find({
    looksAt: "select count(*) as n from events where invoice_id is not null",
    found: `
      select i.id, 'has events that are not numbered from 1 to ' || i.event_sequence as what from invoices i
      left join events e on e.merchant_id = i.merchant_id and e.invoice_id = i.id
      group by i.merchant_id, i.id
      having count(e.id) <> i.event_sequence or max(e.sequence) <> i.event_sequence or min(e.sequence) <> 1
      union all
      select id, 'is about another invoice than it holds' from events
      where invoice_id is not null and data #>> '{invoice,id}' is distinct from invoice_id
      union all
      select i.id, 'was last told of in another state' from invoices i
      join events e on e.merchant_id = i.merchant_id and e.invoice_id = i.id and e.sequence = i.event_sequence
      cross join lateral jsonb_to_record(e.data -> 'invoice') as told(state text, version int, "amountPaidMinor" bigint)
      where told.state <> i.state or told.version <> i.version or told."amountPaidMinor" <> i.amount_paid_minor
      union all
      select p.id, 'was last told of in another state' from payments p
      join (
        select merchant_id, payment_id, max(sequence) as sequence from events
        where payment_id is not null and data ? 'payment' group by 1, 2
      ) l on l.merchant_id = p.merchant_id and l.payment_id = p.id
      join events e on e.merchant_id = p.merchant_id and e.invoice_id = p.invoice_id and e.sequence = l.sequence
      cross join lateral jsonb_to_record(e.data -> 'payment') as told(state text, disposition text)
      where case when p.state = any ($1) then not told.state = any ($1)
        else told.state <> p.state or told.disposition is distinct from p.disposition end
      union all
      select b.id, 'was last told of in another state' from (
        select 'refund' as kind, merchant_id, invoice_id, id, state from refunds
        union all select 'dispute', merchant_id, invoice_id, id, state from disputes
      ) b
      join (
        select merchant_id, subject_id, max(sequence) as sequence from events
        where subject_id is not null and invoice_id is not null group by 1, 2
      ) l on l.merchant_id = b.merchant_id and l.subject_id = b.id
      join events e on e.merchant_id = b.merchant_id and e.invoice_id = b.invoice_id and e.sequence = l.sequence
      where e.data #>> array[kind, 'state'] <> b.state`,
    values: [OPEN_PAYMENT_STATES],
  });
}
