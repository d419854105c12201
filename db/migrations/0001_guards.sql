-- What holds even if the code above it is wrong: roles of least privilege, forced row-level security,
-- legal steps only, append-only history, and books that balance.

-- Two roles that own nothing and bypass nothing. The processes log in as members of them.
do $$ begin
  if not exists (select from pg_roles where rolname = 'billtext_web') then create role billtext_web nologin; end if;
  if not exists (select from pg_roles where rolname = 'billtext_worker') then create role billtext_worker nologin; end if;
end $$;--> statement-breakpoint
grant usage on schema public to billtext_web, billtext_worker;--> statement-breakpoint

-- Rows that change.
grant select, insert, update on
  merchants, merchant_settings, api_keys, rail_accounts, callback_endpoints, users, memberships,
  invoices, sms_messages, consent_codes, payments, deliveries, notifications, idempotency_keys
  to billtext_web, billtext_worker;--> statement-breakpoint
-- Rows that are written once.
grant select, insert on
  transitions, ledger_transactions, ledger_entries, events, delivery_attempts, audit_entries,
  link_routes, rail_account_routes
  to billtext_web, billtext_worker;--> statement-breakpoint
grant select on state_edges to billtext_web, billtext_worker;--> statement-breakpoint
grant select, insert, update on invoice_deadlines, sms_counters, api_key_routes to billtext_web, billtext_worker;--> statement-breakpoint
-- Only the worker sweeps.
grant delete on invoice_deadlines, sms_counters, idempotency_keys to billtext_worker;--> statement-breakpoint

do $$
declare tenant_table text;
begin
  for tenant_table in
    select tablename from pg_policies where schemaname = 'public' and policyname = tablename || '_tenant'
  loop
    execute format('alter table %I force row level security', tenant_table);
  end loop;
end $$;--> statement-breakpoint

insert into state_edges (machine, from_state, event, to_state) values
('invoice', 'open', 'paid', 'paid'),
  ('invoice', 'open', 'cancelled', 'cancelled'),
  ('invoice', 'open', 'expired', 'expired'),
  ('invoice', 'expired', 'paid_late', 'paid'),
  ('invoice', 'expired', 'reopened', 'open'),
  ('invoice', 'cancelled', 'paid_after_cancel', 'paid'),
  ('payment', 'created', 'submitted', 'pending'),
  ('payment', 'created', 'cancelled', 'cancelled'),
  ('payment', 'created', 'failed', 'failed'),
  ('payment', 'created', 'expired', 'expired'),
  ('payment', 'pending', 'validation_required', 'pending_validation'),
  ('payment', 'pending_validation', 'code_accepted', 'pending'),
  ('payment', 'pending', 'authorized', 'authorized'),
  ('payment', 'pending_validation', 'authorized', 'authorized'),
  ('payment', 'authorized', 'capture_requested', 'authorized'),
  ('payment', 'authorized', 'cancel_requested', 'authorized'),
  ('payment', 'pending', 'succeeded', 'succeeded'),
  ('payment', 'pending', 'failed', 'failed'),
  ('payment', 'pending', 'cancelled', 'cancelled'),
  ('payment', 'pending', 'expired', 'expired'),
  ('payment', 'pending_validation', 'succeeded', 'succeeded'),
  ('payment', 'pending_validation', 'failed', 'failed'),
  ('payment', 'pending_validation', 'cancelled', 'cancelled'),
  ('payment', 'pending_validation', 'expired', 'expired'),
  ('payment', 'authorized', 'succeeded', 'succeeded'),
  ('payment', 'authorized', 'failed', 'failed'),
  ('payment', 'authorized', 'cancelled', 'cancelled'),
  ('payment', 'authorized', 'expired', 'expired'),
  ('payment', 'expired', 'succeeded_late', 'succeeded'),
  ('payment', 'cancelled', 'succeeded_late', 'succeeded'),
  ('payment', 'failed', 'succeeded_late', 'succeeded'),
  ('sms', 'queued', 'claimed', 'sending'),
  ('sms', 'queued', 'skipped', 'skipped'),
  ('sms', 'queued', 'refused', 'failed'),
  ('sms', 'queued', 'accepted', 'sent'),
  ('sms', 'sending', 'returned', 'queued'),
  ('sms', 'sending', 'accepted', 'sent'),
  ('sms', 'sending', 'refused', 'failed'),
  ('sms', 'sent', 'delivered', 'delivered'),
  ('sms', 'sent', 'undelivered', 'undelivered'),
  ('sms', 'undelivered', 'delivered', 'delivered'),
  ('sms', 'failed', 'delivered', 'delivered');--> statement-breakpoint

