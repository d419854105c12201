// The counters of the rate limiter. By the database's clock: those of processes differ, and know nothing of the time
// that a request has waited for a connection.

import { lt } from "drizzle-orm";
import type { Database } from "../../client.ts";
import { toServiceError } from "../../errors.ts";
import { rateLimits } from "../../schema/routing.ts";
import type { Tx } from "../../transaction.ts";

export interface CountedWindow {
  readonly key: string;
  /** Requests in the window, this one among them. */
  readonly points: number;
  /** Until the window is over. */
  readonly resetMs: number;
}

const AT = "(extract(epoch from clock_timestamp()) * 1000)::bigint";

/** Rows are locked in the order in which the keys are given. */
const COUNT = `
  insert into rate_limits as counted (key, points, expire)
  select key, 1, ${AT} + $2 from unnest($1::text[]) with ordinality as given (key, place) order by place
  on conflict (key) do update set (points, expire) = (
    select case when counted.expire > at then counted.points + 1 else 1 end,
      case when counted.expire > at then counted.expire else at + $2 end
    from (select ${AT} as at) clock
  )
  returning key, points, greatest(expire - ${AT}, 0)::float8 as "resetMs"`;

/**
 * Counts one request in the window of each key, in one statement. A window begins with the first request in it.
 *
 * @throws service_unavailable  the database does not answer
 */
export async function countRequest(
  { pool }: Database,
  keys: readonly string[],
  windowMs: number,
): Promise<readonly CountedWindow[]> {
  try {
    return (await pool.query<CountedWindow>(COUNT, [keys, windowMs])).rows;
  } catch (error) {
    throw toServiceError(error);
  }
}

/** Forgets windows that were over at an instant (UTC). */
export async function purgeRateLimits(tx: Tx, before: Date): Promise<void> {
  await tx.sql.delete(rateLimits).where(lt(rateLimits.expire, before.getTime()));
}
