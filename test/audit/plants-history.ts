import { bySql, type Plant, rewritten } from "./planting.ts";

const newestEvent = "(select id from events order by position desc limit 1)";
const submitted =
  "(select subject_id from transitions where machine = 'payment' and event = 'submitted' limit 1)";
const plantedStep = (subject: string, columns: string) =>
  `insert into transitions (merchant_id, mode, subject_id, machine, version, from_state, event, to_state, actor_kind, actor_id)
     select merchant_id, mode, ${subject}, 'payment', ${columns}, 'system', 'x' from payments where state = 'created' limit 1`;

export const HISTORY_PLANTS: readonly Plant[] = [
  bySql(
    "I-04",
    "a guard that is off",
    "can be changed: its guard is off",
    "alter table events disable trigger events_append_only",
    "select 'events' as id",
  ),
  bySql(
    "I-04",
    "a process that may rewrite history",
    "may be changed by billtext_web",
    "grant update on ledger_entries to billtext_web",
    "select 'ledger_entries' as id",
  ),
  bySql(
    "I-04",
    "an entry that was changed",
    "has entries that were not written together",
    `update ledger_entries set account = account where id = (select id from ledger_entries limit 1)
       returning transaction_id as id`,
  ),
  bySql(
    "I-04",
    "an event that was changed",
    "was changed after it was written",
    `update events set actor_id = 'x' where id = ${newestEvent} returning id`,
  ),
  bySql(
    "I-05",
    "a state without its step",
    "left its first state without a step",
    `update payments set state = 'pending', version = 2, submitted_at = now()
       where id = (select id from payments where state = 'created' limit 1) returning id`,
  ),
  bySql(
    "I-05",
    "a version without its step",
    "is not where its last step led",
    `update payments set version = version + 1 where id = ${submitted} and state = 'pending' or id = (
       select id from payments where state = 'pending' limit 1) returning id`,
  ),
  bySql(
    "I-05",
    "a step that is missing",
    "misses a step before version 3",
    `select subject_id as id from transitions where machine = 'payment' and version = 3 order by subject_id limit 1`,
    `delete from transitions where version = 2 and subject_id = (
       select subject_id from transitions where machine = 'payment' and version = 3 order by subject_id limit 1)`,
  ),
  bySql(
    "I-05",
    "a step that is no edge",
    "took a step that is no edge: created reopened pending",
    `update transitions set event = 'reopened' where subject_id = ${submitted} and version = 2 returning subject_id as id`,
  ),
  bySql(
    "I-05",
    "a step from elsewhere",
    "takes step 2 from where it is not",
    `update transitions set from_state = 'pending', event = 'validation_required', to_state = 'pending_validation'
       where version = 2 and subject_id = (select subject_id from transitions where machine = 'payment' and version = 3
         order by subject_id limit 1) returning subject_id as id`,
  ),
  bySql(
    "I-05",
    "a step of nothing",
    "has steps and does not exist",
    plantedStep("'pay_none'", "2, 'created', 'submitted', 'pending'"),
    "select 'pay_none' as id",
  ),
  bySql(
    "I-05",
    "an edge that no table knows",
    "has an edge in one table only: failed reopened pending",
    "insert into state_edges values ('payment', 'failed', 'reopened', 'pending') returning machine as id",
  ),
  bySql(
    "I-14",
    "doubt about what is known",
    "is final and in doubt at once",
    `update payments set unknown_since = now() where id = (select id from payments where state = 'succeeded' limit 1)
       returning id`,
  ),
  bySql(
    "I-14",
    "an attempt that went back",
    "went back from version 99",
    ...rewritten(
      "events",
      "id = (select id from events where type = 'payment.started' and payment_id in (select id from payments where state = 'failed') limit 1)",
      "data = jsonb_set(data, '{payment,version}', '99')",
      "payment_id",
    ),
  ),
  bySql(
    "I-14",
    "an invoice that went back",
    "went back from version 99 to 1",
    ...rewritten(
      "events",
      "id = (select id from events where type = 'invoice.created' and invoice_id in (select invoice_id from payments) limit 1)",
      "data = jsonb_set(data, '{invoice,version}', '99')",
      "invoice_id",
    ),
  ),
  bySql(
    "I-14",
    "doubt after an outcome",
    "was in doubt again after it was succeeded",
    ...rewritten(
      "events",
      `id = (select e.id from events e join payments p on p.id = e.payment_id and p.disposition = 'accepted'
         where e.type = 'payment.reviewed' order by e.id limit 1)`,
      "type = 'payment.unknown'",
      "payment_id",
    ),
  ),
];
