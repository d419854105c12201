// Rate limits in Postgres through rate-limiter-flexible: one counter a key and budget, whichever process counts.

import { RateLimiterPostgres, RateLimiterRes } from "rate-limiter-flexible";
import { RATE_BUDGETS, type RateBudget, type RateLimiter } from "#lib/domain/ports/rate-limiter.ts";
import { MODES, type Mode } from "#lib/domain/tenant.ts";

export interface RateLimiterOptions {
  /** Runs one statement of the library's; it must throw what callers are to be told. */
  readonly store: object;
  readonly table: string;
  readonly windowSeconds: number;
  /** Requests in one window. */
  readonly limits: { readonly [M in Mode]: { readonly [B in RateBudget]: number } };
}

/**
 * A window begins with a key's first request in it and lets at most its limit pass. A process that has seen a
 * window used up refuses by itself until it is over, so that a flood costs the database nothing more.
 */
export function createRateLimiter({ store, table, windowSeconds, limits }: RateLimiterOptions): RateLimiter {
  const limiters = new Map(
    MODES.flatMap((mode) =>
      RATE_BUDGETS.map((budget) => {
        const points = limits[mode][budget];
        const limiter = new RateLimiterPostgres({
          storeClient: store,
          storeType: "client",
          tableName: table,
          tableCreated: true,
          // The worker forgets what is over.
          clearExpiredByTimeout: false,
          keyPrefix: budget,
          points,
          duration: windowSeconds,
          inMemoryBlockOnConsumed: points,
        });
        return [`${mode}:${budget}`, limiter] as const;
      }),
    ),
  );
  return {
    async take({ apiKeyId, mode, budget }) {
      const limiter = limiters.get(`${mode}:${budget}`);
      if (limiter === undefined) throw new Error(`There is no ${budget} budget in ${mode} mode.`);
      const { isWithin, counted } = await consume(limiter, apiKeyId);
      return {
        isWithin,
        limit: limiter.points,
        remaining: isWithin ? counted.remainingPoints : 0,
        windowSeconds,
        resetMs: Math.max(0, counted.msBeforeNext),
      };
    },
  };
}

/** The library throws its result where it is one too many. */
async function consume(
  limiter: RateLimiterPostgres,
  key: string,
): Promise<{ readonly isWithin: boolean; readonly counted: RateLimiterRes }> {
  try {
    return { isWithin: true, counted: await limiter.consume(key) };
  } catch (error) {
    if (error instanceof RateLimiterRes) return { isWithin: false, counted: error };
    throw error;
  }
}
