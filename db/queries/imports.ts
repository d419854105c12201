// Reading and writing imports and their rows.

import { and, asc, between, desc, eq, gt, inArray, isNotNull, sql } from "drizzle-orm";
import type { ImportId, InvoiceId } from "#lib/domain/ids.ts";
import type { ImportRowState, RowFault } from "#lib/domain/import.ts";
import type { Tenant } from "#lib/domain/tenant.ts";
import { importRows, imports } from "../schema/imports.ts";
import { invoices } from "../schema/invoices.ts";
import type { Tx } from "../transaction.ts";
import { comesAfter, newestFirst, type PagePlace } from "./newest-first.ts";

export type Import = typeof imports.$inferSelect;
export type ImportRow = typeof importRows.$inferSelect;

/** Inserts an import; null where another call has inserted the same one. */
export async function insertImport(
  tx: Tx,
  tenant: Tenant,
  input: Omit<typeof imports.$inferInsert, "merchantId" | "mode" | "createdAt" | "updatedAt">,
): Promise<Import | null> {
  const [row] = await tx.sql
    .insert(imports)
    .values({ ...tenant, ...input })
    .onConflictDoNothing({ target: [imports.merchantId, imports.mode, imports.contentHash, imports.run] })
    .returning();
  return row ?? null;
}

export interface NewImportRow {
  readonly line: number;
  /** Sealed. */
  readonly cells: Uint8Array;
}

/** Inserts rows that follow each other, from `firstNumber` on. */
export async function insertImportRows(
  tx: Tx,
  tenant: Tenant,
  importId: ImportId,
  firstNumber: number,
  rows: readonly NewImportRow[],
): Promise<void> {
  await tx.client.query(
    `insert into import_rows (merchant_id, mode, import_id, row_number, line, state, cells)
     select $1, $2, $3, $4::int + place - 1, line, 'new', cells
     from unnest($5::int[], $6::bytea[]) with ordinality as given (line, cells, place)`,
    [
      tenant.merchantId,
      tenant.mode,
      importId,
      firstNumber,
      rows.map(({ line }) => line),
      rows.map(({ cells }) => Buffer.from(cells)),
    ],
  );
}

/** The last import of a file with these bytes. */
export async function findLastImportOf(
  tx: Tx,
  tenant: Tenant,
  contentHash: Uint8Array,
): Promise<Import | null> {
  const [row] = await tx.sql
    .select()
    .from(imports)
    .where(
      and(
        eq(imports.merchantId, tenant.merchantId),
        eq(imports.mode, tenant.mode),
        eq(imports.contentHash, contentHash),
      ),
    )
    .orderBy(desc(imports.run))
    .limit(1);
  return row ?? null;
}

export async function findImport(tx: Tx, tenant: Tenant, id: ImportId): Promise<Import | null> {
  const [row] = await tx.sql.select().from(imports).where(byId(tenant, id));
  return row ?? null;
}

/** Reads and locks: whoever works on the rows of an import holds it, so that each row is worked on by one. */
export async function lockImport(tx: Tx, tenant: Tenant, id: ImportId): Promise<Import | null> {
  const [row] = await tx.sql.select().from(imports).where(byId(tenant, id)).for("update");
  return row ?? null;
}

/** Changes an import. The caller holds its lock. */
export async function updateImport(
  tx: Tx,
  tenant: Tenant,
  id: ImportId,
  changes: Partial<Omit<typeof imports.$inferInsert, "merchantId" | "mode" | "id">>,
): Promise<Import> {
  const [row] = await tx.sql
    .update(imports)
    .set({ ...changes, updatedAt: tx.now })
    .where(byId(tenant, id))
    .returning();
  if (row === undefined) throw new Error("A locked import disappeared.");
  return row;
}

/** One page, newest first. */
export async function listImports(
  tx: Tx,
  tenant: Tenant,
  after: PagePlace | undefined,
  limit: number,
): Promise<Import[]> {
  return await tx.sql
    .select()
    .from(imports)
    .where(
      and(
        eq(imports.merchantId, tenant.merchantId),
        eq(imports.mode, tenant.mode),
        comesAfter(imports.createdAt, imports.id, after),
      ),
    )
    .orderBy(...newestFirst(imports.createdAt, imports.id))
    .limit(limit);
}

export interface ImportRowFilter {
  readonly states?: readonly ImportRowState[];
  /** Only rows whose reference stands in a row before. */
  readonly isRepeated?: boolean;
  readonly afterRow: number;
}

/** Rows in the order of the file. */
export async function listImportRows(
  tx: Tx,
  tenant: Tenant,
  importId: ImportId,
  { states, isRepeated, afterRow }: ImportRowFilter,
  limit: number,
): Promise<ImportRow[]> {
  return await tx.sql
    .select()
    .from(importRows)
    .where(
      and(
        ofImport(tenant, importId),
        gt(importRows.rowNumber, afterRow),
        states === undefined ? undefined : inArray(importRows.state, [...states]),
        isRepeated === true ? isNotNull(importRows.repeatsRow) : undefined,
      ),
    )
    .orderBy(asc(importRows.rowNumber))
    .limit(limit);
}

export interface CheckedRow {
  readonly rowNumber: number;
  readonly state: "valid" | "invalid";
  readonly faults: readonly RowFault[];
  readonly merchantReference: string | null;
}

