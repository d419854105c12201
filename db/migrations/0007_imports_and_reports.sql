CREATE TABLE "import_rows" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"import_id" text NOT NULL,
	"row_number" integer NOT NULL,
	"line" integer NOT NULL,
	"state" text NOT NULL,
	"cells" "bytea",
	"faults" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"merchant_reference" text,
	"repeats_row" integer,
	"invoice_id" text,
	CONSTRAINT "import_rows_merchant_id_import_id_row_number_pk" PRIMARY KEY("merchant_id","import_id","row_number"),
	CONSTRAINT "import_rows_done" CHECK ((state = 'done') = (invoice_id is not null)),
	CONSTRAINT "import_rows_state_known" CHECK ("import_rows"."state" in ('new', 'valid', 'invalid', 'done', 'refused')),
	CONSTRAINT "import_rows_mode" CHECK ("import_rows"."mode" in ('test', 'live'))
);
--> statement-breakpoint
ALTER TABLE "import_rows" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "imports" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"id" text NOT NULL,
	"state" text NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"file_name" text NOT NULL,
	"content_hash" "bytea" NOT NULL,
	"run" integer DEFAULT 1 NOT NULL,
	"separator" text NOT NULL,
	"header" text[] NOT NULL,
	"proposal" jsonb NOT NULL,
	"mapping" jsonb,
	"total_rows" integer NOT NULL,
	"checked_rows" integer DEFAULT 0 NOT NULL,
	"valid_rows" integer DEFAULT 0 NOT NULL,
	"invalid_rows" integer DEFAULT 0 NOT NULL,
	"repeated_rows" integer DEFAULT 0 NOT NULL,
	"done_rows" integer DEFAULT 0 NOT NULL,
	"refused_rows" integer DEFAULT 0 NOT NULL,
	"summary" jsonb NOT NULL,
	"started_at" timestamp (3) with time zone,
	"completed_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "imports_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "imports_counts" CHECK (done_rows + refused_rows <= valid_rows and checked_rows <= total_rows),
	CONSTRAINT "imports_state_known" CHECK ("imports"."state" in ('uploaded', 'checking', 'checked', 'running', 'done', 'cancelled')),
	CONSTRAINT "imports_mode" CHECK ("imports"."mode" in ('test', 'live'))
);
--> statement-breakpoint
ALTER TABLE "imports" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "failed_callbacks" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"delivery_id" text NOT NULL,
	"event_id" text NOT NULL,
	"endpoint_id" text,
	"invoice_id" text NOT NULL,
	"failed_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "failed_callbacks_merchant_id_delivery_id_pk" PRIMARY KEY("merchant_id","delivery_id"),
	CONSTRAINT "failed_callbacks_mode" CHECK ("failed_callbacks"."mode" in ('test', 'live'))
);
--> statement-breakpoint
ALTER TABLE "failed_callbacks" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "invoice_metadata" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"pair" "bytea" NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"invoice_id" text NOT NULL,
	CONSTRAINT "invoice_metadata_merchant_id_mode_pair_created_at_invoice_id_pk" PRIMARY KEY("merchant_id","mode","pair","created_at","invoice_id"),
	CONSTRAINT "invoice_metadata_mode" CHECK ("invoice_metadata"."mode" in ('test', 'live'))
);
--> statement-breakpoint
ALTER TABLE "invoice_metadata" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "settlement_files" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"id" text NOT NULL,
	"rail_account_id" text NOT NULL,
	"name" text NOT NULL,
	"digest" "bytea" NOT NULL,
	"line_count" integer NOT NULL,
	"uploaded_by" text NOT NULL,
	"confirmed_by" text,
	"confirmed_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "settlement_files_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "settlement_files_confirmed" CHECK ((confirmed_at is null) = (confirmed_by is null)),
	CONSTRAINT "settlement_files_mode" CHECK ("settlement_files"."mode" in ('test', 'live'))
);
--> statement-breakpoint
ALTER TABLE "settlement_files" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "settlement_lines" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"file_id" text NOT NULL,
	"number" integer NOT NULL,
	"state" text NOT NULL,
	"problem" text,
	"field" text,
	"reference" text,
	"kind" text,
	"amount_minor" bigint,
	"currency" text,
	"fee_minor" bigint,
	"day" text,
	"payment_id" text,
	"subject_id" text,
	"settled_minor" bigint,
	"settled_at" timestamp (3) with time zone,
	CONSTRAINT "settlement_lines_merchant_id_file_id_number_pk" PRIMARY KEY("merchant_id","file_id","number"),
	CONSTRAINT "settlement_lines_settled" CHECK ((state = 'settled') = (settled_at is not null) and (settled_at is null) = (settled_minor is null)),
	CONSTRAINT "settlement_lines_state_known" CHECK ("settlement_lines"."state" in ('refused', 'different', 'matched', 'settled')),
	CONSTRAINT "settlement_lines_mode" CHECK ("settlement_lines"."mode" in ('test', 'live'))
);
--> statement-breakpoint
ALTER TABLE "settlement_lines" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "ledger_transactions" DROP CONSTRAINT "ledger_transactions_kind";--> statement-breakpoint
DROP INDEX "audit_entries_newest";--> statement-breakpoint
DROP INDEX "deliveries_newest";--> statement-breakpoint
DROP INDEX "deliveries_endpoint";--> statement-breakpoint
DROP INDEX "invoices_newest";--> statement-breakpoint
DROP INDEX "invoices_state";--> statement-breakpoint
DROP INDEX "invoices_phone";--> statement-breakpoint
DROP INDEX "invoices_last4";--> statement-breakpoint
DROP INDEX "invoices_reference";--> statement-breakpoint
DROP INDEX "ledger_entries_account";--> statement-breakpoint
DROP INDEX "payments_state";--> statement-breakpoint
DROP INDEX "payments_newest";--> statement-breakpoint
DROP INDEX "payments_settlement_reference";--> statement-breakpoint
DROP INDEX "disputes_newest";--> statement-breakpoint
DROP INDEX "refunds_newest";--> statement-breakpoint
ALTER TABLE "invoices" ADD COLUMN "reference_key" "bytea";--> statement-breakpoint
ALTER TABLE "invoices" ADD COLUMN "first_sent_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "invoices" ADD COLUMN "first_delivered_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "invoices" ADD COLUMN "method_chosen_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "settlement_reference" text;--> statement-breakpoint
ALTER TABLE "import_rows" ADD CONSTRAINT "import_rows_merchant_id_import_id_imports_merchant_id_id_fk" FOREIGN KEY ("merchant_id","import_id") REFERENCES "public"."imports"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "import_rows" ADD CONSTRAINT "import_rows_merchant_id_invoice_id_invoices_merchant_id_id_fk" FOREIGN KEY ("merchant_id","invoice_id") REFERENCES "public"."invoices"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "failed_callbacks" ADD CONSTRAINT "failed_callbacks_merchant_id_delivery_id_deliveries_merchant_id_id_fk" FOREIGN KEY ("merchant_id","delivery_id") REFERENCES "public"."deliveries"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invoice_metadata" ADD CONSTRAINT "invoice_metadata_merchant_id_invoice_id_invoices_merchant_id_id_fk" FOREIGN KEY ("merchant_id","invoice_id") REFERENCES "public"."invoices"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "settlement_files" ADD CONSTRAINT "settlement_files_merchant_id_rail_account_id_rail_accounts_merchant_id_id_fk" FOREIGN KEY ("merchant_id","rail_account_id") REFERENCES "public"."rail_accounts"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "settlement_lines" ADD CONSTRAINT "settlement_lines_merchant_id_file_id_settlement_files_merchant_id_id_fk" FOREIGN KEY ("merchant_id","file_id") REFERENCES "public"."settlement_files"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "import_rows_waiting" ON "import_rows" USING btree ("merchant_id","import_id","row_number") WHERE state = 'valid';--> statement-breakpoint
CREATE UNIQUE INDEX "import_rows_invoice" ON "import_rows" USING btree ("merchant_id","invoice_id") WHERE invoice_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "imports_once" ON "imports" USING btree ("merchant_id","mode","content_hash","run");--> statement-breakpoint
CREATE INDEX "imports_newest" ON "imports" USING btree ("merchant_id","mode","created_at","id");--> statement-breakpoint
CREATE INDEX "failed_callbacks_newest" ON "failed_callbacks" USING btree ("merchant_id","mode","failed_at");--> statement-breakpoint
CREATE UNIQUE INDEX "settlement_files_once" ON "settlement_files" USING btree ("merchant_id","rail_account_id","digest");--> statement-breakpoint
CREATE INDEX "settlement_files_newest" ON "settlement_files" USING btree ("merchant_id","mode","created_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "settlement_lines_once" ON "settlement_lines" USING btree ("merchant_id","subject_id","kind") WHERE state = 'settled';--> statement-breakpoint
CREATE INDEX "settlement_lines_subject" ON "settlement_lines" USING btree ("merchant_id","subject_id");--> statement-breakpoint
CREATE INDEX "settlement_lines_state" ON "settlement_lines" USING btree ("merchant_id","file_id","state","number");--> statement-breakpoint
CREATE INDEX "audit_entries_subject" ON "audit_entries" USING btree ("merchant_id","subject_id","at");--> statement-breakpoint
CREATE INDEX "invoices_paid" ON "invoices" USING btree ("merchant_id","mode","paid_at","created_at","id","currency","amount_paid_minor","paid_by") WHERE paid_at is not null;--> statement-breakpoint
CREATE INDEX "invoices_open" ON "invoices" USING btree ("merchant_id","mode","currency","due_at","expires_at","amount_due_minor","amount_paid_minor") WHERE state = 'open';--> statement-breakpoint
CREATE INDEX "invoices_due" ON "invoices" USING btree ("merchant_id","mode","due_at","created_at","id") WHERE due_at is not null;--> statement-breakpoint
CREATE INDEX "invoices_amount" ON "invoices" USING btree ("merchant_id","mode","currency","amount_due_minor","created_at","id");--> statement-breakpoint
CREATE INDEX "sms_messages_sent" ON "sms_messages" USING btree ("merchant_id","mode","sent_at","kind","segments") WHERE sent_at is not null;--> statement-breakpoint
CREATE INDEX "ledger_entries_newest" ON "ledger_entries" USING btree ("merchant_id","mode","created_at","id");--> statement-breakpoint
CREATE INDEX "payments_method" ON "payments" USING btree ("merchant_id","mode","method","created_at","id");--> statement-breakpoint
CREATE INDEX "payments_amount" ON "payments" USING btree ("merchant_id","mode","currency","amount_minor","created_at","id");--> statement-breakpoint
CREATE INDEX "payments_completed" ON "payments" USING btree ("merchant_id","mode","completed_at","created_at","id") WHERE completed_at is not null;--> statement-breakpoint
CREATE INDEX "payments_surplus" ON "payments" USING btree ("merchant_id","mode","completed_at") WHERE disposition = 'surplus';--> statement-breakpoint
CREATE INDEX "payments_review" ON "payments" USING btree ("merchant_id","mode","needs_review_at") WHERE needs_review_at is not null;--> statement-breakpoint
CREATE INDEX "disputes_unsettled" ON "disputes" USING btree ("merchant_id","mode","created_at") WHERE completed_at is null;--> statement-breakpoint
CREATE INDEX "refunds_completed" ON "refunds" USING btree ("merchant_id","mode","completed_at") WHERE completed_at is not null;--> statement-breakpoint
CREATE INDEX "refunds_review" ON "refunds" USING btree ("merchant_id","mode","needs_review_at") WHERE needs_review_at is not null;--> statement-breakpoint
CREATE INDEX "audit_entries_newest" ON "audit_entries" USING btree ("merchant_id","mode","at","id");--> statement-breakpoint
CREATE INDEX "deliveries_newest" ON "deliveries" USING btree ("merchant_id","mode","created_at","id");--> statement-breakpoint
CREATE INDEX "deliveries_endpoint" ON "deliveries" USING btree ("merchant_id","endpoint_id","created_at","id");--> statement-breakpoint
CREATE INDEX "invoices_newest" ON "invoices" USING btree ("merchant_id","mode","created_at","id");--> statement-breakpoint
CREATE INDEX "invoices_state" ON "invoices" USING btree ("merchant_id","mode","state","created_at","id");--> statement-breakpoint
CREATE INDEX "invoices_phone" ON "invoices" USING btree ("merchant_id","phone_hash","created_at","id");--> statement-breakpoint
CREATE INDEX "invoices_last4" ON "invoices" USING btree ("merchant_id","mode","phone_last4","created_at","id");--> statement-breakpoint
CREATE INDEX "invoices_reference" ON "invoices" USING btree ("merchant_id","mode","reference_key","created_at","id") WHERE reference_key is not null;--> statement-breakpoint
CREATE INDEX "ledger_entries_account" ON "ledger_entries" USING btree ("merchant_id","mode","account","currency","created_at","id","amount_minor");--> statement-breakpoint
CREATE INDEX "payments_state" ON "payments" USING btree ("merchant_id","mode","state","created_at","id");--> statement-breakpoint
CREATE INDEX "payments_newest" ON "payments" USING btree ("merchant_id","mode","created_at","id","method","rail_account_id","state","decline_code");--> statement-breakpoint
CREATE INDEX "payments_settlement_reference" ON "payments" USING btree ("merchant_id","rail_account_id","settlement_reference") WHERE settlement_reference is not null;--> statement-breakpoint
CREATE INDEX "disputes_newest" ON "disputes" USING btree ("merchant_id","mode","created_at","id");--> statement-breakpoint
CREATE INDEX "refunds_newest" ON "refunds" USING btree ("merchant_id","mode","created_at","id");--> statement-breakpoint
ALTER TABLE "ledger_transactions" ADD CONSTRAINT "ledger_transactions_kind" CHECK ("ledger_transactions"."kind" in ('payment_accepted', 'payment_surplus', 'surplus_accepted', 'rail_cost', 'refund', 'refund_failed', 'dispute_opened', 'dispute_won', 'dispute_lost', 'dispute_fee', 'dispute_fee_returned', 'settlement'));--> statement-breakpoint
CREATE POLICY "import_rows_tenant" ON "import_rows" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));--> statement-breakpoint
CREATE POLICY "imports_tenant" ON "imports" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));--> statement-breakpoint
CREATE POLICY "failed_callbacks_tenant" ON "failed_callbacks" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));--> statement-breakpoint
CREATE POLICY "invoice_metadata_tenant" ON "invoice_metadata" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));--> statement-breakpoint
CREATE POLICY "settlement_files_tenant" ON "settlement_files" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));--> statement-breakpoint
CREATE POLICY "settlement_lines_tenant" ON "settlement_lines" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));