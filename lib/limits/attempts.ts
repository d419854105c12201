// Bounds of guessing, in Postgres through rate-limiter-flexible: they hold over all processes.

import { RateLimiterPostgres, RateLimiterRes } from "rate-limiter-flexible";
import { ATTEMPT_BOUNDS, type AttemptBound, type AttemptLimiter } from "#lib/domain/ports/attempts.ts";

export interface AttemptLimiterOptions {
  /** Runs one statement of the library's. */
  readonly store: object;
  readonly table: string;
  /** The key's stand-in in the table: it may be an address. */
  readonly hash: (key: string) => string;
}

export function createAttemptLimiter({ store, table, hash }: AttemptLimiterOptions): AttemptLimiter {
  const limiters = new Map<AttemptBound, RateLimiterPostgres>();
  for (const bound of Object.keys(ATTEMPT_BOUNDS) as AttemptBound[]) {
    const { points, windowSeconds } = ATTEMPT_BOUNDS[bound];
    limiters.set(
      bound,
      new RateLimiterPostgres({
        storeClient: store,
        storeType: "client",
        tableName: table,
        tableCreated: true,
        clearExpiredByTimeout: false,
        keyPrefix: bound,
        points,
        duration: windowSeconds,
      }),
    );
  }
  return {
    async take(bound, key) {
      try {
        await limiters.get(bound)?.consume(hash(key));
        return 0;
      } catch (error) {
        if (error instanceof RateLimiterRes) return Math.max(1_000, error.msBeforeNext);
        throw error;
      }
    },
    async giveBack(bound, key) {
      await limiters.get(bound)?.reward(hash(key));
    },
  };
}
