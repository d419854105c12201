-- Imports are the tenant's own, and nobody deletes one.

grant select, insert, update on imports, import_rows to billtext_web, billtext_worker;--> statement-breakpoint
alter table imports force row level security;--> statement-breakpoint
alter table import_rows force row level security;--> statement-breakpoint

-- A row makes its invoice once, and what it made stays.
create function refuse_undone_row() returns trigger language plpgsql as $$
begin
  raise exception 'row % of import % is done', old.row_number, old.import_id using errcode = 'check_violation';
end $$;--> statement-breakpoint
create trigger import_rows_done_stays before update on import_rows
  for each row when (old.state = 'done' and (new.state <> 'done' or new.invoice_id <> old.invoice_id))
  execute function refuse_undone_row();
