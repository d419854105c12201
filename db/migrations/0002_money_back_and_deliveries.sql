CREATE TABLE "disputes" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"id" text NOT NULL,
	"payment_id" text NOT NULL,
	"invoice_id" text NOT NULL,
	"rail_account_id" text NOT NULL,
	"state" text NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"amount_minor" bigint NOT NULL,
	"fee_minor" bigint DEFAULT 0 NOT NULL,
	"currency" text NOT NULL,
	"reason" text NOT NULL,
	"rail_reference" text NOT NULL,
	"evidence_due_at" timestamp (3) with time zone,
	"opened_at" timestamp (3) with time zone,
	"completed_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "disputes_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "disputes_amount" CHECK (amount_minor between 1 and 99999999 and fee_minor >= 0),
	CONSTRAINT "disputes_state_known" CHECK ("disputes"."state" in ('inquiry', 'open', 'won', 'lost', 'closed')),
	CONSTRAINT "disputes_mode" CHECK ("disputes"."mode" in ('test', 'live'))
);
--> statement-breakpoint
ALTER TABLE "disputes" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "refunds" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"id" text NOT NULL,
	"payment_id" text NOT NULL,
	"invoice_id" text NOT NULL,
	"rail_account_id" text NOT NULL,
	"state" text NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"amount_minor" bigint NOT NULL,
	"currency" text NOT NULL,
	"origin" text NOT NULL,
	"reason" text,
	"lines" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"rail_key" text NOT NULL,
	"rail_request" jsonb NOT NULL,
	"rail_reference" text,
	"failure_code" text,
	"failure_rail_code" text,
	"unknown_since" timestamp (3) with time zone,
	"needs_review_at" timestamp (3) with time zone,
	"review_reason" text,
	"submitted_at" timestamp (3) with time zone,
	"poll_count" integer DEFAULT 0 NOT NULL,
	"completed_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "refunds_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "refunds_amount" CHECK (amount_minor between 1 and 99999999),
	CONSTRAINT "refunds_state_known" CHECK ("refunds"."state" in ('pending', 'succeeded', 'failed')),
	CONSTRAINT "refunds_origin" CHECK ("refunds"."origin" in ('merchant', 'surplus', 'rail')),
	CONSTRAINT "refunds_mode" CHECK ("refunds"."mode" in ('test', 'live'))
);
--> statement-breakpoint
ALTER TABLE "refunds" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "rate_limits" (
	"key" text PRIMARY KEY NOT NULL,
	"points" integer DEFAULT 0 NOT NULL,
	"expire" bigint
);
--> statement-breakpoint
CREATE TABLE "test_clocks" (
	"merchant_id" text PRIMARY KEY NOT NULL,
	"offset_ms" bigint NOT NULL,
	"jumps" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "ledger_transactions" DROP CONSTRAINT "ledger_transactions_kind";--> statement-breakpoint
DROP INDEX "ledger_transactions_once";--> statement-breakpoint
ALTER TABLE "deliveries" ALTER COLUMN "invoice_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "events" ALTER COLUMN "invoice_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "resend_of" text;--> statement-breakpoint
ALTER TABLE "events" ADD COLUMN "subject_id" text;--> statement-breakpoint
ALTER TABLE "events" ADD COLUMN "written_by" "xid8" DEFAULT pg_current_xact_id() NOT NULL;--> statement-breakpoint
ALTER TABLE "events" ADD COLUMN "position" bigint NOT NULL GENERATED ALWAYS AS IDENTITY (sequence name "events_position_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1);--> statement-breakpoint
ALTER TABLE "notifications" ADD COLUMN "refund_id" text;--> statement-breakpoint
ALTER TABLE "notifications" ADD COLUMN "refund_reference" text;--> statement-breakpoint
ALTER TABLE "notifications" ADD COLUMN "dispute_reference" text;--> statement-breakpoint
ALTER TABLE "invoices" ADD COLUMN "outside_reference" text;--> statement-breakpoint
ALTER TABLE "ledger_transactions" ADD COLUMN "subject_id" text;--> statement-breakpoint
ALTER TABLE "ledger_transactions" ADD COLUMN "step" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "replaced_by" text;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "callback_endpoints" ADD COLUMN "description" text;--> statement-breakpoint
ALTER TABLE "callback_endpoints" ADD COLUMN "event_types" text[];--> statement-breakpoint
ALTER TABLE "callback_endpoints" ADD COLUMN "secret" "bytea";--> statement-breakpoint
ALTER TABLE "callback_endpoints" ADD COLUMN "previous_secret" "bytea";--> statement-breakpoint
ALTER TABLE "callback_endpoints" ADD COLUMN "previous_secret_expires_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "callback_endpoints" ADD COLUMN "failing_since" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "callback_endpoints" ADD COLUMN "failing_notice_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "callback_endpoints" ADD COLUMN "last_delivered_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "callback_endpoints" ADD COLUMN "disabled_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "callback_endpoints" ADD COLUMN "disabled_reason" text;--> statement-breakpoint
ALTER TABLE "callback_endpoints" ADD COLUMN "deleted_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "callback_endpoints" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "merchant_settings" ADD COLUMN "previous_callback_secret" "bytea";--> statement-breakpoint
ALTER TABLE "merchant_settings" ADD COLUMN "previous_callback_secret_expires_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "refunded_minor" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "should_capture" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "authorized_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "authorization_expires_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "capture_requested_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "cancel_requested_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "validation" jsonb;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "validation_tries" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "api_key_routes" ADD COLUMN "allowed_networks" text[];--> statement-breakpoint
ALTER TABLE "disputes" ADD CONSTRAINT "disputes_merchant_id_payment_id_payments_merchant_id_id_fk" FOREIGN KEY ("merchant_id","payment_id") REFERENCES "public"."payments"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "refunds" ADD CONSTRAINT "refunds_merchant_id_payment_id_payments_merchant_id_id_fk" FOREIGN KEY ("merchant_id","payment_id") REFERENCES "public"."payments"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "refunds" ADD CONSTRAINT "refunds_merchant_id_rail_account_id_rail_accounts_merchant_id_id_fk" FOREIGN KEY ("merchant_id","rail_account_id") REFERENCES "public"."rail_accounts"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "disputes_rail_reference" ON "disputes" USING btree ("merchant_id","rail_account_id","rail_reference");--> statement-breakpoint
CREATE INDEX "disputes_payment" ON "disputes" USING btree ("merchant_id","payment_id");--> statement-breakpoint
CREATE INDEX "disputes_newest" ON "disputes" USING btree ("merchant_id","mode","created_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "refunds_payment" ON "refunds" USING btree ("merchant_id","payment_id","created_at");--> statement-breakpoint
CREATE INDEX "refunds_invoice" ON "refunds" USING btree ("merchant_id","invoice_id","created_at");--> statement-breakpoint
CREATE INDEX "refunds_newest" ON "refunds" USING btree ("merchant_id","mode","created_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE UNIQUE INDEX "refunds_rail_key" ON "refunds" USING btree ("merchant_id","rail_account_id","rail_key");--> statement-breakpoint
CREATE UNIQUE INDEX "refunds_rail_reference" ON "refunds" USING btree ("merchant_id","rail_account_id","rail_reference") WHERE rail_reference is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "refunds_one_surplus" ON "refunds" USING btree ("merchant_id","payment_id") WHERE origin = 'surplus' and state <> 'failed';--> statement-breakpoint
CREATE INDEX "rate_limits_expire" ON "rate_limits" USING btree ("expire");--> statement-breakpoint
CREATE INDEX "deliveries_newest" ON "deliveries" USING btree ("merchant_id","mode","created_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "deliveries_endpoint" ON "deliveries" USING btree ("merchant_id","endpoint_id","created_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "events_order" ON "events" USING btree ("merchant_id","mode","written_by","position");--> statement-breakpoint
CREATE UNIQUE INDEX "ledger_transactions_once_each" ON "ledger_transactions" USING btree ("merchant_id",coalesce(subject_id, payment_id),"kind","step");--> statement-breakpoint
CREATE INDEX "ledger_transactions_payment" ON "ledger_transactions" USING btree ("merchant_id","payment_id");--> statement-breakpoint
CREATE INDEX "payments_settlement_reference" ON "payments" USING btree ("merchant_id","rail_account_id",(rail_details ->> 'settlementReference'));--> statement-breakpoint
ALTER TABLE "ledger_transactions" ADD CONSTRAINT "ledger_transactions_kind" CHECK ("ledger_transactions"."kind" in ('payment_accepted', 'payment_surplus', 'surplus_accepted', 'rail_cost', 'refund', 'refund_failed', 'dispute_opened', 'dispute_won', 'dispute_lost', 'dispute_fee', 'dispute_fee_returned'));--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_refunded" CHECK (refunded_minor between 0 and amount_minor);--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_refunded_is_captured" CHECK (refunded_minor = 0 or state = 'succeeded');--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_one_wish" CHECK (capture_requested_at is null or cancel_requested_at is null);--> statement-breakpoint
CREATE POLICY "disputes_tenant" ON "disputes" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));--> statement-breakpoint
CREATE POLICY "refunds_tenant" ON "refunds" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));