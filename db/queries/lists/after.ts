// Where a page of rows, newest first, goes on.

import { and, lt, lte, or, type SQL } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";

/** Rows after a place. The bound on the instant alone comes first: an index is entered with it. */
export function afterPlace(
  { createdAt, id }: { readonly createdAt: PgColumn; readonly id: PgColumn },
  after: { readonly createdAt: Date; readonly id: string },
): SQL | undefined {
  return and(lte(createdAt, after.createdAt), or(lt(createdAt, after.createdAt), lt(id, after.id)));
}
