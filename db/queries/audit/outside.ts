// The auditor's look at what is asked of others: rails, the SMS provider, and payers who only look.

import { OPEN_PAYMENT_STATES } from "#lib/domain/payment.ts";
import { SMS_UNCLEAR_SENDS_MAX } from "#lib/domain/schedule.ts";
import type { Finding, Snapshot } from "./snapshot.ts";

const OVERDUE = (column: string) =>
  `${column} < c.now - interval '2 minutes' and coalesce(c.steady_since < now() - interval '2 minutes', true)`;

/** I-12: two minutes after something was asked of others there is an outcome, or the mark of doubt. */
export async function findForgottenIntents(snapshot: Snapshot): Promise<Finding> {
  return await snapshot.find({
    looksAt: `select (select count(*) from payments) + (select count(*) from refunds)
      + (select count(*) from sms_messages) as n`,
    found: `
      select p.id, 'was asked of its rail, with neither outcome nor doubt' as what from payments p
      join clock c on c.merchant_id = p.merchant_id and c.mode = p.mode
      where p.state = 'pending' and p.rail_reference is null and p.unknown_since is null
        and p.needs_review_at is null and ${OVERDUE("p.submitted_at")}
      union all
      select id, 'left its first state without the time of the call' from payments
      where state <> 'created' and submitted_at is null and (rail_reference is not null or state = 'pending')
      union all
      select r.id, 'was asked of its rail, with neither outcome nor doubt' from refunds r
      join clock c on c.merchant_id = r.merchant_id and c.mode = r.mode
      where r.state = 'pending' and r.rail_reference is null and r.unknown_since is null
        and r.needs_review_at is null and (r.submitted_at is not null or r.poll_count = 0)
        and ${OVERDUE("coalesce(r.submitted_at, r.created_at)")}
      union all
      select s.id, 'was given to the provider, with neither outcome nor a look-up' from sms_messages s
      join clock c on c.merchant_id = s.merchant_id and c.mode = s.mode
      where s.state = 'sending' and s.unknown_since is null and s.looked_up_at is null
        and (s.claimed_at is null or ${OVERDUE("s.claimed_at")})`,
  });
}

/**
 * I-13: an invoice has one open attempt that is not superseded, and one open attempt a rail. A next one began only
 * after the one before had ended or, on another rail, was superseded; events tell the order, not clocks.
 */
export async function findSecondAttempts(snapshot: Snapshot): Promise<Finding> {
  return await snapshot.find({
    looksAt: "select count(*) as n from payments",
    found: `
      with attempts as (
        select p.merchant_id, p.invoice_id, p.id, p.method,
          min(e.sequence) filter (where e.type = 'payment.started') as started,
          min(e.sequence) filter (where e.type in (
            'payment.succeeded', 'payment.surplus', 'payment.failed', 'payment.cancelled', 'payment.expired')) as ended,
          min(e.sequence) filter (where e.type = 'payment.superseded') as superseded
        from payments p join events e on e.merchant_id = p.merchant_id and e.payment_id = p.id
        group by p.merchant_id, p.id
      ), ordered as (
        select id, started, lag(id) over any_rail as before, lag(least(ended, superseded)) over any_rail as made_room,
          lag(id) over same_rail as before_on_rail, lag(ended) over same_rail as ended_on_rail
        from attempts window
          any_rail as (partition by merchant_id, invoice_id order by started),
          same_rail as (partition by merchant_id, invoice_id, method order by started)
      )
      select invoice_id as id, 'has more than one open attempt that is not superseded' as what from payments
      where state = any ($1) and superseded_at is null group by merchant_id, invoice_id having count(*) > 1
      union all
      select invoice_id, 'has more than one open attempt by ' || method from payments
      where state = any ($1) group by merchant_id, invoice_id, method having count(*) > 1
      union all
      select id, 'began while ' || before || ' was open' from ordered
      where before is not null and coalesce(made_room > started, true)
      union all
      select id, 'began on a rail where ' || before_on_rail || ' could still go through' from ordered
      where before_on_rail is not null and coalesce(ended_on_rail > started, true)`,
    values: [OPEN_PAYMENT_STATES],
  });
}

/**
 * I-17: one intent gives one message, sent again only after a look-up; caps hold. What was queued before a merchant
 * changed its settings followed the cap of that time.
 */
export async function findExcessMessages(snapshot: Snapshot): Promise<Finding> {
  return await snapshot.find({
    looksAt: "select count(*) as n from sms_messages",
    found: `
      with capped as (
        select s.*, i.phone_hash, m.sms_cap_per_day as cap from sms_messages s
        join invoices i on i.merchant_id = s.merchant_id and i.id = s.invoice_id
        join merchant_settings m on m.merchant_id = s.merchant_id and m.mode = s.mode
        join clock c on c.merchant_id = s.merchant_id and c.mode = s.mode
        where m.sms_cap_per_day is not null and s.created_at > m.updated_at and c.steady_since is null
      )
      select min(id) as id, 'shares its provider''s id with another message' as what from sms_messages
      where provider_id is not null group by merchant_id, provider_id having count(*) > 1
      union all
      select id, 'went out without the provider''s id' from sms_messages
      where state in ('sent', 'delivered', 'undelivered') and provider_id is null
      union all
      select id, 'was sent again without a look-up, or too often' from sms_messages
      where unclear_sends > 0 and looked_up_at is null or unclear_sends > $1
      union all
      select s.id, 'was given to the provider more often than is recorded' from sms_messages s
      left join transitions t on t.merchant_id = s.merchant_id and t.subject_id = s.id and t.event = 'claimed'
      group by s.merchant_id, s.id having count(t.version) <> s.attempts
      union all
      select min(id), 'is one of more messages to a number than its merchant''s cap' from capped
      group by merchant_id, mode, phone_hash, (send_at at time zone 'UTC')::date having count(*) > min(cap)
      union all
      select invoice_id, 'has been sent more than three times' from capped
      where kind = 'invoice' group by merchant_id, invoice_id having count(*) > 3
      union all
      select encode(phone_hash, 'hex'), 'has had more than ten messages on ' || day from sms_counters
      where scope like 'all:%' and count > 10`,
    values: [SMS_UNCLEAR_SENDS_MAX],
  });
}

/** I-18: opening a link is noted once and does nothing else: its request wrote no other event. */
export async function findEffectsOfLooking(snapshot: Snapshot): Promise<Finding> {
  return await snapshot.find({
    looksAt: "select count(*) as n from events where type = 'invoice.opened'",
    found: `
      select invoice_id as id, 'was first opened more than once' as what from events
      where type = 'invoice.opened' group by merchant_id, invoice_id having count(*) > 1
      union all
      select i.id, 'was opened otherwise than its events tell' from invoices i
      left join events e on e.merchant_id = i.merchant_id and e.invoice_id = i.id and e.type = 'invoice.opened'
      where (i.opened_at is null) <> (e.id is null)
      union all
      select e.invoice_id, 'was changed by the opening of its link: ' || e.type from events o
      join events e on e.merchant_id = o.merchant_id and e.invoice_id = o.invoice_id
        and e.correlation_id = o.correlation_id and e.id <> o.id
      where o.type = 'invoice.opened'
      union all
      select subject_id, 'was ' || event || ' by a payer' from transitions
      where machine = 'invoice' and actor_kind = 'payer' and event not in ('paid', 'paid_late', 'paid_after_cancel')`,
  });
}
