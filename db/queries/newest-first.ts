// Pages of a list, newest first, however deep: the order of the indexes, and a place in it that an index finds.

import { type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";

/** Where the page before ended. */
export interface PagePlace {
  readonly createdAt: Date;
  readonly id: string;
}

/** The order as the indexes have it: "nulls last" is written there, and without it none of them would be used. */
export function newestFirst(createdAt: PgColumn, id: PgColumn): [SQL, SQL] {
  return [sql`${createdAt} desc nulls last`, sql`${id} desc nulls last`];
}

/** What comes after a place in that order; everything where there is none. */
export function comesAfter(createdAt: PgColumn, id: PgColumn, place: PagePlace | undefined): SQL | undefined {
  if (place === undefined) return undefined;
  return sql`(${createdAt}, ${id}) < (${place.createdAt.toISOString()}::timestamptz, ${place.id}::text)`;
}
