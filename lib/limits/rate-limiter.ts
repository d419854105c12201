// Rate limits in Postgres: one counter a key and budget and one a merchant's mode and budget, whichever process counts.

import type { RateLimiter, RateLimits, RateStanding, RateSubject } from "#lib/domain/ports/rate-limiter.ts";
import { createBlocks } from "./blocks.ts";

export interface CountedWindow {
  readonly key: string;
  readonly points: number;
  readonly resetMs: number;
}

export interface RateLimiterOptions {
  /** Counts one request in the window of each key; it must throw what callers are to be told. */
  readonly count: (keys: readonly string[], windowMs: number) => Promise<readonly CountedWindow[]>;
  readonly windowSeconds: number;
  /** Of one key. */
  readonly limits: RateLimits;
  /** Of all keys of a merchant's mode together. */
  readonly merchantLimits: RateLimits;
}

interface Counter {
  readonly key: string;
  readonly limit: number;
}

/**
 * A window begins with a counter's first request in it and lets at most its limit pass. A process that has seen a
 * window used up refuses by itself until it is over, so that a flood costs the database nothing more.
 */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { count, windowSeconds } = options;
  const blocks = createBlocks();

  function countersOf({ tenant, apiKeyId, budget }: RateSubject): readonly [Counter, Counter] {
    const { merchantId, mode } = tenant;
    return [
      { key: `${budget}:${apiKeyId}`, limit: options.limits[mode][budget] },
      { key: `${budget}:${merchantId}:${mode}`, limit: options.merchantLimits[mode][budget] },
    ];
  }

  function refused({ limit }: Counter, resetMs: number): RateStanding {
    return { isWithin: false, limit, remaining: 0, windowSeconds, resetMs };
  }

  return {
    async take(subject) {
      const counters = countersOf(subject);
      for (const counter of counters) {
        const leftMs = blocks.leftMs(counter.key);
        if (leftMs > 0) return refused(counter, leftMs);
      }
      const windows = await count(
        counters.map(({ key }) => key),
        windowSeconds * 1000,
      );
      const standings = counters.map((counter): RateStanding => {
        const window = windows.find(({ key }) => key === counter.key);
        if (window === undefined) throw new Error(`Nothing was counted for ${counter.key}.`);
        const { points, resetMs } = window;
        if (points >= counter.limit) blocks.block(counter.key, resetMs);
        if (points > counter.limit) return refused(counter, resetMs);
        const { limit } = counter;
        return { isWithin: true, limit, remaining: limit - points, windowSeconds, resetMs };
      });
      return standings.reduce(narrower);
    },
  };
}

/** What refuses goes before what lets pass, and what leaves less before what leaves more. */
function narrower(one: RateStanding, other: RateStanding): RateStanding {
  if (one.isWithin !== other.isWithin) return one.isWithin ? other : one;
  return other.remaining < one.remaining ? other : one;
}
