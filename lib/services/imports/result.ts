// What became of each row, as a file: for whoever keeps the list that was imported.

import { findImport, listResultRows, type ResultRow } from "#db/queries/imports.ts";
import { CSV_START, csvLine, plainCell, textCell } from "#lib/domain/csv.ts";
import type { ImportId } from "#lib/domain/ids.ts";
import type { RowFault } from "#lib/domain/import.ts";
import { look, requirePermission, type ServiceContext } from "../context.ts";
import type { CsvDownload } from "../csv-download.ts";
import { payUrl } from "../urls.ts";
import { importNotFound } from "./map.ts";

const ROWS_A_PAGE = 1_000;
const HEADER = [
  ...["row", "line", "status", "merchant_reference", "invoice_id", "pay_url"],
  ...["error_field", "error_code", "error", "warning"],
];

/**
 * The result of an import as CSV, one line a row and in the order of the file: at any time, also while it runs.
 *
 * @throws permission_denied  the caller may not make invoices
 * @throws import_not_found   also for another merchant's or the other mode's
 */
export async function openImportResult(ctx: ServiceContext, id: ImportId): Promise<CsvDownload> {
  requirePermission(ctx, "invoices.create");
  const found = await look(ctx, ({ tx, tenant }) => findImport(tx, tenant, id));
  if (found === null) throw importNotFound();
  return { fileName: `${id}-result.csv`, chunks: writeResult(ctx, id) };
}

async function* writeResult(ctx: ServiceContext, id: ImportId): AsyncGenerator<string> {
  yield CSV_START + csvLine(HEADER);
  let afterRow = 0;
  for (;;) {
    const rows = await look(ctx, ({ tx, tenant }) => listResultRows(tx, tenant, id, afterRow, ROWS_A_PAGE));
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map((row) => csvLine(toCells(ctx, row))).join("");
    afterRow = last.rowNumber;
  }
}

function toCells(ctx: ServiceContext, row: ResultRow): string[] {
  const { invoiceId, link, repeatsRow } = row;
  const hasLink = invoiceId !== null && link !== null;
  const each = (read: (fault: RowFault) => string) => row.faults.map(read).join(" ");
  return [
    plainCell(row.rowNumber),
    plainCell(row.line),
    plainCell(row.state),
    textCell(row.merchantReference),
    plainCell(invoiceId),
    textCell(hasLink ? payUrl(ctx, { id: invoiceId, ...link }) : null),
    textCell(each(({ field }) => field)),
    textCell(each(({ code }) => code)),
    textCell(each(({ message }) => message)),
    textCell(repeatsRow === null ? null : `The reference stands in row ${repeatsRow} too.`),
  ];
}