/** Writes what the check found, for many rows in one statement. */
export async function writeCheckedRows(
  tx: Tx,
  tenant: Tenant,
  importId: ImportId,
  rows: readonly CheckedRow[],
): Promise<void> {
  await tx.client.query(
    `update import_rows as r
     set state = found.state, faults = found.faults, merchant_reference = found.reference, repeats_row = null
     from unnest($3::int[], $4::text[], $5::jsonb[], $6::text[]) as found (row_number, state, faults, reference)
     where r.merchant_id = $1 and r.import_id = $2 and r.row_number = found.row_number`,
    [
      tenant.merchantId,
      importId,
      rows.map(({ rowNumber }) => rowNumber),
      rows.map(({ state }) => state),
      rows.map(({ faults }) => JSON.stringify(faults)),
      rows.map(({ merchantReference }) => merchantReference),
    ],
  );
}

/** Notes which rows have the reference of a row before, and returns how many. */
export async function markRepeatedRows(tx: Tx, tenant: Tenant, importId: ImportId): Promise<number> {
  const { rows } = await tx.client.query<{ row: number; first: number }>(
    `select row_number as row, first_row as first from (
       select row_number, min(row_number) over (partition by merchant_reference) as first_row
       from import_rows where merchant_id = $1 and import_id = $2 and merchant_reference is not null
     ) as firsts where first_row < row_number`,
    [tenant.merchantId, importId],
  );
  // Row by row through the key: joined in one statement, the planner has no idea how many there are.
  for (let start = 0; start < rows.length; start += ROWS_A_STATEMENT) {
    const some = rows.slice(start, start + ROWS_A_STATEMENT);
    await tx.client.query(
      `update import_rows as r set repeats_row = repeated.first
       from unnest($3::int[], $4::int[]) as repeated (row, first)
       where r.merchant_id = $1 and r.import_id = $2 and r.row_number = repeated.row`,
      [tenant.merchantId, importId, some.map(({ row }) => row), some.map(({ first }) => first)],
    );
  }
  return rows.length;
}

const ROWS_A_STATEMENT = 2_000;

/** Writes that a row has its invoice, and forgets its cells. */
export async function finishRow(
  tx: Tx,
  tenant: Tenant,
  importId: ImportId,
  rowNumber: number,
  invoiceId: InvoiceId,
): Promise<void> {
  const done = await tx.sql
    .update(importRows)
    .set({ state: "done", invoiceId, cells: null })
    .where(and(byRow(tenant, importId, rowNumber), eq(importRows.state, "valid")))
    .returning({ rowNumber: importRows.rowNumber });
  if (done.length !== 1) throw new Error(`Row ${rowNumber} was not there to be done.`);
}

/** Writes why a row was not made; false where it is not waiting to be made any more. */
export async function refuseRow(
  tx: Tx,
  tenant: Tenant,
  importId: ImportId,
  rowNumber: number,
  faults: readonly RowFault[],
): Promise<boolean> {
  const refused = await tx.sql
    .update(importRows)
    .set({ state: "refused", faults })
    .where(and(byRow(tenant, importId, rowNumber), eq(importRows.state, "valid")))
    .returning({ rowNumber: importRows.rowNumber });
  return refused.length > 0;
}

/** Forgets what stood in the file, where nothing more can come of it. */
export async function forgetCells(
  tx: Tx,
  tenant: Tenant,
  importId: ImportId,
  totalRows: number,
): Promise<void> {
  // Thousands of rows are too many for one statement's time.
  for (let first = 1; first <= totalRows; first += ROWS_A_STATEMENT) {
    await tx.sql
      .update(importRows)
      .set({ cells: null })
      .where(
        and(
          ofImport(tenant, importId),
          between(importRows.rowNumber, first, first + ROWS_A_STATEMENT - 1),
          isNotNull(importRows.cells),
        ),
      );
  }
}

export interface ResultRow
  extends Pick<
    ImportRow,
    "rowNumber" | "line" | "state" | "faults" | "merchantReference" | "repeatsRow" | "invoiceId"
  > {
  /** What its link is derived from; null where it has no invoice. */
  readonly link: { readonly linkCounter: number; readonly linkKeyId: number } | null;
}

/** Rows with their invoices' links, in the order of the file. */
export async function listResultRows(
  tx: Tx,
  tenant: Tenant,
  importId: ImportId,
  afterRow: number,
  limit: number,
): Promise<ResultRow[]> {
  return await tx.sql
    .select({
      rowNumber: importRows.rowNumber,
      line: importRows.line,
      state: importRows.state,
      faults: importRows.faults,
      merchantReference: importRows.merchantReference,
      repeatsRow: importRows.repeatsRow,
      invoiceId: importRows.invoiceId,
      link: { linkCounter: invoices.linkCounter, linkKeyId: invoices.linkKeyId },
    })
    .from(importRows)
    .leftJoin(
      invoices,
      and(eq(invoices.merchantId, importRows.merchantId), eq(invoices.id, importRows.invoiceId)),
    )
    .where(and(ofImport(tenant, importId), gt(importRows.rowNumber, afterRow)))
    .orderBy(asc(importRows.rowNumber))
    .limit(limit);
}

/** Rows from the first on that wait to be made. */
export async function listRowsToMake(
  tx: Tx,
  tenant: Tenant,
  importId: ImportId,
  limit: number,
): Promise<ImportRow[]> {
  return await tx.sql
    .select()
    .from(importRows)
    .where(and(ofImport(tenant, importId), sql`${importRows.state} = 'valid'`))
    .orderBy(asc(importRows.rowNumber))
    .limit(limit);
}

function byId(tenant: Tenant, id: ImportId) {
  return and(eq(imports.merchantId, tenant.merchantId), eq(imports.mode, tenant.mode), eq(imports.id, id));
}

function ofImport(tenant: Tenant, importId: ImportId) {
  return and(eq(importRows.merchantId, tenant.merchantId), eq(importRows.importId, importId));
}

function byRow(tenant: Tenant, importId: ImportId, rowNumber: number) {
  return and(ofImport(tenant, importId), eq(importRows.rowNumber, rowNumber));
}
