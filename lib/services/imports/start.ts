// A person starts an import, or stops it: what is made stays, and what is not made is not sent.

import { type Import, updateImport } from "#db/queries/imports.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { ImportId } from "#lib/domain/ids.ts";
import { requirePermission, type ServiceContext, transact } from "../context.ts";
import { recordAudit } from "../record-audit.ts";
import { requireImportLocked } from "./map.ts";

/**
 * Has the good rows of a checked import made into invoices, by a job. Rows that are not good are left out. One that
 * was cancelled goes on where it stopped. Repeating it changes nothing.
 *
 * @param version  what the caller has seen, so that nobody starts what another has changed since
 * @throws permission_denied      the caller may not make invoices
 * @throws import_not_found       also for another merchant's or the other mode's
 * @throws version_conflict       it has changed since that version
 * @throws import_state_conflict  it is not checked yet, or no row is good
 */
export async function startImport(ctx: ServiceContext, id: ImportId, version: number): Promise<Import> {
  requirePermission(ctx, "invoices.create");
  return await transact(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    const found = await requireImportLocked(inTx, id);
    if (found.state === "running" || found.state === "done") return found;
    if (found.version !== version) {
      throw new ServiceError("version_conflict", `The import is at version ${found.version} by now.`);
    }
    if (found.mapping === null || found.checkedRows < found.totalRows) {
      throw new ServiceError("import_state_conflict", "The rows are not checked yet.");
    }
    if (found.validRows === 0) throw new ServiceError("import_state_conflict", "No row of it can be made.");
    const started = await updateImport(tx, tenant, id, {
      state: "running",
      version: found.version + 1,
      startedAt: found.startedAt ?? tx.now,
    });
    await recordAudit(inTx, "import.started", id, {
      validRows: found.validRows,
      doneRows: found.doneRows,
      sums: found.summary.sums,
      smsParts: found.summary.smsParts,
    });
    await inTx.queue.enqueue(tx, "import.run", { ...tenant, importId: id });
    return started;
  });
}

/**
 * Stops an import. What is made stays; nothing more is made once this has answered. Repeating it changes nothing.
 *
 * @throws permission_denied      the caller may not make invoices
 * @throws import_not_found       also for another merchant's or the other mode's
 * @throws import_state_conflict  all of it is done
 */
export async function cancelImport(ctx: ServiceContext, id: ImportId): Promise<Import> {
  requirePermission(ctx, "invoices.create");
  return await transact(ctx, async (inTx) => {
    const found = await requireImportLocked(inTx, id);
    if (found.state === "cancelled") return found;
    if (found.state === "done") {
      throw new ServiceError("import_state_conflict", "The import is done: its invoices can be cancelled.");
    }
    await recordAudit(inTx, "import.cancelled", id, {
      validRows: found.validRows,
      doneRows: found.doneRows,
    });
    return await updateImport(inTx.tx, inTx.tenant, id, { state: "cancelled", version: found.version + 1 });
  });
}
