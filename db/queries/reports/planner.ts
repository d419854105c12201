// How the server plans the statements of reports.

import type { Tx } from "../../transaction.ts";

/**
 * Until the transaction ends, the server takes an index for a part of a table sooner than the whole table: rows of one
 * time lie together, which it does not see in an index that begins with the merchant, and its default for the cost of
 * reading here and there is that of a spinning disk.
 */
export async function preferIndexes(tx: Tx): Promise<void> {
  await tx.client.query("set local random_page_cost = 1.1; set local jit = off; set local work_mem = '32MB'");
}
