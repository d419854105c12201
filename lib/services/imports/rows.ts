// The cells of rows, which are personal data: sealed as long as they are kept.

import type { Import, ImportRow } from "#db/queries/imports.ts";
import type { MerchantProfile } from "#db/queries/merchants.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { ImportId, MerchantId } from "#lib/domain/ids.ts";
import type { RowFault } from "#lib/domain/import.ts";
import type { Vault } from "#lib/domain/ports/vault.ts";
import { zoneClock } from "#lib/domain/zone.ts";
import type { ServiceDeps } from "../context.ts";
import type { RowReader } from "./read-row.ts";

interface RowPlace {
  readonly merchantId: MerchantId;
  readonly importId: ImportId;
  readonly rowNumber: number;
}

export function sealCells(vault: Vault, place: RowPlace, cells: readonly string[]): Uint8Array {
  return vault.seal(JSON.stringify(cells), contextOf(place));
}

/** The cast is safe: the value was sealed by sealCells, and opening authenticates it. */
export function openCells(vault: Vault, row: ImportRow): readonly string[] {
  if (row.cells === null) throw new Error(`The cells of row ${row.rowNumber} are forgotten.`);
  return JSON.parse(vault.open(row.cells, contextOf(row))) as string[];
}

function contextOf({ merchantId, importId, rowNumber }: RowPlace): string {
  return `import:${merchantId}:${importId}:${rowNumber}`;
}

/** How the rows of an import are read; it has a mapping by now. */
export function readerOf({ id, mapping, header }: Import, { merchant }: MerchantProfile): RowReader {
  if (mapping === null) throw new Error(`Import ${id} has no mapping.`);
  return { mapping, columnCount: header.length, clock: zoneClock(merchant.timeZone) };
}

const FIELDS: { readonly [pointer: string]: string } = { "/payer/phone": "phone" };

/**
 * What went wrong with a row. What a verb refuses names its field by its pointer; a defect of ours is logged, and
 * told of this one row, so that it holds up none of the others.
 */
export function faultOf({ log }: ServiceDeps, { importId, rowNumber }: RowPlace, error: unknown): RowFault {
  if (error instanceof ServiceError) {
    const { code, message, pointer } = error;
    const field = pointer === undefined ? "row" : (FIELDS[pointer] ?? pointer.slice(1));
    return { field, code, message };
  }
  log.error("import.row_failed", { importId, rowNumber, error });
  return { field: "row", code: "internal_error", message: "This row met a fault of ours, which was noted." };
}
