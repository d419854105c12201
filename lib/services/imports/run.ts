// Good rows become invoices, each exactly once: the row's state, its invoice and its SMS are one transaction.

import { isRetryable, isUnavailable } from "#db/errors.ts";
import {
  finishRow,
  forgetCells,
  type ImportRow,
  inSavepoint,
  listRowsToMake,
  lockImport,
  refuseRow,
  updateImport,
} from "#db/queries/imports.ts";
import { loadProfile } from "#db/queries/merchants.ts";
import { patientQueue } from "#db/queue.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { ImportId } from "#lib/domain/ids.ts";
import type { RowFault } from "#lib/domain/import.ts";
import type { ServiceContext, TxContext } from "../context.ts";
import { createInvoice } from "../invoices/create.ts";
import { type RowReader, readRow } from "./read-row.ts";
import { faultOf, openCells, readerOf } from "./rows.ts";
import { workInSlices } from "./slices.ts";

/** Counters of messages to these numbers are locked until the batch is committed: it is over in a moment. */
const ROWS_A_BATCH = 20;

/**
 * The job: makes invoices of what is good and not made. What it causes (messages, callbacks) is done after what
 * others wait for. Rows that are refused by then, by a cap or a changed setting, are noted with the reason.
 */
export async function runImport(ctx: ServiceContext, id: ImportId): Promise<void> {
  const patient = { ...ctx, queue: patientQueue(ctx.queue) };
  await workInSlices(ctx, "import.run", id, (inTx) => runBatch({ ...patient, tx: inTx.tx }, id));
}

async function runBatch(ctx: TxContext, id: ImportId): Promise<{ readonly isMore: boolean }> {
  const { tx, tenant } = ctx;
  const found = await lockImport(tx, tenant, id);
  if (found === null || found.state !== "running") return { isMore: false };
  const reader = readerOf(found, await loadProfile(tx, tenant));
  const rows = await listRowsToMake(tx, tenant, id, ROWS_A_BATCH);
  let done = 0;
  for (const row of rows) if (await makeRow(ctx, reader, row)) done += 1;
  const isLast = rows.length < ROWS_A_BATCH;
  if (isLast) await forgetCells(tx, tenant, id);
  await updateImport(tx, tenant, id, {
    doneRows: found.doneRows + done,
    refusedRows: found.refusedRows + rows.length - done,
    ...(isLast ? { state: "done", version: found.version + 1, completedAt: tx.now } : {}),
  });
  return { isMore: !isLast };
}

/** True where the row has its invoice; else it is noted why not, and nothing of it stays. */
async function makeRow(ctx: TxContext, reader: RowReader, row: ImportRow): Promise<boolean> {
  const { tx, tenant } = ctx;
  const { importId, rowNumber } = row;
  const { input, faults } = readRow(openCells(ctx.vault, row), reader);
  if (input === null) {
    await refuseRow(tx, tenant, importId, rowNumber, faults);
    return false;
  }
  try {
    await inSavepoint(tx, async () => {
      const { invoice } = await createInvoice(ctx, input);
      await finishRow(tx, tenant, importId, rowNumber, invoice.id);
    });
    return true;
  } catch (error) {
    // What the whole batch suffers from is tried again with it.
    if (isRetryable(error) || isUnavailable(error)) throw error;
    await refuseRow(tx, tenant, importId, rowNumber, [toFault(ctx, row, error)]);
    return false;
  }
}

/** One row that meets a defect of ours must not hold up all that come after it. */
function toFault(ctx: TxContext, { importId, rowNumber }: ImportRow, error: unknown): RowFault {
  if (error instanceof ServiceError) return faultOf(error);
  ctx.log.error("import.row_failed", { importId, rowNumber, error });
  return {
    field: "row",
    code: "internal_error",
    message: "The invoice could not be made. It was noted for us.",
  };
}
