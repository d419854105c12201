// A file is taken in: read, kept sealed row by row, and checked once its columns are known.

import { createHash } from "node:crypto";
import { setImmediate as letOthersRun } from "node:timers/promises";
import {
  findLastImportOf,
  type Import,
  insertImport,
  insertImportRows,
  type NewImportRow,
} from "#db/queries/imports.ts";
import { parseCsv } from "#lib/csv/parse.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import {
  EMPTY_SUMMARY,
  IMPORT_BYTES_MAX,
  IMPORT_COLUMNS_MAX,
  IMPORT_ROWS_MAX,
  type ImportMapping,
  isSameMapping,
  proposeMapping,
  requireMapping,
} from "#lib/domain/import.ts";
import { newId, requirePermission, type ServiceContext, type TxContext, transact } from "../context.ts";
import { applyMapping } from "./map.ts";
import { sealCells } from "./rows.ts";

export interface CreateImportInput {
  readonly fileName: string;
  /** CSV in UTF-8, at most IMPORT_BYTES_MAX. */
  readonly bytes: Uint8Array;
  /** Null: one is proposed, and the import waits for it to be confirmed. */
  readonly mapping: ImportMapping | null;
  /** For amounts without a currency of their own in what is proposed; null: none is proposed. */
  readonly currency: string | null;
  /** True: import the same file once more, where the last time was started. */
  readonly again: boolean;
}

export interface CreatedImport {
  readonly import: Import;
  /** True where this file was uploaded before, and nothing was made. */
  readonly isRepeat: boolean;
}

const FILE_NAME_MAX = 200;
const ROWS_A_STATEMENT = 2_000;
const SEALED_AT_ONCE = 500;
const SAMPLE_ROWS = 20;

/**
 * Takes a file in. With a mapping its rows are checked by a job; nothing is made before `startImport`. The same file
 * of the same merchant and mode is the same import, however often it is uploaded: a new mapping takes effect as long
 * as nothing was made.
 *
 * @throws permission_denied      the caller may not make invoices
 * @throws import_file_invalid    too large, not CSV in UTF-8, no header, too many rows
 * @throws import_mapping_invalid
 * @throws import_state_conflict  the file was started with another mapping: say `again` to import it once more
 */
export async function createImport(ctx: ServiceContext, input: CreateImportInput): Promise<CreatedImport> {
  requirePermission(ctx, "invoices.create");
  if (input.bytes.byteLength > IMPORT_BYTES_MAX) {
    throw new ServiceError("import_file_invalid", `The file has more than ${IMPORT_BYTES_MAX} bytes.`, {
      pointer: "/file",
    });
  }
  const contentHash = createHash("sha256").update(input.bytes).digest();
  const earlier = await transact(ctx, (inTx) => findEarlier(inTx, contentHash, input));
  if (earlier !== null) return earlier;
  const file = await parseCsv(input.bytes, { rowsMax: IMPORT_ROWS_MAX, columnsMax: IMPORT_COLUMNS_MAX });
  const { header, rows, separator } = file;
  const sample = rows.slice(0, SAMPLE_ROWS).map(({ cells }) => cells);
  const proposal = proposeMapping(header, sample, input.currency);
  const mapping = input.mapping === null ? null : requireMapping(input.mapping, header);
  const id = newId(ctx, "import");
  const sealed: NewImportRow[] = [];
  for (const [index, { line, cells }] of rows.entries()) {
    const place = { merchantId: ctx.tenant.merchantId, importId: id, rowNumber: index + 1 };
    sealed.push({ line, cells: sealCells(ctx.vault, place, cells) });
    if (index % SEALED_AT_ONCE === 0) await letOthersRun();
  }
  return await transact(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    const last = await findLastImportOf(tx, tenant, contentHash);
    const made = await insertImport(tx, tenant, {
      id,
      state: "uploaded",
      fileName: cleanName(input.fileName),
      contentHash,
      run: input.again && last !== null && last.startedAt !== null ? last.run + 1 : 1,
      separator,
      header: [...header],
      proposal,
      totalRows: rows.length,
      summary: EMPTY_SUMMARY,
    });
    if (made === null) return await requireEarlier(inTx, contentHash, input);
    for (let start = 0; start < sealed.length; start += ROWS_A_STATEMENT) {
      await insertImportRows(tx, tenant, id, start + 1, sealed.slice(start, start + ROWS_A_STATEMENT));
    }
    const ready = mapping === null ? made : await applyMapping(inTx, made, mapping);
    return { import: ready, isRepeat: false };
  });
}

/** The import that this upload repeats, with the mapping that was given now; null where there is none. */
async function findEarlier(
  ctx: TxContext,
  contentHash: Uint8Array,
  { mapping, again }: CreateImportInput,
): Promise<CreatedImport | null> {
  const last = await findLastImportOf(ctx.tx, ctx.tenant, contentHash);
  if (last === null || (again && last.startedAt !== null)) return null;
  if (mapping === null) return { import: last, isRepeat: true };
  const wanted = requireMapping(mapping, last.header);
  const isSame = last.mapping !== null && isSameMapping(last.mapping, wanted);
  if (isSame && last.state !== "cancelled") return { import: last, isRepeat: true };
  if (isSame && last.startedAt !== null) return { import: last, isRepeat: true };
  if (last.startedAt !== null) {
    throw new ServiceError(
      "import_state_conflict",
      "This file was imported before with other columns: say that it is to be imported again.",
      { pointer: "/again" },
    );
  }
  return { import: await applyMapping(ctx, last, wanted), isRepeat: true };
}

/** A twin of this upload was faster. */
async function requireEarlier(
  ctx: TxContext,
  contentHash: Uint8Array,
  input: CreateImportInput,
): Promise<CreatedImport> {
  const earlier = await findEarlier(ctx, contentHash, { ...input, again: false });
  if (earlier === null) throw new Error("An import that was there is gone.");
  return earlier;
}

/** For people to know it by; only what can be shown. */
function cleanName(name: string): string {
  const shown = name
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "")
    .trim();
  return shown.slice(0, FILE_NAME_MAX) || "import.csv";
}
