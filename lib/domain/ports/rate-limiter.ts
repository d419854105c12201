// How many requests a key may make, and all keys of a merchant's mode together: reads and writes apart. And how many
// keys that are wrong may be tried from one place.

import type { ApiKeyId } from "../ids.ts";
import type { Mode, Tenant } from "../tenant.ts";

export const RATE_BUDGETS = ["read", "write"] as const;
export type RateBudget = (typeof RATE_BUDGETS)[number];

/** Requests in one window. */
export type RateLimits = { readonly [M in Mode]: { readonly [B in RateBudget]: number } };

export interface RateSubject {
  readonly tenant: Tenant;
  readonly apiKeyId: ApiKeyId;
  readonly budget: RateBudget;
}

/** Where a key stands after this request: by its own budget, or the merchant's where less is left of that. */
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

/** Counted by each process for itself: what is bounded is guessing, and a bound need not be exact. */
export interface RefusalLimiter {
  /**
   * Milliseconds until a key may be tried from this address; 0: now. Keys that this process knows to be right never
   * wait: others may share their address.
   */
  waitMs(clientAddress: string | null, keyHash: Uint8Array): Promise<number>;
  noteRefused(clientAddress: string | null, keyHash: Uint8Array): Promise<void>;
  noteAccepted(keyHash: Uint8Array): void;
}
