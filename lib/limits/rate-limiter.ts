// Rate limits in Postgres through rate-limiter-flexible: one counter a key and budget and one a merchant's mode and
// budget, whichever process counts.

import { RateLimiterPostgres, RateLimiterRes } from "rate-limiter-flexible";
import {
  RATE_BUDGETS,
  type RateBudget,
  type RateLimiter,
  type RateLimits,
  type RateStanding,
} from "#lib/domain/ports/rate-limiter.ts";
import { MODES, type Mode } from "#lib/domain/tenant.ts";

export interface RateLimiterOptions {
  /** Runs one statement of the library's; it must throw what callers are to be told. */
  readonly store: object;
  readonly table: string;
  readonly windowSeconds: number;
  /** Of one key. */
  readonly limits: RateLimits;
  /** Of all keys of a merchant's mode together. */
  readonly merchantLimits: RateLimits;
}

/**
 * A window begins with a counter's first request in it and lets at most its limit pass. A process that has seen a
 * window used up refuses by itself until it is over, so that a flood costs the database nothing more. What a key's
 * own budget refuses takes nothing from the merchant's.
 */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { windowSeconds } = options;
  const ofKey = openLimiters(options, "key", options.limits);
  const ofMerchant = openLimiters(options, "merchant", options.merchantLimits);
  return {
    async take({ tenant, apiKeyId, budget }) {
      const { merchantId, mode } = tenant;
      const own = await consume(ofKey(mode, budget), apiKeyId, windowSeconds);
      if (!own.isWithin) return own;
      const shared = await consume(ofMerchant(mode, budget), `${merchantId}:${mode}`, windowSeconds);
      return shared.isWithin && own.remaining <= shared.remaining ? own : shared;
    },
  };
}

function openLimiters(
  { store, table, windowSeconds }: RateLimiterOptions,
  of: "key" | "merchant",
  limits: RateLimits,
): (mode: Mode, budget: RateBudget) => RateLimiterPostgres {
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
          keyPrefix: of === "key" ? budget : `merchant-${budget}`,
          points,
          duration: windowSeconds,
          inMemoryBlockOnConsumed: points,
        });
        return [`${mode}:${budget}`, limiter] as const;
      }),
    ),
  );
  return (mode, budget) => {
    const limiter = limiters.get(`${mode}:${budget}`);
    if (limiter === undefined) throw new Error(`There is no ${budget} budget in ${mode} mode.`);
    return limiter;
  };
}

async function consume(
  limiter: RateLimiterPostgres,
  key: string,
  windowSeconds: number,
): Promise<RateStanding> {
  const standing = (isWithin: boolean, { remainingPoints, msBeforeNext }: RateLimiterRes): RateStanding => ({
    isWithin,
    limit: limiter.points,
    remaining: isWithin ? remainingPoints : 0,
    windowSeconds,
    resetMs: Math.max(0, msBeforeNext),
  });
  try {
    return standing(true, await limiter.consume(key));
  } catch (error) {
    // The library throws its result where it is one too many.
    if (error instanceof RateLimiterRes) return standing(false, error);
    throw error;
  }
}
