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
ALTER TABLE "import_rows" ADD CONSTRAINT "import_rows_merchant_id_import_id_imports_merchant_id_id_fk" FOREIGN KEY ("merchant_id","import_id") REFERENCES "public"."imports"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "import_rows" ADD CONSTRAINT "import_rows_merchant_id_invoice_id_invoices_merchant_id_id_fk" FOREIGN KEY ("merchant_id","invoice_id") REFERENCES "public"."invoices"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "import_rows_waiting" ON "import_rows" USING btree ("merchant_id","import_id","row_number") WHERE state = 'valid';--> statement-breakpoint
CREATE UNIQUE INDEX "import_rows_invoice" ON "import_rows" USING btree ("merchant_id","invoice_id") WHERE invoice_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "imports_once" ON "imports" USING btree ("merchant_id","mode","content_hash","run");--> statement-breakpoint
CREATE INDEX "imports_newest" ON "imports" USING btree ("merchant_id","mode","created_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "ledger_entries_newest" ON "ledger_entries" USING btree ("merchant_id","mode","created_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE POLICY "import_rows_tenant" ON "import_rows" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));--> statement-breakpoint
CREATE POLICY "imports_tenant" ON "imports" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));