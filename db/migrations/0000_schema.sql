CREATE TABLE "audit_entries" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"id" text NOT NULL,
	"act" text NOT NULL,
	"subject_id" text NOT NULL,
	"actor_kind" text NOT NULL,
	"actor_id" text NOT NULL,
	"correlation_id" text NOT NULL,
	"detail" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "audit_entries_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "audit_entries_mode" CHECK ("audit_entries"."mode" in ('test', 'live'))
);
--> statement-breakpoint
ALTER TABLE "audit_entries" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "deliveries" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"id" text NOT NULL,
	"event_id" text NOT NULL,
	"invoice_id" text NOT NULL,
	"endpoint_id" text,
	"state" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp (3) with time zone,
	"completed_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "deliveries_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "deliveries_state" CHECK ("deliveries"."state" in ('pending', 'delivered', 'failed')),
	CONSTRAINT "deliveries_mode" CHECK ("deliveries"."mode" in ('test', 'live'))
);
--> statement-breakpoint
ALTER TABLE "deliveries" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "delivery_attempts" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"id" text NOT NULL,
	"delivery_id" text NOT NULL,
	"number" integer NOT NULL,
	"url" text NOT NULL,
	"is_delivered" boolean NOT NULL,
	"status" integer,
	"failure" text,
	"response_text" text NOT NULL,
	"resolved_ip" text,
	"duration_ms" integer NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "delivery_attempts_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "delivery_attempts_mode" CHECK ("delivery_attempts"."mode" in ('test', 'live'))
);
--> statement-breakpoint
ALTER TABLE "delivery_attempts" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "events" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"id" text NOT NULL,
	"type" text NOT NULL,
	"invoice_id" text NOT NULL,
	"payment_id" text,
	"sequence" integer NOT NULL,
	"data" jsonb NOT NULL,
	"actor_kind" text NOT NULL,
	"actor_id" text NOT NULL,
	"correlation_id" text NOT NULL,
	"occurred_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "events_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "events_mode" CHECK ("events"."mode" in ('test', 'live'))
);
--> statement-breakpoint
ALTER TABLE "events" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"route" text NOT NULL,
	"key" text NOT NULL,
	"fingerprint" "bytea" NOT NULL,
	"resource_id" text,
	"answer" "bytea",
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_merchant_id_mode_route_key_pk" PRIMARY KEY("merchant_id","mode","route","key"),
	CONSTRAINT "idempotency_keys_mode" CHECK ("idempotency_keys"."mode" in ('test', 'live'))
);
--> statement-breakpoint
ALTER TABLE "idempotency_keys" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "notifications" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"id" text NOT NULL,
	"rail_account_id" text NOT NULL,
	"event_id" text NOT NULL,
	"event_type" text NOT NULL,
	"payment_id" text,
	"rail_reference" text,
	"state" text NOT NULL,
	"reason" text,
	"received_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"applied_at" timestamp (3) with time zone,
	CONSTRAINT "notifications_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "notifications_state" CHECK ("notifications"."state" in ('received', 'applied', 'ignored', 'quarantined')),
	CONSTRAINT "notifications_mode" CHECK ("notifications"."mode" in ('test', 'live'))
);
--> statement-breakpoint
ALTER TABLE "notifications" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "consent_codes" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"payment_id" text NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"is_used" boolean DEFAULT false NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "consent_codes_merchant_id_payment_id_pk" PRIMARY KEY("merchant_id","payment_id"),
	CONSTRAINT "consent_codes_mode" CHECK ("consent_codes"."mode" in ('test', 'live'))
);
--> statement-breakpoint
ALTER TABLE "consent_codes" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "invoices" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"id" text NOT NULL,
	"state" text NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"event_sequence" integer DEFAULT 0 NOT NULL,
	"amount_due_minor" bigint NOT NULL,
	"amount_paid_minor" bigint DEFAULT 0 NOT NULL,
	"currency" text NOT NULL,
	"description" text NOT NULL,
	"merchant_reference" text,
	"purchase_category" text,
	"lines" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"methods" text[] NOT NULL,
	"locale" text NOT NULL,
	"due_at" timestamp (3) with time zone,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"phone" "bytea" NOT NULL,
	"phone_hash" "bytea" NOT NULL,
	"phone_last4" text NOT NULL,
	"phone_country" text,
	"return_url" text,
	"failure_url" text,
	"cancel_url" text,
	"landing_url" text,
	"callback_url" text,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"sms_sender" text,
	"sms_text" text,
	"link_counter" integer DEFAULT 1 NOT NULL,
	"link_key_id" smallint NOT NULL,
	"door" text NOT NULL,
	"opened_at" timestamp (3) with time zone,
	"bot_openings" integer DEFAULT 0 NOT NULL,
	"paid_by" text,
	"paid_payment_id" text,
	"paid_at" timestamp (3) with time zone,
	"cancelled_at" timestamp (3) with time zone,
	"expired_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "invoices_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "invoices_amount_due" CHECK (amount_due_minor between 1 and 99999999),
	CONSTRAINT "invoices_amount_paid" CHECK (amount_paid_minor >= 0 and amount_paid_minor <= amount_due_minor),
	CONSTRAINT "invoices_paid_by" CHECK ((state = 'paid') = (paid_by is not null)),
	CONSTRAINT "invoices_state_known" CHECK ("invoices"."state" in ('open', 'paid', 'cancelled', 'expired')),
	CONSTRAINT "invoices_mode" CHECK ("invoices"."mode" in ('test', 'live'))
);
--> statement-breakpoint
ALTER TABLE "invoices" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "sms_messages" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"id" text NOT NULL,
	"invoice_id" text NOT NULL,
	"kind" text NOT NULL,
	"payment_id" text,
	"state" text NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"sender" text,
	"template" text NOT NULL,
	"link_counter" integer NOT NULL,
	"link_key_id" smallint NOT NULL,
	"encoding" text NOT NULL,
	"segments" smallint NOT NULL,
	"send_at" timestamp (3) with time zone NOT NULL,
	"claimed_at" timestamp (3) with time zone,
	"rail_account_id" text,
	"attempts" integer DEFAULT 0 NOT NULL,
	"unknown_since" timestamp (3) with time zone,
	"unclear_sends" smallint DEFAULT 0 NOT NULL,
	"looked_up_at" timestamp (3) with time zone,
	"provider_id" text,
	"provider_code" text,
	"sent_at" timestamp (3) with time zone,
	"final_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sms_messages_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "sms_messages_state" CHECK ("sms_messages"."state" in ('queued', 'sending', 'sent', 'delivered', 'undelivered', 'failed', 'skipped')),
	CONSTRAINT "sms_messages_kind" CHECK ("sms_messages"."kind" in ('invoice', 'receipt', 'code')),
	CONSTRAINT "sms_messages_encoding" CHECK ("sms_messages"."encoding" in ('gsm7', 'ucs2')),
	CONSTRAINT "sms_messages_mode" CHECK ("sms_messages"."mode" in ('test', 'live'))
);
--> statement-breakpoint
ALTER TABLE "sms_messages" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "ledger_entries" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"id" text NOT NULL,
	"transaction_id" text NOT NULL,
	"account" text NOT NULL,
	"currency" text NOT NULL,
	"amount_minor" bigint NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "ledger_entries_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "ledger_entries_mode" CHECK ("ledger_entries"."mode" in ('test', 'live'))
);
--> statement-breakpoint
ALTER TABLE "ledger_entries" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "ledger_transactions" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"id" text NOT NULL,
	"kind" text NOT NULL,
	"payment_id" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "ledger_transactions_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "ledger_transactions_kind" CHECK ("ledger_transactions"."kind" in ('payment_accepted', 'payment_surplus')),
	CONSTRAINT "ledger_transactions_mode" CHECK ("ledger_transactions"."mode" in ('test', 'live'))
);
--> statement-breakpoint
ALTER TABLE "ledger_transactions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "api_keys" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"id" text NOT NULL,
	"name" text NOT NULL,
	"hint" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "api_keys_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "api_keys_mode" CHECK ("api_keys"."mode" in ('test', 'live'))
);
--> statement-breakpoint
ALTER TABLE "api_keys" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "callback_endpoints" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"id" text NOT NULL,
	"url" text NOT NULL,
	"is_default" boolean DEFAULT false NOT NULL,
	"is_enabled" boolean DEFAULT true NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "callback_endpoints_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "callback_endpoints_mode" CHECK ("callback_endpoints"."mode" in ('test', 'live'))
);
--> statement-breakpoint
ALTER TABLE "callback_endpoints" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "memberships" (
	"merchant_id" text NOT NULL,
	"user_id" text NOT NULL,
	"role" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "memberships_merchant_id_user_id_pk" PRIMARY KEY("merchant_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "merchant_settings" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"return_url" text,
	"failure_url" text,
	"cancel_url" text,
	"landing_url" text,
	"registered_hosts" text[] NOT NULL,
	"after_payment" text DEFAULT 'receipt' NOT NULL,
	"methods" text[] NOT NULL,
	"purchase_category" text,
	"sms_sender" text,
	"sms_texts" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"sms_cap_per_day" integer,
	"on_expired" text DEFAULT 'accept' NOT NULL,
	"on_cancelled" text DEFAULT 'refund' NOT NULL,
	"on_surplus" text DEFAULT 'refund' NOT NULL,
	"callback_secret" "bytea" NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "merchant_settings_merchant_id_mode_pk" PRIMARY KEY("merchant_id","mode"),
	CONSTRAINT "merchant_settings_mode" CHECK ("merchant_settings"."mode" in ('test', 'live')),
	CONSTRAINT "merchant_settings_after_payment" CHECK ("merchant_settings"."after_payment" in ('receipt', 'redirect')),
	CONSTRAINT "merchant_settings_on_expired" CHECK ("merchant_settings"."on_expired" in ('accept', 'refund')),
	CONSTRAINT "merchant_settings_on_cancelled" CHECK ("merchant_settings"."on_cancelled" in ('accept', 'refund')),
	CONSTRAINT "merchant_settings_on_surplus" CHECK ("merchant_settings"."on_surplus" in ('refund', 'hold')),
	CONSTRAINT "merchant_settings_live_cap" CHECK (mode = 'test' or sms_cap_per_day is not null)
);
--> statement-breakpoint
ALTER TABLE "merchant_settings" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "merchants" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"legal_name" text NOT NULL,
	"address" text,
	"registration_number" text,
	"contact_email" text,
	"contact_phone" text,
	"contact_url" text,
	"country" text NOT NULL,
	"time_zone" text NOT NULL,
	"locale" text NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "merchants" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "rail_accounts" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"id" text NOT NULL,
	"kind" text NOT NULL,
	"target" text NOT NULL,
	"base_url" text,
	"credentials" "bytea" NOT NULL,
	"settings" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"bounds" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"is_enabled" boolean DEFAULT true NOT NULL,
	"replaced_at" timestamp (3) with time zone,
	"fee_basis_points" integer DEFAULT 0 NOT NULL,
	"fee_fixed_minor" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "rail_accounts_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "rail_accounts_mode" CHECK ("rail_accounts"."mode" in ('test', 'live')),
	CONSTRAINT "rail_accounts_kind_known" CHECK ("rail_accounts"."kind" in ('card', 'carrier_billing', 'mobile_money', 'sms')),
	CONSTRAINT "rail_accounts_target" CHECK ("rail_accounts"."target" in ('sandbox', 'provider')),
	CONSTRAINT "rail_accounts_sandbox_is_test" CHECK (target = 'provider' or mode = 'test')
);
--> statement-breakpoint
ALTER TABLE "rail_accounts" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "users" (
	"id" text PRIMARY KEY NOT NULL,
	"email" text NOT NULL,
	"password_hash" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_email_unique" UNIQUE("email")
);
--> statement-breakpoint
CREATE TABLE "payments" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"id" text NOT NULL,
	"invoice_id" text NOT NULL,
	"method" text NOT NULL,
	"rail_account_id" text NOT NULL,
	"state" text NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"amount_minor" bigint NOT NULL,
	"currency" text NOT NULL,
	"disposition" text,
	"is_part" boolean DEFAULT false NOT NULL,
	"fee_minor" bigint DEFAULT 0 NOT NULL,
	"rail_key" text NOT NULL,
	"rail_request" jsonb NOT NULL,
	"rail_reference" text,
	"rail_details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"redirect_url" text,
	"redirect_expires_at" timestamp (3) with time zone,
	"is_processing" boolean DEFAULT false NOT NULL,
	"decline_code" text,
	"decline_rail_code" text,
	"superseded_at" timestamp (3) with time zone,
	"unknown_since" timestamp (3) with time zone,
	"needs_review_at" timestamp (3) with time zone,
	"review_reason" text,
	"submitted_at" timestamp (3) with time zone,
	"asked_at" timestamp (3) with time zone,
	"poll_count" integer DEFAULT 0 NOT NULL,
	"completed_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "payments_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "payments_amount" CHECK (amount_minor between 1 and 99999999),
	CONSTRAINT "payments_disposition" CHECK ((state = 'succeeded') = (disposition is not null)),
	CONSTRAINT "payments_state_known" CHECK ("payments"."state" in ('created', 'pending', 'pending_validation', 'authorized', 'succeeded', 'failed', 'cancelled', 'expired')),
	CONSTRAINT "payments_method" CHECK ("payments"."method" in ('carrier_billing', 'card', 'mobile_money')),
	CONSTRAINT "payments_mode" CHECK ("payments"."mode" in ('test', 'live'))
);
--> statement-breakpoint
ALTER TABLE "payments" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "state_edges" (
	"machine" text NOT NULL,
	"from_state" text NOT NULL,
	"event" text NOT NULL,
	"to_state" text NOT NULL,
	CONSTRAINT "state_edges_machine_from_state_event_to_state_pk" PRIMARY KEY("machine","from_state","event","to_state")
);
--> statement-breakpoint
CREATE TABLE "transitions" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"machine" text NOT NULL,
	"subject_id" text NOT NULL,
	"version" integer NOT NULL,
	"from_state" text NOT NULL,
	"event" text NOT NULL,
	"to_state" text NOT NULL,
	"actor_kind" text NOT NULL,
	"actor_id" text NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "transitions_merchant_id_subject_id_version_pk" PRIMARY KEY("merchant_id","subject_id","version"),
	CONSTRAINT "transitions_mode" CHECK ("transitions"."mode" in ('test', 'live'))
);
--> statement-breakpoint
ALTER TABLE "transitions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "api_key_routes" (
	"key_hash" "bytea" PRIMARY KEY NOT NULL,
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"api_key_id" text NOT NULL,
	"scopes" text[] NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	"last_used_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "invoice_deadlines" (
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"invoice_id" text NOT NULL,
	"due_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "invoice_deadlines_merchant_id_invoice_id_pk" PRIMARY KEY("merchant_id","invoice_id")
);
--> statement-breakpoint
CREATE TABLE "link_routes" (
	"token_hash" "bytea" PRIMARY KEY NOT NULL,
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL,
	"invoice_id" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rail_account_routes" (
	"rail_account_id" text PRIMARY KEY NOT NULL,
	"merchant_id" text NOT NULL,
	"mode" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sms_counters" (
	"phone_hash" "bytea" NOT NULL,
	"day" date NOT NULL,
	"scope" text NOT NULL,
	"count" integer NOT NULL,
	CONSTRAINT "sms_counters_phone_hash_day_scope_pk" PRIMARY KEY("phone_hash","day","scope")
);
--> statement-breakpoint
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_merchant_id_event_id_events_merchant_id_id_fk" FOREIGN KEY ("merchant_id","event_id") REFERENCES "public"."events"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "delivery_attempts" ADD CONSTRAINT "delivery_attempts_merchant_id_delivery_id_deliveries_merchant_id_id_fk" FOREIGN KEY ("merchant_id","delivery_id") REFERENCES "public"."deliveries"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sms_messages" ADD CONSTRAINT "sms_messages_merchant_id_invoice_id_invoices_merchant_id_id_fk" FOREIGN KEY ("merchant_id","invoice_id") REFERENCES "public"."invoices"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ledger_entries" ADD CONSTRAINT "ledger_entries_merchant_id_transaction_id_ledger_transactions_merchant_id_id_fk" FOREIGN KEY ("merchant_id","transaction_id") REFERENCES "public"."ledger_transactions"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ledger_transactions" ADD CONSTRAINT "ledger_transactions_merchant_id_payment_id_payments_merchant_id_id_fk" FOREIGN KEY ("merchant_id","payment_id") REFERENCES "public"."payments"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "callback_endpoints" ADD CONSTRAINT "callback_endpoints_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "merchant_settings" ADD CONSTRAINT "merchant_settings_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "rail_accounts" ADD CONSTRAINT "rail_accounts_merchant_id_merchants_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_merchant_id_invoice_id_invoices_merchant_id_id_fk" FOREIGN KEY ("merchant_id","invoice_id") REFERENCES "public"."invoices"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_merchant_id_rail_account_id_rail_accounts_merchant_id_id_fk" FOREIGN KEY ("merchant_id","rail_account_id") REFERENCES "public"."rail_accounts"("merchant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "transitions" ADD CONSTRAINT "transitions_machine_from_state_event_to_state_state_edges_machine_from_state_event_to_state_fk" FOREIGN KEY ("machine","from_state","event","to_state") REFERENCES "public"."state_edges"("machine","from_state","event","to_state") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_entries_newest" ON "audit_entries" USING btree ("merchant_id","mode","at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "deliveries_event" ON "deliveries" USING btree ("merchant_id","event_id");--> statement-breakpoint
CREATE INDEX "deliveries_invoice" ON "deliveries" USING btree ("merchant_id","invoice_id");--> statement-breakpoint
CREATE UNIQUE INDEX "delivery_attempts_number" ON "delivery_attempts" USING btree ("merchant_id","delivery_id","number");--> statement-breakpoint
CREATE UNIQUE INDEX "events_sequence" ON "events" USING btree ("merchant_id","invoice_id","sequence");--> statement-breakpoint
CREATE INDEX "events_newest" ON "events" USING btree ("merchant_id","mode","occurred_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "idempotency_keys_age" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "notifications_once" ON "notifications" USING btree ("merchant_id","rail_account_id","event_id");--> statement-breakpoint
CREATE INDEX "invoices_newest" ON "invoices" USING btree ("merchant_id","mode","created_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "invoices_state" ON "invoices" USING btree ("merchant_id","mode","state","created_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "invoices_phone" ON "invoices" USING btree ("merchant_id","phone_hash");--> statement-breakpoint
CREATE INDEX "invoices_last4" ON "invoices" USING btree ("merchant_id","mode","phone_last4","created_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "invoices_reference" ON "invoices" USING btree ("merchant_id","mode","merchant_reference");--> statement-breakpoint
CREATE INDEX "sms_messages_invoice" ON "sms_messages" USING btree ("merchant_id","invoice_id");--> statement-breakpoint
CREATE UNIQUE INDEX "sms_messages_provider" ON "sms_messages" USING btree ("merchant_id","provider_id") WHERE provider_id is not null;--> statement-breakpoint
CREATE INDEX "ledger_entries_transaction" ON "ledger_entries" USING btree ("merchant_id","transaction_id");--> statement-breakpoint
CREATE INDEX "ledger_entries_account" ON "ledger_entries" USING btree ("merchant_id","mode","account","currency","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "ledger_transactions_once" ON "ledger_transactions" USING btree ("merchant_id","payment_id","kind");--> statement-breakpoint
CREATE UNIQUE INDEX "callback_endpoints_default" ON "callback_endpoints" USING btree ("merchant_id","mode") WHERE is_default;--> statement-breakpoint
CREATE INDEX "memberships_user" ON "memberships" USING btree ("user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "rail_accounts_kind" ON "rail_accounts" USING btree ("merchant_id","mode","kind") WHERE replaced_at is null;--> statement-breakpoint
CREATE INDEX "payments_invoice" ON "payments" USING btree ("merchant_id","invoice_id","created_at");--> statement-breakpoint
CREATE INDEX "payments_state" ON "payments" USING btree ("merchant_id","mode","state","created_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "payments_newest" ON "payments" USING btree ("merchant_id","mode","created_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE UNIQUE INDEX "payments_one_open" ON "payments" USING btree ("merchant_id","invoice_id") WHERE state in ('created', 'pending', 'pending_validation', 'authorized') and superseded_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "payments_one_accepted" ON "payments" USING btree ("merchant_id","invoice_id") WHERE disposition = 'accepted' and not is_part;--> statement-breakpoint
CREATE UNIQUE INDEX "payments_rail_reference" ON "payments" USING btree ("merchant_id","rail_account_id","rail_reference") WHERE rail_reference is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "payments_rail_key" ON "payments" USING btree ("merchant_id","rail_account_id","rail_key");--> statement-breakpoint
CREATE UNIQUE INDEX "api_key_routes_key" ON "api_key_routes" USING btree ("merchant_id","api_key_id");--> statement-breakpoint
CREATE INDEX "invoice_deadlines_due" ON "invoice_deadlines" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "sms_counters_day" ON "sms_counters" USING btree ("day");--> statement-breakpoint
CREATE POLICY "audit_entries_tenant" ON "audit_entries" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));--> statement-breakpoint
CREATE POLICY "deliveries_tenant" ON "deliveries" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));--> statement-breakpoint
CREATE POLICY "delivery_attempts_tenant" ON "delivery_attempts" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));--> statement-breakpoint
CREATE POLICY "events_tenant" ON "events" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));--> statement-breakpoint
CREATE POLICY "idempotency_keys_tenant" ON "idempotency_keys" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));--> statement-breakpoint
CREATE POLICY "notifications_tenant" ON "notifications" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));--> statement-breakpoint
CREATE POLICY "consent_codes_tenant" ON "consent_codes" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));--> statement-breakpoint
CREATE POLICY "invoices_tenant" ON "invoices" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));--> statement-breakpoint
CREATE POLICY "sms_messages_tenant" ON "sms_messages" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));--> statement-breakpoint
CREATE POLICY "ledger_entries_tenant" ON "ledger_entries" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));--> statement-breakpoint
CREATE POLICY "ledger_transactions_tenant" ON "ledger_transactions" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));--> statement-breakpoint
CREATE POLICY "api_keys_tenant" ON "api_keys" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));--> statement-breakpoint
CREATE POLICY "callback_endpoints_tenant" ON "callback_endpoints" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));--> statement-breakpoint
CREATE POLICY "merchant_settings_tenant" ON "merchant_settings" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));--> statement-breakpoint
CREATE POLICY "merchants_tenant" ON "merchants" AS PERMISSIVE FOR ALL TO public USING (id = nullif(current_setting('app.merchant_id', true), '')) WITH CHECK (id = nullif(current_setting('app.merchant_id', true), ''));--> statement-breakpoint
CREATE POLICY "rail_accounts_tenant" ON "rail_accounts" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));--> statement-breakpoint
CREATE POLICY "payments_tenant" ON "payments" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));--> statement-breakpoint
CREATE POLICY "transitions_tenant" ON "transitions" AS PERMISSIVE FOR ALL TO public USING (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')) WITH CHECK (merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), ''));