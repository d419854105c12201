// How many requests a key may make: reads and writes apart.

import type { ApiKeyId } from "../ids.ts";
import type { Mode } from "../tenant.ts";

export const RATE_BUDGETS = ["read", "write"] as const;
export type RateBudget = (typeof RATE_BUDGETS)[number];

export interface RateSubject {
  readonly apiKeyId: ApiKeyId;
  readonly mode: Mode;
  readonly budget: RateBudget;
}

/** Where a key stands after this request. */
export interface RateStanding {
  /** False: the request is one too many. */
  readonly isWithin: boolean;
  /** Requests in one window. */
  readonly limit: number;
  readonly remaining: number;
  readonly windowSeconds: number;
  /** Until the window is over. */
  readonly resetMs: number;
}

export interface RateLimiter {
  /**
   * Counts one request. Exact however many processes count: a window never lets more than its limit pass.
   *
   * @throws service_unavailable  the counter could not be reached
   */
  take(subject: RateSubject): Promise<RateStanding>;
}
