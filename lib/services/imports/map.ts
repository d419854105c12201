// Which column is which field, as a person confirms it; then every row is checked.

import { type Import, lockImport, updateImport } from "#db/queries/imports.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { ImportId } from "#lib/domain/ids.ts";
import { EMPTY_SUMMARY, type ImportMapping, requireMapping } from "#lib/domain/import.ts";
import { requirePermission, type ServiceContext, type TxContext, transact } from "../context.ts";

/**
 * Confirms or changes the mapping of an import of which nothing was made, and has its rows checked anew.
 *
 * @throws permission_denied       the caller may not make invoices
 * @throws import_not_found        also for another merchant's or the other mode's
 * @throws import_mapping_invalid
 * @throws import_state_conflict   it was started
 */
export async function mapImport(ctx: ServiceContext, id: ImportId, mapping: ImportMapping): Promise<Import> {
  requirePermission(ctx, "invoices.create");
  return await transact(ctx, async (inTx) => {
    const found = await requireImportLocked(inTx, id);
    return await applyMapping(inTx, found, requireMapping(mapping, found.header));
  });
}

/**
 * Sets a mapping that fits, and writes the job that checks by it.
 *
 * @throws import_state_conflict  it was started
 */
export async function applyMapping(ctx: TxContext, { id }: Import, mapping: ImportMapping): Promise<Import> {
  const { tx, tenant } = ctx;
  const current = await requireImportLocked(ctx, id);
  if (current.startedAt !== null) {
    throw new ServiceError("import_state_conflict", "The import was started, and its columns stay.");
  }
  const mapped = await updateImport(tx, tenant, id, {
    state: "checking",
    version: current.version + 1,
    mapping,
    checkedRows: 0,
    validRows: 0,
    invalidRows: 0,
    repeatedRows: 0,
    summary: EMPTY_SUMMARY,
  });
  await ctx.queue.enqueue(tx, "import.check", { ...tenant, importId: id });
  return mapped;
}

export function importNotFound(): ServiceError {
  return new ServiceError("import_not_found", "There is no such import.");
}

/**
 * @throws import_not_found
 */
export async function requireImportLocked(ctx: TxContext, id: ImportId): Promise<Import> {
  const found = await lockImport(ctx.tx, ctx.tenant, id);
  if (found === null) throw importNotFound();
  return found;
}
