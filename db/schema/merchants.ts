// Merchants, what they set per mode, their keys, and their accounts at rails.

import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  foreignKey,
  integer,
  jsonb,
  pgPolicy,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import type { EventType } from "#lib/domain/events.ts";
import type { ApiKeyId, EndpointId, MerchantId, RailAccountId } from "#lib/domain/ids.ts";
import { LATE_MONEY_POLICIES } from "#lib/domain/invoice.ts";
import { AFTER_PAYMENT, RAIL_ACCOUNT_KINDS, RAIL_TARGETS, SURPLUS_POLICIES } from "#lib/domain/merchant.ts";
import { PAYMENT_METHODS } from "#lib/domain/payment.ts";
import type { JsonValue } from "#lib/domain/ports/json.ts";
import { MODES } from "#lib/domain/tenant.ts";
import { bytes, instant, minor, oneOf, tenantColumns, tenantPolicy, writtenAt } from "./columns.ts";

/** Who bills. The profile is the same in both modes. */
export const merchants = pgTable(
  "merchants",
  {
    id: text("id").$type<MerchantId>().primaryKey(),
    name: text("name").notNull(),
    legalName: text("legal_name").notNull(),
    address: text("address"),
    registrationNumber: text("registration_number"),
    contactEmail: text("contact_email"),
    contactPhone: text("contact_phone"),
    contactUrl: text("contact_url"),
    /** ISO 3166-1 alpha-2. */
    country: text("country").notNull(),
    /** IANA name; dates on pages and receipts are in it. */
    timeZone: text("time_zone").notNull(),
    /** BCP 47; used where an invoice names none. */
    locale: text("locale").notNull(),
    version: integer("version").notNull().default(1),
    createdAt: instant("created_at").notNull().defaultNow(),
    updatedAt: instant("updated_at").notNull().defaultNow(),
  },
  () => [
    pgPolicy("merchants_tenant", {
      as: "permissive",
      for: "all",
      using: sql`id = nullif(current_setting('app.merchant_id', true), '')`,
      withCheck: sql`id = nullif(current_setting('app.merchant_id', true), '')`,
    }),
  ],
);

/** What a merchant sets per mode. */
export const merchantSettings = pgTable(
  "merchant_settings",
  {
    ...tenantColumns(),
    returnUrl: text("return_url"),
    failureUrl: text("failure_url"),
    cancelUrl: text("cancel_url"),
    landingUrl: text("landing_url"),
    /** Hosts that those addresses may be on, as `host` or `host:port`. */
    registeredHosts: text("registered_hosts").array().notNull(),
    /** What the payer sees after paying: our receipt, or the merchant's return address at once. */
    afterPayment: text("after_payment", { enum: AFTER_PAYMENT }).notNull().default("receipt"),
    methods: text("methods", { enum: PAYMENT_METHODS }).array().notNull(),
    purchaseCategory: text("purchase_category"),
    smsSender: text("sms_sender"),
    /** Text of the invoice SMS by locale; ours where it has none. */
    smsTexts: jsonb("sms_texts").$type<Readonly<Record<string, string>>>().notNull().default({}),
    /** Messages to one number a day (UTC) at most; null: no cap (test mode only). */
    smsCapPerDay: integer("sms_cap_per_day"),
    onExpired: text("on_expired", { enum: LATE_MONEY_POLICIES }).notNull().default("accept"),
    onCancelled: text("on_cancelled", { enum: LATE_MONEY_POLICIES }).notNull().default("refund"),
    onSurplus: text("on_surplus", { enum: SURPLUS_POLICIES }).notNull().default("refund"),
    /** Standard Webhooks secret of this mode, sealed. */
    callbackSecret: bytes("callback_secret").notNull(),
    /** The one before it, which signs too until then. */
    previousCallbackSecret: bytes("previous_callback_secret"),
    previousCallbackSecretExpiresAt: instant("previous_callback_secret_expires_at"),
    version: integer("version").notNull().default(1),
    updatedAt: instant("updated_at").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.mode] }),
    foreignKey({ columns: [t.merchantId], foreignColumns: [merchants.id] }),
    oneOf("merchant_settings_mode", t.mode, MODES),
    oneOf("merchant_settings_after_payment", t.afterPayment, AFTER_PAYMENT),
    oneOf("merchant_settings_on_expired", t.onExpired, LATE_MONEY_POLICIES),
    oneOf("merchant_settings_on_cancelled", t.onCancelled, LATE_MONEY_POLICIES),
    oneOf("merchant_settings_on_surplus", t.onSurplus, SURPLUS_POLICIES),
    check("merchant_settings_live_cap", sql`mode = 'test' or sms_cap_per_day is not null`),
    tenantPolicy("merchant_settings"),
  ],
);

