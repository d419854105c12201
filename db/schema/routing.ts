// Look-ups that come before the tenant is known. These tables have no row-level security: they hold hashes
// and ids only, and are read through db/queries/routing alone.

import {
  bigint,
  date,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import type { ApiKeyId, InvoiceId, MerchantId, RailAccountId } from "#lib/domain/ids.ts";
import { SCOPES } from "#lib/domain/tenant.ts";
import type { ClockJump } from "#lib/domain/test-clock.ts";
import { bytes, instant, tenantColumns } from "./columns.ts";

/** SHA-256 of a link token to its invoice. */
export const linkRoutes = pgTable("link_routes", {
  tokenHash: bytes("token_hash").primaryKey(),
  ...tenantColumns(),
  invoiceId: text("invoice_id").$type<InvoiceId>().notNull(),
});

/** SHA-256 of an API key to its owner and what it opens: one read authenticates a request. */
export const apiKeyRoutes = pgTable(
  "api_key_routes",
  {
    keyHash: bytes("key_hash").primaryKey(),
    ...tenantColumns(),
    apiKeyId: text("api_key_id").$type<ApiKeyId>().notNull(),
    scopes: text("scopes", { enum: SCOPES }).array().notNull(),
    /** Addresses and networks that it may be used from; null: any. */
    allowedNetworks: text("allowed_networks").array(),
    expiresAt: instant("expires_at"),
    revokedAt: instant("revoked_at"),
    /** To the minute. */
    lastUsedAt: instant("last_used_at"),
  },
  (t) => [uniqueIndex("api_key_routes_key").on(t.merchantId, t.apiKeyId)],
);

/** The account a rail's notification names in its address. */
export const railAccountRoutes = pgTable("rail_account_routes", {
  railAccountId: text("rail_account_id").$type<RailAccountId>().primaryKey(),
  ...tenantColumns(),
});

/** When which invoice runs out; the sweeper takes rows that are due. */
export const invoiceDeadlines = pgTable(
  "invoice_deadlines",
  {
    ...tenantColumns(),
    invoiceId: text("invoice_id").$type<InvoiceId>().notNull(),
    dueAt: instant("due_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.merchantId, t.invoiceId] }), index("invoice_deadlines_due").on(t.dueAt)],
);

/** Messages per number and day (UTC), counted per merchant and across all merchants. */
export const smsCounters = pgTable(
  "sms_counters",
  {
    phoneHash: bytes("phone_hash").notNull(),
    day: date("day").notNull(),
    /** A merchant's id with its mode, or `all`. */
    scope: text("scope").notNull(),
    count: integer("count").notNull(),
  },
  (t) => [primaryKey({ columns: [t.phoneHash, t.day, t.scope] }), index("sms_counters_day").on(t.day)],
);

/** How far the clock of a merchant's test mode is ahead of the database's. */
export const testClocks = pgTable("test_clocks", {
  merchantId: text("merchant_id").$type<MerchantId>().primaryKey(),
  /** Milliseconds, never negative. */
  offsetMs: bigint("offset_ms", { mode: "number" }).notNull(),
  /** How it came there, oldest first: what rails must be told in their time is found by it. */
  jumps: jsonb("jumps").$type<readonly ClockJump[]>().notNull().default([]),
  updatedAt: instant("updated_at").notNull().defaultNow(),
});

/** Requests of a key in its current window; the rows are the limiter library's. */
export const rateLimits = pgTable(
  "rate_limits",
  {
    key: text("key").primaryKey(),
    points: integer("points").notNull().default(0),
    /** Milliseconds since 1970 (UTC). */
    expire: bigint("expire", { mode: "number" }),
  },
  (t) => [index("rate_limits_expire").on(t.expire)],
);
