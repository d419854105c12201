-- Roles and policies of the tables for looking up and settling, and the triggers that keep what is looked up by.

grant select, insert on invoice_metadata, failed_callbacks to billtext_web, billtext_worker;--> statement-breakpoint
grant select, insert, update on settlement_files, settlement_lines to billtext_web, billtext_worker;--> statement-breakpoint
grant select on settlement_files, settlement_lines to billtext_audit;--> statement-breakpoint
create policy settlement_files_audit on settlement_files for select to billtext_audit using (true);--> statement-breakpoint
create policy settlement_lines_audit on settlement_lines for select to billtext_audit using (true);--> statement-breakpoint

-- Under row-level security an index serves only comparisons that the server knows to leak nothing: not that of a
-- text's beginning, nor of what stands inside of JSON. So those are written out beside: references as bytes, whose
-- order is the same whatever the database's language.
create function write_reference_key() returns trigger language plpgsql as $$
begin
  new.reference_key := convert_to(lower(new.merchant_reference), 'UTF8');
  return new;
end $$;--> statement-breakpoint
create trigger invoices_reference_key before insert or update of merchant_reference on invoices
  for each row execute function write_reference_key();--> statement-breakpoint
create function write_settlement_reference() returns trigger language plpgsql as $$
begin
  new.settlement_reference := new.rail_details ->> 'settlementReference';
  return new;
end $$;--> statement-breakpoint
create trigger payments_settlement_reference before insert or update of rail_details on payments
  for each row execute function write_settlement_reference();--> statement-breakpoint

create function note_metadata() returns trigger language plpgsql as $$
begin
  insert into invoice_metadata (merchant_id, mode, pair, created_at, invoice_id)
  select new.merchant_id, new.mode,
    substring(sha256(convert_to(key, 'UTF8') || '\x00'::bytea || convert_to(value, 'UTF8')) for 16),
    new.created_at, new.id
  from jsonb_each_text(new.metadata)
  on conflict do nothing;
  return null;
end $$;--> statement-breakpoint
create trigger invoices_metadata after insert or update of metadata on invoices
  for each row when (new.metadata <> '{}') execute function note_metadata();--> statement-breakpoint

create function note_failed_callback() returns trigger language plpgsql as $$
begin
  insert into failed_callbacks (merchant_id, mode, delivery_id, event_id, endpoint_id, invoice_id, failed_at)
  values (new.merchant_id, new.mode, new.id, new.event_id, new.endpoint_id, new.invoice_id,
    coalesce(new.completed_at, now()))
  on conflict do nothing;
  return null;
end $$;--> statement-breakpoint
create trigger deliveries_failed after update of state on deliveries
  for each row when (new.state = 'failed' and old.state <> 'failed' and new.invoice_id is not null)
  execute function note_failed_callback();--> statement-breakpoint

-- What was there before. The owner sees the rows of all only unforced.
alter table invoices no force row level security;--> statement-breakpoint
alter table payments no force row level security;--> statement-breakpoint
alter table deliveries no force row level security;--> statement-breakpoint
alter table sms_messages no force row level security;--> statement-breakpoint
update invoices i set first_sent_at = s.sent, first_delivered_at = s.delivered from (
  select merchant_id, invoice_id, min(sent_at) as sent, min(final_at) filter (where state = 'delivered') as delivered
  from sms_messages where kind = 'invoice' group by 1, 2
) s where s.merchant_id = i.merchant_id and s.invoice_id = i.id;--> statement-breakpoint
update invoices i set method_chosen_at = p.chosen from (
  select merchant_id, invoice_id, min(created_at) as chosen from payments group by 1, 2
) p where p.merchant_id = i.merchant_id and p.invoice_id = i.id;--> statement-breakpoint
update invoices set reference_key = convert_to(lower(merchant_reference), 'UTF8') where merchant_reference is not null;--> statement-breakpoint
update payments set settlement_reference = rail_details ->> 'settlementReference'
  where rail_details ? 'settlementReference';--> statement-breakpoint
insert into invoice_metadata (merchant_id, mode, pair, created_at, invoice_id)
select i.merchant_id, i.mode,
  substring(sha256(convert_to(key, 'UTF8') || '\x00'::bytea || convert_to(value, 'UTF8')) for 16), i.created_at, i.id
from invoices i cross join jsonb_each_text(i.metadata);--> statement-breakpoint
insert into failed_callbacks (merchant_id, mode, delivery_id, event_id, endpoint_id, invoice_id, failed_at)
select merchant_id, mode, id, event_id, endpoint_id, invoice_id, coalesce(completed_at, created_at)
from deliveries where state = 'failed' and invoice_id is not null;--> statement-breakpoint
alter table invoices force row level security;--> statement-breakpoint
alter table payments force row level security;--> statement-breakpoint
alter table deliveries force row level security;--> statement-breakpoint
alter table sms_messages force row level security;--> statement-breakpoint
alter table invoice_metadata force row level security;--> statement-breakpoint
alter table failed_callbacks force row level security;--> statement-breakpoint
alter table settlement_files force row level security;--> statement-breakpoint
alter table settlement_lines force row level security;
