-- Events of a payment are found by it, their order goes on on another server, and endpoints remember more of their tries.
CREATE TABLE "event_order" (
	"is_only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"ahead" bigint DEFAULT 0 NOT NULL,
	"changed_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "event_order_only" CHECK ("event_order"."is_only")
);
--> statement-breakpoint
insert into event_order default values;--> statement-breakpoint
grant select on event_order to billtext_web, billtext_worker, billtext_audit;--> statement-breakpoint
-- Where an event written now stands: the transaction that writes it, by a count that goes on after a restore.
create function next_event_place() returns xid8 language sql stable as $$
  select (pg_current_xact_id()::text::bigint + ahead)::text::xid8 from public.event_order
$$;--> statement-breakpoint
ALTER TABLE "events" ALTER COLUMN "written_by" SET DEFAULT next_event_place();--> statement-breakpoint
ALTER TABLE "callback_endpoints" ADD COLUMN "last_failed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "callback_endpoints" ADD COLUMN "slow_tries" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "events_by_payment" ON "events" USING btree ("merchant_id","payment_id","written_by","position");