-- A state changes only together with a recorded step, and every recorded step is an edge of the table.
create function refuse_unrecorded_step() returns trigger language plpgsql as $$
begin
  if new.version <> old.version + 1 or not exists (
    select from transitions t
    where t.merchant_id = new.merchant_id and t.subject_id = new.id and t.version = new.version
      and t.from_state = old.state and t.to_state = new.state
  ) then
    raise exception 'state of % changed without a recorded step', new.id using errcode = 'check_violation';
  end if;
  return new;
end $$;--> statement-breakpoint
create trigger invoices_recorded_step before update on invoices
  for each row when (old.state is distinct from new.state) execute function refuse_unrecorded_step();--> statement-breakpoint
create trigger payments_recorded_step before update on payments
  for each row when (old.state is distinct from new.state) execute function refuse_unrecorded_step();--> statement-breakpoint
create trigger sms_messages_recorded_step before update on sms_messages
  for each row when (old.state is distinct from new.state) execute function refuse_unrecorded_step();--> statement-breakpoint

-- Every machine begins at its first state.
create function refuse_other_beginning() returns trigger language plpgsql as $$
begin
  if new.state <> tg_argv[0] or new.version <> 1 then
    raise exception '% begins as %', tg_table_name, tg_argv[0] using errcode = 'check_violation';
  end if;
  return new;
end $$;--> statement-breakpoint
create trigger invoices_beginning before insert on invoices
  for each row execute function refuse_other_beginning('open');--> statement-breakpoint
create trigger payments_beginning before insert on payments
  for each row execute function refuse_other_beginning('created');--> statement-breakpoint
create trigger sms_messages_beginning before insert on sms_messages
  for each row execute function refuse_other_beginning('queued');--> statement-breakpoint

-- Relations against the order in which the tables are made.
alter table invoices add constraint invoices_paid_payment
  foreign key (merchant_id, paid_payment_id) references payments (merchant_id, id);--> statement-breakpoint
alter table sms_messages add constraint sms_messages_payment
  foreign key (merchant_id, payment_id) references payments (merchant_id, id);--> statement-breakpoint
alter table consent_codes add constraint consent_codes_payment
  foreign key (merchant_id, payment_id) references payments (merchant_id, id);--> statement-breakpoint

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are never changed', tg_table_name using errcode = 'insufficient_privilege';
end $$;--> statement-breakpoint
do $$
declare history_table text;
begin
  foreach history_table in array array[
    'transitions', 'ledger_transactions', 'ledger_entries', 'events', 'delivery_attempts', 'audit_entries', 'state_edges'
  ] loop
    execute format(
      'create trigger %I before update or delete or truncate on %I for each statement execute function refuse_change()',
      history_table || '_append_only', history_table);
  end loop;
end $$;--> statement-breakpoint

-- Entries of one transaction sum to zero in each currency when the database transaction commits.
create function refuse_unbalanced() returns trigger language plpgsql as $$
begin
  if exists (
    select from ledger_entries
    where merchant_id = new.merchant_id and transaction_id = new.transaction_id
    group by currency having sum(amount_minor) <> 0
  ) then
    raise exception 'ledger transaction % does not balance', new.transaction_id using errcode = 'check_violation';
  end if;
  return null;
end $$;--> statement-breakpoint
create constraint trigger ledger_entries_balance after insert on ledger_entries
  deferrable initially deferred for each row execute function refuse_unbalanced();