/** Keys of the native door, as their owner sees them. What a key opens stands beside its hash in the routes. */
export const apiKeys = pgTable(
  "api_keys",
  {
    ...tenantColumns(),
    id: text("id").$type<ApiKeyId>().notNull(),
    name: text("name").notNull(),
    /** First characters, enough to recognise it by. The key itself is shown once and never stored. */
    hint: text("hint").notNull(),
    /** The key that took its place; this one works until its end. */
    replacedBy: text("replaced_by").$type<ApiKeyId>(),
    version: integer("version").notNull().default(1),
    createdAt: instant("created_at").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    foreignKey({ columns: [t.merchantId], foreignColumns: [merchants.id] }),
    oneOf("api_keys_mode", t.mode, MODES),
    tenantPolicy("api_keys"),
  ],
);

/** A merchant's accounts at rails and SMS providers: one a kind and mode, and those that were before it. */
export const railAccounts = pgTable(
  "rail_accounts",
  {
    ...tenantColumns(),
    id: text("id").$type<RailAccountId>().notNull(),
    kind: text("kind", { enum: RAIL_ACCOUNT_KINDS }).notNull(),
    /** The sandbox (test mode only) or the provider itself. */
    target: text("target", { enum: RAIL_TARGETS }).notNull(),
    /** Address of a provider that has no fixed one, such as a carrier. */
    baseUrl: text("base_url"),
    credentials: bytes("credentials").notNull(),
    settings: jsonb("settings").$type<JsonValue>().notNull().default({}),
    /** The merchant's own bounds: currency to `{min, max}` in minor units; a currency not named is not offered
     * unless the map is empty. */
    bounds: jsonb("bounds")
      .$type<Readonly<Record<string, { min?: number; max?: number }>>>()
      .notNull()
      .default({}),
    isEnabled: boolean("is_enabled").notNull().default(true),
    /** Since when another account has its place. Attempts that it began are still asked about there. */
    replacedAt: instant("replaced_at"),
    /** The platform's fee: a share in basis points and a fixed part in minor units. */
    feeBasisPoints: integer("fee_basis_points").notNull().default(0),
    feeFixedMinor: minor("fee_fixed_minor").notNull().default(sql`0`),
    createdAt: instant("created_at").notNull().defaultNow(),
    updatedAt: instant("updated_at").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    foreignKey({ columns: [t.merchantId], foreignColumns: [merchants.id] }),
    uniqueIndex("rail_accounts_kind").on(t.merchantId, t.mode, t.kind).where(sql`replaced_at is null`),
    oneOf("rail_accounts_mode", t.mode, MODES),
    oneOf("rail_accounts_kind_known", t.kind, RAIL_ACCOUNT_KINDS),
    oneOf("rail_accounts_target", t.target, RAIL_TARGETS),
    check("rail_accounts_sandbox_is_test", sql`target = 'provider' or mode = 'test'`),
    tenantPolicy("rail_accounts"),
  ],
);

/** Where a merchant is called back. The default one is set through the merchant's profile. */
export const callbackEndpoints = pgTable(
  "callback_endpoints",
  {
    ...tenantColumns(),
    id: text("id").$type<EndpointId>().notNull(),
    url: text("url").notNull(),
    description: text("description"),
    isDefault: boolean("is_default").notNull().default(false),
    isEnabled: boolean("is_enabled").notNull().default(true),
    /** What it is called about; null: everything that is called back. */
    eventTypes: text("event_types").array().$type<EventType[]>(),
    /** Standard Webhooks secret, sealed; null: the mode's own. */
    secret: bytes("secret"),
    previousSecret: bytes("previous_secret"),
    previousSecretExpiresAt: instant("previous_secret_expires_at"),
    /** Since when it has taken nothing; null while it takes callbacks, or was never called. */
    failingSince: instant("failing_since"),
    /** To the minute; null where failingSince is. */
    lastFailedAt: instant("last_failed_at"),
    failingNoticeAt: instant("failing_notice_at"),
    lastDeliveredAt: instant("last_delivered_at"),
    /** Slow tries less quick ones, within bounds (see lib/domain/endpoint.ts). */
    slowTries: integer("slow_tries").notNull().default(0),
    disabledAt: instant("disabled_at"),
    disabledReason: text("disabled_reason"),
    deletedAt: instant("deleted_at"),
    version: integer("version").notNull().default(1),
    createdAt: writtenAt("created_at"),
    updatedAt: writtenAt("updated_at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    foreignKey({ columns: [t.merchantId], foreignColumns: [merchants.id] }),
    uniqueIndex("callback_endpoints_default").on(t.merchantId, t.mode).where(sql`is_default`),
    oneOf("callback_endpoints_mode", t.mode, MODES),
    tenantPolicy("callback_endpoints"),
  ],
);
