// Good rows become invoices, each exactly once: the row's state, its invoice and its SMS are one transaction.

import { isRetryable, isUnavailable } from "#db/errors.ts";
import {
  finishRow,
  forgetCells,
  type ImportRow,
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
import { type Batch, workInSlices } from "./slices.ts";

/** Counters of messages to these numbers are locked until the batch is committed: it is over in a moment. */
const ROWS_A_BATCH = 20;

/**
 * The job: makes invoices of what is good and not made. What it causes (messages, callbacks) is done after what
 * others wait for. Rows that are refused by then, by a cap or a changed setting, are noted with the reason.
 */
export async function runImport(ctx: ServiceContext, id: ImportId): Promise<void> {
  const batch: Batch = (inTx) => runBatch({ ...inTx, queue: patientQueue(inTx.queue) }, id);
  await workInSlices(ctx, "import.run", id, batch, (error) => {
    if (!(error instanceof RefusedRow)) throw error;
    // Nothing of its batch was kept. The others are made with the next one, without it.
    return (inTx) => noteRefusal(inTx, error);
  });
}

/** A row that cannot be made undoes the transaction it is in, so that nothing of it stays. */
class RefusedRow extends Error {
  readonly row: ImportRow;
  readonly faults: readonly RowFault[];

  constructor(row: ImportRow, faults: readonly RowFault[]) {
    super(`Row ${row.rowNumber} of import ${row.importId} was refused.`);
    this.row = row;
    this.faults = faults;
  }
}

async function runBatch(ctx: TxContext, id: ImportId): ReturnType<Batch> {
  const { tx, tenant } = ctx;
  const found = await lockImport(tx, tenant, id);
  if (found === null || found.state !== "running") return { isMore: false };
  const reader = readerOf(found, await loadProfile(tx, tenant));
  const rows = await listRowsToMake(tx, tenant, id, ROWS_A_BATCH);
  for (const row of rows) await makeRow(ctx, reader, row);
  const isLast = rows.length < ROWS_A_BATCH;
  if (isLast) await forgetCells(tx, tenant, id, found.totalRows);
  await updateImport(tx, tenant, id, {
    doneRows: found.doneRows + rows.length,
    ...(isLast ? { state: "done", version: found.version + 1, completedAt: tx.now } : {}),
  });
  return { isMore: !isLast };
}

async function makeRow(ctx: TxContext, reader: RowReader, row: ImportRow): Promise<void> {
  const { input, faults } = readRow(openCells(ctx.vault, row), reader);
  if (input === null) throw new RefusedRow(row, faults);
  try {
    const { invoice } = await createInvoice(ctx, input);
    await finishRow(ctx.tx, ctx.tenant, row.importId, row.rowNumber, invoice.id);
  } catch (error) {
    // What the whole batch suffers from is tried again with it.
    if (isRetryable(error) || isUnavailable(error)) throw error;
    throw new RefusedRow(row, [toFault(ctx, row, error)]);
  }
}

async function noteRefusal(ctx: TxContext, { row, faults }: RefusedRow): ReturnType<Batch> {
  const { tx, tenant } = ctx;
  const { importId, rowNumber } = row;
  const found = await lockImport(tx, tenant, importId);
  if (found === null || found.state !== "running") return { isMore: false };
  if (await refuseRow(tx, tenant, importId, rowNumber, faults)) {
    await updateImport(tx, tenant, importId, { refusedRows: found.refusedRows + 1 });
  }
  return { isMore: true };
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
