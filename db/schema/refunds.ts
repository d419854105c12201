// Money back to the payer, and what banks take back.

import { sql } from "drizzle-orm";
import {
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { DISPUTE_STATES } from "#lib/domain/dispute.ts";
import type { DisputeId, InvoiceId, PaymentId, RailAccountId, RefundId } from "#lib/domain/ids.ts";
import type { JsonValue } from "#lib/domain/ports/json.ts";
import { REFUND_FAILURE_CODES, REFUND_ORIGINS, REFUND_STATES } from "#lib/domain/refund.ts";
import { MODES } from "#lib/domain/tenant.ts";
import { instant, minor, oneOf, tenantColumns, tenantPolicy, writtenAt } from "./columns.ts";
import { railAccounts } from "./merchants.ts";
import { payments } from "./payments.ts";

export interface StoredRefundLine {
  readonly index: number;
  readonly quantity: number;
  readonly amountMinor: number;
}

export const refunds = pgTable(
  "refunds",
  {
    ...tenantColumns(),
    id: text("id").$type<RefundId>().notNull(),
    paymentId: text("payment_id").$type<PaymentId>().notNull(),
    invoiceId: text("invoice_id").$type<InvoiceId>().notNull(),
    railAccountId: text("rail_account_id").$type<RailAccountId>().notNull(),
    state: text("state", { enum: REFUND_STATES }).notNull(),
    version: integer("version").notNull().default(1),
    amountMinor: minor("amount_minor").notNull(),
    currency: text("currency").notNull(),
    origin: text("origin", { enum: REFUND_ORIGINS }).notNull(),
    reason: text("reason"),
    lines: jsonb("lines").$type<readonly StoredRefundLine[]>().notNull().default([]),
    railKey: text("rail_key").notNull(),
    railRequest: jsonb("rail_request").$type<JsonValue>().notNull(),
    railReference: text("rail_reference"),
    failureCode: text("failure_code", { enum: REFUND_FAILURE_CODES }),
    failureRailCode: text("failure_rail_code"),
    unknownSince: instant("unknown_since"),
    needsReviewAt: instant("needs_review_at"),
    reviewReason: text("review_reason"),
    submittedAt: instant("submitted_at"),
    pollCount: integer("poll_count").notNull().default(0),
    completedAt: instant("completed_at"),
    createdAt: writtenAt("created_at"),
    updatedAt: writtenAt("updated_at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    foreignKey({ columns: [t.merchantId, t.paymentId], foreignColumns: [payments.merchantId, payments.id] }),
    foreignKey({
      columns: [t.merchantId, t.railAccountId],
      foreignColumns: [railAccounts.merchantId, railAccounts.id],
    }),
    index("refunds_payment").on(t.merchantId, t.paymentId, t.createdAt),
    index("refunds_invoice").on(t.merchantId, t.invoiceId, t.createdAt),
    index("refunds_newest").on(t.merchantId, t.mode, t.createdAt, t.id),
    index("refunds_completed").on(t.merchantId, t.mode, t.completedAt).where(sql`completed_at is not null`),
    index("refunds_review").on(t.merchantId, t.mode, t.needsReviewAt).where(sql`needs_review_at is not null`),
    uniqueIndex("refunds_rail_key").on(t.merchantId, t.railAccountId, t.railKey),
    uniqueIndex("refunds_rail_reference")
      .on(t.merchantId, t.railAccountId, t.railReference)
      .where(sql`rail_reference is not null`),
    // One surplus is sent back once.
    uniqueIndex("refunds_one_surplus")
      .on(t.merchantId, t.paymentId)
      .where(sql`origin = 'surplus' and state <> 'failed'`),
    check("refunds_amount", sql`amount_minor between 1 and 99999999`),
    oneOf("refunds_state_known", t.state, REFUND_STATES),
    oneOf("refunds_origin", t.origin, REFUND_ORIGINS),
    oneOf("refunds_mode", t.mode, MODES),
    tenantPolicy("refunds"),
  ],
);

export const disputes = pgTable(
  "disputes",
  {
    ...tenantColumns(),
    id: text("id").$type<DisputeId>().notNull(),
    paymentId: text("payment_id").$type<PaymentId>().notNull(),
    invoiceId: text("invoice_id").$type<InvoiceId>().notNull(),
    railAccountId: text("rail_account_id").$type<RailAccountId>().notNull(),
    state: text("state", { enum: DISPUTE_STATES }).notNull(),
    version: integer("version").notNull().default(1),
    amountMinor: minor("amount_minor").notNull(),
    feeMinor: minor("fee_minor").notNull().default(sql`0`),
    currency: text("currency").notNull(),
    reason: text("reason").notNull(),
    railReference: text("rail_reference").notNull(),
    evidenceDueAt: instant("evidence_due_at"),
    openedAt: instant("opened_at"),
    completedAt: instant("completed_at"),
    createdAt: writtenAt("created_at"),
    updatedAt: writtenAt("updated_at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    foreignKey({ columns: [t.merchantId, t.paymentId], foreignColumns: [payments.merchantId, payments.id] }),
    uniqueIndex("disputes_rail_reference").on(t.merchantId, t.railAccountId, t.railReference),
    index("disputes_payment").on(t.merchantId, t.paymentId),
    index("disputes_newest").on(t.merchantId, t.mode, t.createdAt, t.id),
    index("disputes_unsettled").on(t.merchantId, t.mode, t.createdAt).where(sql`completed_at is null`),
    check("disputes_amount", sql`amount_minor between 1 and 99999999 and fee_minor >= 0`),
    oneOf("disputes_state_known", t.state, DISPUTE_STATES),
    oneOf("disputes_mode", t.mode, MODES),
    tenantPolicy("disputes"),
  ],
);
