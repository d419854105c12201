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
  const batchAfter =
    (refused: RefusedRow | null): Batch =>
    (inTx) =>
      runBatch({ ...inTx, queue: patientQueue(inTx.queue) }, id, refused);
  await workInSlices(ctx, "import.run", id, batchAfter(null), (error) => {
    if (error instanceof RefusedRow) return batchAfter(error);
    throw error;
  });
}

/** A row that cannot be made undoes the transaction it is in, so that nothing of it stays. */
class RefusedRow extends Error {
  readonly row: ImportRow;
  readonly faults: readonly RowFault[];
  /** Rows of its batch that came before it and were undone with it. */
  readonly rowsBefore: number;

  constructor(row: ImportRow, faults: readonly RowFault[], rowsBefore: number) {
    super(`Row ${row.rowNumber} of import ${row.importId} was refused.`);
    this.row = row;
    this.faults = faults;
    this.rowsBefore = rowsBefore;
  }
}

/** After a refusal: the rows before it, which could be made, and a note at the one that could not. */
async function runBatch(ctx: TxContext, id: ImportId, refused: RefusedRow | null): ReturnType<Batch> {
  const { tx, tenant } = ctx;
  const found = await lockImport(tx, tenant, id);
  if (found === null || found.state !== "running") return { isMore: false };
  const reader = readerOf(found, await loadProfile(tx, tenant));
  const rows = await listRowsToMake(tx, tenant, id, refused?.rowsBefore ?? ROWS_A_BATCH);
  for (const [place, row] of rows.entries()) await makeRow(ctx, reader, row, place);
  const isNoted =
    refused !== null && (await refuseRow(tx, tenant, id, refused.row.rowNumber, refused.faults));
  const isLast = refused === null && rows.length < ROWS_A_BATCH;
  if (isLast) await forgetCells(tx, tenant, id, found.totalRows);
  await updateImport(tx, tenant, id, {
    doneRows: found.doneRows + rows.length,
    refusedRows: found.refusedRows + (isNoted ? 1 : 0),
    ...(isLast ? { state: "done", version: found.version + 1, completedAt: tx.now } : {}),
  });
  return { isMore: !isLast };
}

async function makeRow(ctx: TxContext, reader: RowReader, row: ImportRow, place: number): Promise<void> {
  try {
    const { input, faults } = readRow(openCells(ctx.vault, row), reader);
    if (input === null) throw new RefusedRow(row, faults, place);
    const { invoice } = await createInvoice(ctx, input);
    await finishRow(ctx.tx, ctx.tenant, row.importId, row.rowNumber, invoice.id);
  } catch (error) {
    // What the whole batch suffers from is tried again with it.
    if (error instanceof RefusedRow || isRetryable(error) || isUnavailable(error)) throw error;
    throw new RefusedRow(row, [faultOf(ctx, row, error)], place);
  }
}
