// Reading imports: how far they are, and what is wrong with which row.

import {
  findImport,
  type Import,
  type ImportRow,
  listImports as listImportPage,
  listImportRows,
} from "#db/queries/imports.ts";
import type { ImportId } from "#lib/domain/ids.ts";
import type { ImportRowState } from "#lib/domain/import.ts";
import { look, requirePermission, type ServiceContext } from "../context.ts";
import { decodeCursor, type Page, toPage } from "../cursor.ts";
import { importNotFound } from "./map.ts";
import { openCells } from "./rows.ts";

const SAMPLE_ROWS = 5;

/** An import and the first rows of its file, as far as they are kept. */
export interface ImportDetail {
  readonly import: Import;
  readonly sample: readonly (readonly string[])[];
}

/**
 * @throws permission_denied  the caller may not make invoices
 * @throws import_not_found   also for another merchant's or the other mode's
 */
export async function getImport(ctx: ServiceContext, id: ImportId): Promise<ImportDetail> {
  requirePermission(ctx, "invoices.create");
  return await look(ctx, async ({ tx, tenant, vault }) => {
    const found = await findImport(tx, tenant, id);
    if (found === null) throw importNotFound();
    const rows = await listImportRows(tx, tenant, id, { afterRow: 0 }, SAMPLE_ROWS);
    const sample = rows.flatMap((row) => (row.cells === null ? [] : [openCells(vault, row)]));
    return { import: found, sample };
  });
}

/**
 * One page of imports, newest first.
 *
 * @throws permission_denied  the caller may not make invoices
 * @throws invalid_request    the cursor is not ours
 */
export async function listImports(
  ctx: ServiceContext,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
): Promise<Page<Import>> {
  requirePermission(ctx, "invoices.create");
  const after = cursor === null ? undefined : decodeCursor(cursor);
  return await look(ctx, async ({ tx, tenant }) =>
    toPage(await listImportPage(tx, tenant, after, limit + 1), limit),
  );
}

export interface ReadRowsInput {
  readonly states?: readonly ImportRowState[];
  /** True: only rows whose reference stands in a row before. */
  readonly isRepeated?: boolean;
  /** The last row of the page before; 0 for the first page. */
  readonly afterRow: number;
  /** 1 to 500. */
  readonly limit: number;
}

export type ImportRowView = Omit<ImportRow, "cells" | "merchantId" | "mode" | "importId">;

/**
 * Rows in the order of the file, with what is wrong with each.
 *
 * @throws permission_denied  the caller may not make invoices
 * @throws import_not_found   also for another merchant's or the other mode's
 */
export async function readImportRows(
  ctx: ServiceContext,
  id: ImportId,
  { limit, ...filter }: ReadRowsInput,
): Promise<readonly ImportRowView[]> {
  requirePermission(ctx, "invoices.create");
  return await look(ctx, async ({ tx, tenant }) => {
    if ((await findImport(tx, tenant, id)) === null) throw importNotFound();
    const rows = await listImportRows(tx, tenant, id, filter, limit);
    return rows.map(
      ({ cells: _cells, merchantId: _merchantId, mode: _mode, importId: _id, ...view }) => view,
    );
  });
}
