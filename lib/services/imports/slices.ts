// Work on thousands of rows in short transactions, a while at a time, so that the work of others comes between.

import type { ImportId } from "#lib/domain/ids.ts";
import { type ServiceContext, type TxContext, transact } from "../context.ts";

/** Well below a job's lease. */
const SLICE_MS = 2_000;

/** What is done in one transaction; `isMore` where something is left to do. */
export type Batch = (ctx: TxContext) => Promise<{ readonly isMore: boolean }>;

/**
 * Runs batches, each in a transaction of its own, until one says that there is no more. After a while the batch's
 * transaction writes the job that goes on, behind those of others: there is always exactly one who goes on, and a
 * killed worker's job is run again from the last batch that was committed.
 *
 * @param instead  what to do next where a batch has failed and was undone; it throws what it cannot help
 */
export async function workInSlices(
  ctx: ServiceContext,
  job: "import.check" | "import.run",
  importId: ImportId,
  batch: Batch,
  instead: (error: unknown) => Batch,
): Promise<void> {
  const endsAt = performance.now() + SLICE_MS;
  let next = batch;
  let goesOn = true;
  while (goesOn) {
    try {
      goesOn = await transact(ctx, async (inTx) => {
        const { isMore } = await next(inTx);
        if (!isMore || performance.now() < endsAt) return isMore;
        await inTx.queue.enqueue(inTx.tx, job, { ...inTx.tenant, importId });
        return false;
      });
      next = batch;
    } catch (error) {
      next = instead(error);
    }
  }
}
