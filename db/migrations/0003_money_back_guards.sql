-- The same guards for refunds and disputes, and the new edges of the state tables.

grant select, insert, update on refunds, disputes to billtext_web, billtext_worker;--> statement-breakpoint
grant select, insert, update on rate_limits to billtext_web, billtext_worker;--> statement-breakpoint
grant delete on rate_limits to billtext_worker;--> statement-breakpoint
grant select, insert, update on test_clocks to billtext_web, billtext_worker;--> statement-breakpoint
alter table refunds force row level security;--> statement-breakpoint
alter table disputes force row level security;--> statement-breakpoint

insert into state_edges (machine, from_state, event, to_state) values
  ('invoice', 'open', 'edited', 'open'),
  ('invoice', 'open', 'paid_outside', 'paid'),
  ('invoice', 'expired', 'paid_outside', 'paid'),
  ('refund', 'pending', 'succeeded', 'succeeded'),
  ('refund', 'pending', 'failed', 'failed'),
  ('refund', 'succeeded', 'failed_late', 'failed'),
  ('refund', 'failed', 'succeeded_late', 'succeeded'),
  ('dispute', 'inquiry', 'opened', 'open'),
  ('dispute', 'inquiry', 'closed', 'closed'),
  ('dispute', 'open', 'won', 'won'),
  ('dispute', 'open', 'lost', 'lost'),
  ('dispute', 'lost', 'won_late', 'won');--> statement-breakpoint

create trigger refunds_recorded_step before update on refunds
  for each row when (old.state is distinct from new.state) execute function refuse_unrecorded_step();--> statement-breakpoint
create trigger disputes_recorded_step before update on disputes
  for each row when (old.state is distinct from new.state) execute function refuse_unrecorded_step();--> statement-breakpoint
create trigger refunds_beginning before insert on refunds
  for each row execute function refuse_other_beginning('pending');--> statement-breakpoint
create trigger disputes_beginning before insert on disputes
  for each row execute function refuse_other_beginning('inquiry');--> statement-breakpoint

-- What a payment says went back is what its refunds say, when the database transaction commits.
create function refuse_other_refunded() returns trigger language plpgsql as $$
declare
  the_payment text := case tg_table_name when 'refunds' then to_jsonb(new) ->> 'payment_id' else to_jsonb(new) ->> 'id' end;
  stated bigint;
  summed bigint;
begin
  select refunded_minor into stated from payments where merchant_id = new.merchant_id and id = the_payment;
  select coalesce(sum(amount_minor), 0) into summed from refunds
    where merchant_id = new.merchant_id and payment_id = the_payment and state <> 'failed';
  if stated is distinct from summed then
    raise exception 'refunds of % do not add up', the_payment using errcode = 'check_violation';
  end if;
  return null;
end $$;--> statement-breakpoint
create constraint trigger refunds_add_up after insert or update of state, amount_minor on refunds
  deferrable initially deferred for each row execute function refuse_other_refunded();--> statement-breakpoint
create constraint trigger payments_refunds_add_up after update of refunded_minor on payments
  deferrable initially deferred for each row execute function refuse_other_refunded();--> statement-breakpoint

-- Keys that could do everything still can.
update api_key_routes
  set scopes = scopes || array['refunds:write', 'events:read', 'callbacks:read', 'callbacks:write', 'keys:read', 'keys:write']
  where scopes @> array['invoices:read', 'invoices:write', 'payments:read', 'payments:write', 'merchant:read', 'merchant:write']
    and not scopes @> array['refunds:write'];
--> statement-breakpoint

-- Whoever checks the books reads the rows of every merchant, writes none, and sees no secret. It bypasses nothing:
-- each table that it may read says so.
do $$ begin
  if not exists (select from pg_roles where rolname = 'billtext_audit') then create role billtext_audit nologin; end if;
end $$;--> statement-breakpoint
grant usage on schema public to billtext_audit;--> statement-breakpoint
grant select on
  invoices, payments, refunds, disputes, sms_messages, transitions, state_edges, ledger_transactions, ledger_entries,
  events, deliveries, notifications, invoice_deadlines, sms_counters, test_clocks
  to billtext_audit;--> statement-breakpoint
grant select (merchant_id, mode, invoice_id) on link_routes to billtext_audit;--> statement-breakpoint
grant select (merchant_id, mode, id, delivery_id, number, is_delivered, at)
  on delivery_attempts to billtext_audit;--> statement-breakpoint
grant select (merchant_id, mode, sms_cap_per_day, on_expired, on_cancelled, on_surplus, updated_at)
  on merchant_settings to billtext_audit;--> statement-breakpoint
grant select (merchant_id, mode, id, kind, created_at) on rail_accounts to billtext_audit;--> statement-breakpoint
grant select (merchant_id, mode, id, is_default, is_enabled, event_types, disabled_at, deleted_at, created_at, updated_at)
  on callback_endpoints to billtext_audit;--> statement-breakpoint
grant select (merchant_id, mode, route, key, fingerprint, resource_id, created_at)
  on idempotency_keys to billtext_audit;--> statement-breakpoint
do $$
declare tenant_table text;
begin
  foreach tenant_table in array array[
    'invoices', 'payments', 'refunds', 'disputes', 'sms_messages', 'transitions', 'ledger_transactions',
    'ledger_entries', 'events', 'deliveries', 'delivery_attempts', 'notifications', 'merchant_settings',
    'rail_accounts', 'callback_endpoints', 'idempotency_keys'
  ] loop
    execute format('create policy %I on %I for select to billtext_audit using (true)', tenant_table || '_audit', tenant_table);
  end loop;
end $$;--> statement-breakpoint

-- Counters of requests are worth nothing after a crash, and must not make one request wait for another's flush.
alter table rate_limits set unlogged;--> statement-breakpoint

-- Surplus of before is sent back by nobody: a person decides. The owner sees the rows of all only unforced.
alter table payments no force row level security;--> statement-breakpoint
update payments
  set needs_review_at = now(), review_reason = 'Surplus from before it could be sent back: refund or accept it.'
  where disposition = 'surplus' and needs_review_at is null;--> statement-breakpoint
alter table payments force row level security;
