// What rails report to have settled: files, and their lines.

import { sql } from "drizzle-orm";
import {
  check,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import type { PaymentId, RailAccountId, SettlementFileId } from "#lib/domain/ids.ts";
import { SETTLEMENT_KINDS, SETTLEMENT_LINE_STATES, SETTLEMENT_PROBLEMS } from "#lib/domain/settlement.ts";
import { MODES } from "#lib/domain/tenant.ts";
import { bytes, instant, minor, oneOf, tenantColumns, tenantPolicy, writtenAt } from "./columns.ts";
import { railAccounts } from "./merchants.ts";

export const settlementFiles = pgTable(
  "settlement_files",
  {
    ...tenantColumns(),
    id: text("id").$type<SettlementFileId>().notNull(),
    railAccountId: text("rail_account_id").$type<RailAccountId>().notNull(),
    name: text("name").notNull(),
    /** SHA-256 of the file and of how its columns are read. */
    digest: bytes("digest").notNull(),
    lineCount: integer("line_count").notNull(),
    uploadedBy: text("uploaded_by").notNull(),
    confirmedBy: text("confirmed_by"),
    /** When a person first said that it may be posted. */
    confirmedAt: instant("confirmed_at"),
    createdAt: writtenAt("created_at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    foreignKey({
      columns: [t.merchantId, t.railAccountId],
      foreignColumns: [railAccounts.merchantId, railAccounts.id],
    }),
    uniqueIndex("settlement_files_once").on(t.merchantId, t.railAccountId, t.digest),
    index("settlement_files_newest").on(t.merchantId, t.mode, t.createdAt, t.id),
    check("settlement_files_confirmed", sql`(confirmed_at is null) = (confirmed_by is null)`),
    oneOf("settlement_files_mode", t.mode, MODES),
    tenantPolicy("settlement_files"),
  ],
);

export const settlementLines = pgTable(
  "settlement_lines",
  {
    ...tenantColumns(),
    fileId: text("file_id").$type<SettlementFileId>().notNull(),
    /** The line of the file, counted from 1; the header is the first. */
    number: integer("number").notNull(),
    state: text("state", { enum: SETTLEMENT_LINE_STATES }).notNull(),
    /** Why it is `refused`, and the column at fault; or why it is `different`. */
    problem: text("problem", { enum: SETTLEMENT_PROBLEMS }),
    field: text("field"),
    /** What the line says; null where it could not be read. */
    reference: text("reference"),
    kind: text("kind", { enum: SETTLEMENT_KINDS }),
    amountMinor: minor("amount_minor"),
    currency: text("currency"),
    feeMinor: minor("fee_minor"),
    /** The day as the file gives it (YYYY-MM-DD). */
    day: text("day"),
    /** What it was matched with: the payment, refund or dispute, and the payment that it belongs to. */
    paymentId: text("payment_id").$type<PaymentId>(),
    subjectId: text("subject_id"),
    /** What moved from pending to available, in minor units; negative where it went the other way. */
    settledMinor: minor("settled_minor"),
    settledAt: instant("settled_at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.fileId, t.number] }),
    foreignKey({
      columns: [t.merchantId, t.fileId],
      foreignColumns: [settlementFiles.merchantId, settlementFiles.id],
    }),
    // A payment, refund or dispute is settled once a kind, whatever files say.
    uniqueIndex("settlement_lines_once").on(t.merchantId, t.subjectId, t.kind).where(sql`state = 'settled'`),
    index("settlement_lines_subject").on(t.merchantId, t.subjectId),
    index("settlement_lines_state").on(t.merchantId, t.fileId, t.state, t.number),
    check(
      "settlement_lines_settled",
      sql`(state = 'settled') = (settled_at is not null) and (settled_at is null) = (settled_minor is null)`,
    ),
    oneOf("settlement_lines_state_known", t.state, SETTLEMENT_LINE_STATES),
    oneOf("settlement_lines_mode", t.mode, MODES),
    tenantPolicy("settlement_lines"),
  ],
);
