// Reading settlement files: what their lines were matched with, and what they leave out.

import {
  findSettlementFile,
  type LineSum,
  listFileRows,
  listLineRows,
  type SettlementFile,
  type SettlementLine,
  sumLines,
} from "#db/queries/settlements/files.ts";
import { listMissingRows, type MissingRow } from "#db/queries/settlements/subjects.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { SettlementFileId } from "#lib/domain/ids.ts";
import type { SettlementLineState } from "#lib/domain/settlement.ts";
import { look, requirePermission, type ServiceContext, type TxContext } from "../context.ts";
import { decodeCursor, type Page, toPage } from "../cursor.ts";
import { readTimeZone } from "../reports/time-zone.ts";

/**
 * One page of files, newest first.
 *
 * @throws permission_denied  the caller may not see balances
 * @throws invalid_request    the cursor is not ours
 */
export async function listSettlementFiles(
  ctx: ServiceContext,
  { cursor, limit }: { readonly cursor: string | null; readonly limit: number },
): Promise<Page<SettlementFile>> {
  requirePermission(ctx, "balances.read");
  const after = cursor === null ? null : decodeCursor(cursor);
  return await look(ctx, async ({ tx, tenant }) =>
    toPage(await listFileRows(tx, tenant, after, limit + 1), limit),
  );
}

export interface SettlementFileDetail {
  readonly file: SettlementFile;
  /** All lines together, by what became of them. Amounts: minor units. */
  readonly sums: readonly LineSum[];
  /** What ended on the days of the file at its account, is settled by no file, and is not in this one. */
  readonly missing: readonly MissingRow[];
  /** True where more is missing than is listed. */
  readonly isMissingCut: boolean;
}

const MISSING_MAX = 500;

/**
 * @throws permission_denied  the caller may not see balances
 * @throws not_found
 */
export async function getSettlementFile(
  ctx: ServiceContext,
  id: SettlementFileId,
): Promise<SettlementFileDetail> {
  requirePermission(ctx, "balances.read");
  return await look(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    const file = await requireFile(inTx, id);
    const missing = await listMissingRows(tx, tenant, file, await readTimeZone(inTx), MISSING_MAX + 1);
    return {
      file,
      sums: await sumLines(tx, tenant, id),
      missing: missing.slice(0, MISSING_MAX),
      isMissingCut: missing.length > MISSING_MAX,
    };
  });
}

export interface ListLinesInput {
  readonly fileId: SettlementFileId;
  /** Null: all of them. */
  readonly states: readonly SettlementLineState[] | null;
  /** The last number of the page before; 0 to begin. */
  readonly afterNumber: number;
  /** 1 to 100. */
  readonly limit: number;
}

/**
 * Lines in the order of the file.
 *
 * @throws permission_denied  the caller may not see balances
 * @throws not_found
 */
export async function listSettlementLines(
  ctx: ServiceContext,
  { fileId, states, afterNumber, limit }: ListLinesInput,
): Promise<{ readonly items: readonly SettlementLine[]; readonly nextNumber: number | null }> {
  requirePermission(ctx, "balances.read");
  return await look(ctx, async (inTx) => {
    await requireFile(inTx, fileId);
    const filter = { afterNumber, ...(states === null ? {} : { states }) };
    const rows = await listLineRows(inTx.tx, inTx.tenant, fileId, filter, limit + 1);
    const items = rows.slice(0, limit);
    return { items, nextNumber: rows.length > limit ? (items.at(-1)?.number ?? null) : null };
  });
}

async function requireFile({ tx, tenant }: TxContext, id: SettlementFileId): Promise<SettlementFile> {
  const file = await findSettlementFile(tx, tenant, id);
  if (file === null || file.mode !== tenant.mode) {
    throw new ServiceError("not_found", "There is no such settlement file.");
  }
  return file;
}
