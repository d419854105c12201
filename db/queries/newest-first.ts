// Pages of a list, newest first, however deep: the order of the indexes, and a place in it that an index finds.

import { desc, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";

/** Where the page before ended. */
export interface PagePlace {
  readonly createdAt: Date;
  readonly id: string;
}

/** The order: the indexes are ascending and read backwards, which is what a plain `desc` asks for. */
export function newestFirst(createdAt: PgColumn, id: PgColumn): [SQL, SQL] {
  return [desc(createdAt), desc(id)];
}

/**
 * What comes after a place in that order; everything where there is none. The bound on the instant alone comes first:
 * under row-level security an index is entered with it, since comparing texts is not known to leak nothing.
 */
export function comesAfter(createdAt: PgColumn, id: PgColumn, place: PagePlace | undefined): SQL | undefined {
  if (place === undefined) return undefined;
  const at = sql`${place.createdAt.toISOString()}::timestamptz`;
  return sql`${createdAt} <= ${at} and (${createdAt}, ${id}) < (${at}, ${place.id}::text)`;
}
