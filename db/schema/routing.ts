// Look-ups that come before the tenant is known. These tables have no row-level security: they hold hashes
// and ids only, and are read through db/queries/routing alone.

import { date, index, integer, pgTable, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core";
import type { ApiKeyId, InvoiceId, RailAccountId } from "#lib/domain/ids.ts";
import { SCOPES } from "#lib/domain/tenant.ts";
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
