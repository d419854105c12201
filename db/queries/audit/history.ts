// The auditor's look at the history: nothing was rewritten, every step is legal, nothing went back.

import { DISPUTE_TRANSITIONS } from "#lib/domain/dispute.ts";
import { INVOICE_TRANSITIONS } from "#lib/domain/invoice.ts";
import { OPEN_PAYMENT_STATES, PAYMENT_TRANSITIONS } from "#lib/domain/payment.ts";
import { REFUND_TRANSITIONS } from "#lib/domain/refund.ts";
import { SMS_TRANSITIONS } from "#lib/domain/sms.ts";
import type { Finding, Snapshot } from "./snapshot.ts";

const APPEND_ONLY = [
  "transitions",
  "ledger_transactions",
  "ledger_entries",
  "events",
  "delivery_attempts",
  "audit_entries",
  "state_edges",
];

/**
 * I-04: ledger and history are append-only. A row carries the number of the database transaction that wrote it last:
 * events name the one that made them, and the entries of one booking were made by one. Rows that were copied into
 * this database with all the others (a restored dump) bear the number of the first, and what is written after them is
 * counted from further ahead.
 */
export async function findRewritten(snapshot: Snapshot): Promise<Finding> {
  return await snapshot.find({
    looksAt: `select (select count(*) from events) + (select count(*) from transitions)
      + (select count(*) from ledger_entries) as n`,
    found: `
      select name as id, 'can be changed: its guard is off' as what from unnest($1::text[]) name
      where not exists (
        select from pg_trigger t where t.tgrelid = name::regclass and t.tgname = name || '_append_only'
          and t.tgenabled in ('O', 'A'))
      union all
      select name, 'may be changed by ' || role from unnest($1::text[]) name
      cross join unnest(array['billtext_web', 'billtext_worker', 'billtext_audit']) role
      where has_table_privilege(role, name, 'update') or has_table_privilege(role, name, 'delete')
        or has_table_privilege(role, name, 'truncate')
      union all
      select transaction_id, 'has entries that were not written together' from ledger_entries
      group by merchant_id, transaction_id having count(distinct xmin::text) > 1
      union all
      select id, 'was changed after it was written' from events, event_order
      where events.xmin::text::bigint not in (
          written_by::text::bigint % 4294967296, (written_by::text::bigint - ahead) % 4294967296)
        and events.xmin::text <> (select xmin::text from events order by position limit 1)`,
    values: [APPEND_ONLY],
  });
}

const MACHINES = {
  invoice: { table: "invoices", first: "open", edges: INVOICE_TRANSITIONS },
  payment: { table: "payments", first: "created", edges: PAYMENT_TRANSITIONS },
  refund: { table: "refunds", first: "pending", edges: REFUND_TRANSITIONS },
  dispute: { table: "disputes", first: "inquiry", edges: DISPUTE_TRANSITIONS },
  sms: { table: "sms_messages", first: "queued", edges: SMS_TRANSITIONS },
};

const SUBJECTS = Object.entries(MACHINES)
  .map(
    ([machine, { table, first }]) =>
      `select merchant_id, mode, id, '${machine}' as machine, '${first}' as first, state, version from ${table}`,
  )
  .join(" union all ");

const EDGES = Object.entries(MACHINES).flatMap(([machine, { edges }]) =>
  edges.map(({ from, event, to }) => ({ machine, from_state: from, event, to_state: to })),
);

/** I-05: the steps of everything that has states are a path along the tables, from the beginning to where it is. */
export async function findIllegalSteps(snapshot: Snapshot): Promise<Finding> {
  return await snapshot.find({
    looksAt: "select count(*) as n from transitions",
    found: `
      with subjects as (${SUBJECTS}), known as (
        select * from jsonb_to_recordset($1::jsonb) as edge(machine text, from_state text, event text, to_state text)
      ), steps as (
        select t.*, lag(to_state) over path as before, lag(version) over path as version_before,
          lead(version) over path is null as is_last
        from transitions t window path as (partition by merchant_id, subject_id order by version)
      )
      select t.subject_id as id, case
          when s.id is null then 'has steps and does not exist'
          when t.version <> coalesce(t.version_before, 1) + 1 then 'misses a step before version ' || t.version
          when t.from_state <> coalesce(t.before, s.first) then 'takes step ' || t.version || ' from where it is not'
          else 'is not where its last step led'
        end as what
      from steps t
      left join subjects s on s.merchant_id = t.merchant_id and s.mode = t.mode and s.id = t.subject_id
        and s.machine = t.machine
      where s.id is null or t.version <> coalesce(t.version_before, 1) + 1
        or t.from_state <> coalesce(t.before, s.first)
        or t.is_last and (t.to_state <> s.state or t.version <> s.version)
      union all
      select s.id, 'left its first state without a step' from subjects s
      left join transitions t on t.merchant_id = s.merchant_id and t.subject_id = s.id
      where t.subject_id is null and (s.state <> s.first or s.version <> 1)
      union all
      select t.subject_id, 'took a step that is no edge: ' || t.from_state || ' ' || t.event || ' ' || t.to_state
      from transitions t left join known k using (machine, from_state, event, to_state) where k.machine is null
      union all
      select e.machine, 'has an edge in one table only: ' || e.from_state || ' ' || e.event || ' ' || e.to_state
      from (
        (select * from known except select machine, from_state, event, to_state from state_edges)
        union all
        (select machine, from_state, event, to_state from state_edges except select * from known)
      ) e`,
    values: [JSON.stringify(EDGES)],
  });
}

/** I-14: a known outcome is never replaced by doubt or by an older state, as events told of it in their order. */
export async function findRegress(snapshot: Snapshot): Promise<Finding> {
  return await snapshot.find({
    looksAt: "select count(*) as n from events where payment_id is not null",
    found: `
      with told as materialized (
        select e.merchant_id, e.invoice_id, e.payment_id, e.sequence, e.type,
          (r.invoice ->> 'version')::int as invoice_version,
          (r.payment ->> 'version')::int as version, r.payment ->> 'state' as state
        from events e cross join lateral jsonb_to_record(e.data) as r(invoice jsonb, payment jsonb)
        where e.invoice_id is not null
      ), attempts as (
        select payment_id, sequence, type, version, lag(version) over path as version_before, lag(state) over path as before
        from told where payment_id is not null and version is not null
        window path as (partition by merchant_id, payment_id order by sequence)
      )
      select id, 'is final and in doubt at once' as what from payments
      where not state = any ($1) and unknown_since is not null
      union all
      select payment_id, 'went back from version ' || version_before || ' to ' || version || ' in event ' || sequence
      from attempts where version < version_before
      union all
      select payment_id, 'was in doubt again after it was ' || before from attempts
      where type = 'payment.unknown' and not before = any ($1)
      union all
      select invoice_id, 'went back from version ' || before || ' to ' || invoice_version from (
        select invoice_id, invoice_version,
          lag(invoice_version) over (partition by merchant_id, invoice_id order by sequence) as before from told
      ) e where invoice_version < before`,
    values: [OPEN_PAYMENT_STATES],
  });
}
