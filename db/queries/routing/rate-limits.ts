// The rows of the rate limiter: its library's statements, run on our pool and by the database's clock.

import { lt } from "drizzle-orm";
import type { QueryResult } from "pg";
import type { Database } from "../../client.ts";
import { toServiceError } from "../../errors.ts";
import { rateLimits } from "../../schema/routing.ts";
import type { Tx } from "../../transaction.ts";

export const RATE_LIMIT_TABLE = "rate_limits";

interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** What the library asks of a connection. */
export interface RateLimitStore {
  query(statement: Statement): Promise<{ readonly rows: unknown[]; readonly rowCount: number | null }>;
}

interface Row {
  readonly points: number;
  /** Milliseconds since 1970; `bigint` arrives as text. */
  readonly expire: string | null;
}

/** How long one comparison of the clocks holds. */
const COMPARISON_LIFE_MS = 60_000;
/** The process's clock was set when it differs this much from the time that has passed. */
const JUMP_MS = 20;
/** Numbers from here on are instants in milliseconds (September 2001); counts are far below. */
const INSTANT_FROM = 1_000_000_000_000;

interface Comparison {
  /** What the database's clock is ahead of the process's. */
  readonly aheadMs: number;
  readonly at: number;
  readonly wallMinusUptimeMs: number;
}

/**
 * A store for the library. The library writes the time of its own process; processes whose clocks differ would
 * end each other's windows, so times are put into the database's clock on the way there and back again on the way
 * here. How long a call has waited for a connection is no part of its window. One statement a call, and one more a
 * minute to compare the clocks.
 *
 * `query` throws service_unavailable where the database does not answer.
 */
export function openRateLimitStore({ pool }: Database): RateLimitStore {
  let comparison: Promise<Comparison> | null = null;

  async function ahead(): Promise<number> {
    const current = comparison === null ? null : await comparison;
    if (current === null || isStale(current)) {
      const fresh = compare();
      comparison = fresh;
      // One that failed is made again by the next call.
      fresh.catch(() => {
        if (comparison === fresh) comparison = null;
      });
      return (await fresh).aheadMs;
    }
    return current.aheadMs;
  }

  async function compare(): Promise<Comparison> {
    const before = performance.now();
    const { rows } = await pool.query<{ ms: string }>(
      "select (extract(epoch from clock_timestamp()) * 1000)::bigint as ms",
    );
    const halfWay = (performance.now() - before) / 2;
    return {
      aheadMs: Math.round(Number(rows[0]?.ms) + halfWay - Date.now()),
      at: performance.now(),
      wallMinusUptimeMs: Date.now() - performance.now(),
    };
  }

  return {
    async query({ text, values = [] }) {
      const askedAt = performance.now();
      try {
        const aheadMs = await ahead();
        const client = await pool.connect();
        try {
          const byMs = aheadMs + Math.round(performance.now() - askedAt);
          const shifted = values.map((value) => (isInstant(value) ? value + byMs : value));
          const { rows, rowCount }: QueryResult<Row> = await client.query<Row>({ text, values: shifted });
          return { rowCount, rows: rows.map((row) => inOwnClock(row, aheadMs)) };
        } finally {
          client.release();
        }
      } catch (error) {
        throw toServiceError(error);
      }
    },
  };
}

function isStale({ at, wallMinusUptimeMs }: Comparison): boolean {
  const now = performance.now();
  return now - at > COMPARISON_LIFE_MS || Math.abs(Date.now() - now - wallMinusUptimeMs) > JUMP_MS;
}

function isInstant(value: unknown): value is number {
  return typeof value === "number" && value >= INSTANT_FROM;
}

function inOwnClock(row: Row, aheadMs: number) {
  return row.expire === null ? row : { ...row, expire: Number(row.expire) - aheadMs };
}

/** Forgets windows that were over at an instant (UTC). */
export async function purgeRateLimits(tx: Tx, before: Date): Promise<void> {
  await tx.sql.delete(rateLimits).where(lt(rateLimits.expire, before.getTime()));
}
