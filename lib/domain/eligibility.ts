// Which methods an invoice can be paid with, and why not. Known before any rail is asked.

import type { Money } from "./money.ts";
import type { PaymentMethod } from "./payment.ts";

export const METHOD_OBSTACLES = [
  "not_configured",
  "currency_not_supported",
  "below_minimum",
  "above_maximum",
  "not_in_steps",
] as const;
export type MethodObstacle = (typeof METHOD_OBSTACLES)[number];

/** Bounds of one payment in one currency, in minor units; null where there is none. */
export interface AmountBounds {
  readonly minMinor: bigint | null;
  readonly maxMinor: bigint | null;
  /** Amounts must be multiples of it, where a rail counts in coarser units than the currency has. */
  readonly stepMinor?: bigint;
}

export interface MethodTerms {
  readonly method: PaymentMethod;
  /** The rail's and the merchant's own bounds for the currency, tightest first; null: currency not supported. */
  boundsFor(currency: string): AmountBounds | null;
}

export interface MethodOffer {
  readonly method: PaymentMethod;
  /** Null where the method can be used now. */
  readonly obstacle: MethodObstacle | null;
}

/** What stands between an amount and a method; `terms` is null where the merchant has no such rail. */
export function offerMethod(method: PaymentMethod, terms: MethodTerms | null, amount: Money): MethodOffer {
  if (terms === null) return { method, obstacle: "not_configured" };
  const bounds = terms.boundsFor(amount.currency);
  if (bounds === null) return { method, obstacle: "currency_not_supported" };
  if (bounds.minMinor !== null && amount.amountMinor < bounds.minMinor) {
    return { method, obstacle: "below_minimum" };
  }
  if (bounds.maxMinor !== null && amount.amountMinor > bounds.maxMinor) {
    return { method, obstacle: "above_maximum" };
  }
  if (bounds.stepMinor !== undefined && amount.amountMinor % bounds.stepMinor !== 0n) {
    return { method, obstacle: "not_in_steps" };
  }
  return { method, obstacle: null };
}

/** The tighter of two bounds, of which one at most has steps; null (not supported) wins over both. */
export function tightest(a: AmountBounds | null, b: AmountBounds | null): AmountBounds | null {
  if (a === null || b === null) return null;
  const minimums = [a.minMinor, b.minMinor].filter((bound) => bound !== null).sort(ascending);
  const maximums = [a.maxMinor, b.maxMinor].filter((bound) => bound !== null).sort(ascending);
  const stepMinor = a.stepMinor ?? b.stepMinor;
  return {
    minMinor: minimums.at(-1) ?? null,
    maxMinor: maximums[0] ?? null,
    ...(stepMinor === undefined ? {} : { stepMinor }),
  };
}

function ascending(a: bigint, b: bigint): number {
  return Number(a > b) - Number(a < b);
}
