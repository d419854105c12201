// Imports of invoices from files, and what became of each row.

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
import type { ImportId, InvoiceId } from "#lib/domain/ids.ts";
import {
  IMPORT_ROW_STATES,
  IMPORT_STATES,
  type ImportMapping,
  type ImportSummary,
  type RowFault,
} from "#lib/domain/import.ts";
import { MODES } from "#lib/domain/tenant.ts";
import { bytes, instant, oneOf, tenantColumns, tenantPolicy, writtenAt } from "./columns.ts";
import { invoices } from "./invoices.ts";

export const imports = pgTable(
  "imports",
  {
    ...tenantColumns(),
    id: text("id").$type<ImportId>().notNull(),
    state: text("state", { enum: IMPORT_STATES }).notNull(),
    /** Grows with every change of mapping or state, so that nobody starts what another has changed. */
    version: integer("version").notNull().default(1),
    fileName: text("file_name").notNull(),
    /** SHA-256 of the file. */
    contentHash: bytes("content_hash").notNull(),
    /** 1 for the first import of a file, and one more each time that it is meant to be imported again. */
    run: integer("run").notNull().default(1),
    separator: text("separator").notNull(),
    header: text("header").array().notNull(),
    /** What the names of the columns suggest. */
    proposal: jsonb("proposal").$type<ImportMapping>().notNull(),
    mapping: jsonb("mapping").$type<ImportMapping>(),
    totalRows: integer("total_rows").notNull(),
    /** Rows up to this number are checked with this mapping. */
    checkedRows: integer("checked_rows").notNull().default(0),
    validRows: integer("valid_rows").notNull().default(0),
    invalidRows: integer("invalid_rows").notNull().default(0),
    /** Rows whose reference stands in a row before. */
    repeatedRows: integer("repeated_rows").notNull().default(0),
    doneRows: integer("done_rows").notNull().default(0),
    refusedRows: integer("refused_rows").notNull().default(0),
    summary: jsonb("summary").$type<ImportSummary>().notNull(),
    startedAt: instant("started_at"),
    completedAt: instant("completed_at"),
    createdAt: writtenAt("created_at"),
    updatedAt: writtenAt("updated_at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    // The same file is the same import, however often and however fast it is sent.
    uniqueIndex("imports_once").on(t.merchantId, t.mode, t.contentHash, t.run),
    index("imports_newest").on(t.merchantId, t.mode, t.createdAt, t.id),
    check("imports_counts", sql`done_rows + refused_rows <= valid_rows and checked_rows <= total_rows`),
    oneOf("imports_state_known", t.state, IMPORT_STATES),
    oneOf("imports_mode", t.mode, MODES),
    tenantPolicy("imports"),
  ],
);

export const importRows = pgTable(
  "import_rows",
  {
    ...tenantColumns(),
    importId: text("import_id").$type<ImportId>().notNull(),
    /** 1, 2, 3, … below the header, without empty ones. */
    rowNumber: integer("row_number").notNull(),
    /** Where it ends in the file. */
    line: integer("line").notNull(),
    state: text("state", { enum: IMPORT_ROW_STATES }).notNull(),
    /** As they stood in the file, sealed; forgotten once they are of no more use. */
    cells: bytes("cells"),
    faults: jsonb("faults").$type<readonly RowFault[]>().notNull().default([]),
    merchantReference: text("merchant_reference"),
    /** The first row with the same reference. */
    repeatsRow: integer("repeats_row"),
    invoiceId: text("invoice_id").$type<InvoiceId>(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.importId, t.rowNumber] }),
    foreignKey({ columns: [t.merchantId, t.importId], foreignColumns: [imports.merchantId, imports.id] }),
    foreignKey({ columns: [t.merchantId, t.invoiceId], foreignColumns: [invoices.merchantId, invoices.id] }),
    // What waits to be made; all else is read in the order of the file.
    index("import_rows_waiting").on(t.merchantId, t.importId, t.rowNumber).where(sql`state = 'valid'`),
    uniqueIndex("import_rows_invoice").on(t.merchantId, t.invoiceId).where(sql`invoice_id is not null`),
    check("import_rows_done", sql`(state = 'done') = (invoice_id is not null)`),
    oneOf("import_rows_state_known", t.state, IMPORT_ROW_STATES),
    oneOf("import_rows_mode", t.mode, MODES),
    tenantPolicy("import_rows"),
  ],
);
