// Invoice lines. Amounts include tax; the tax inside them is worked out per rate.

import { ServiceError } from "./errors.ts";
import { AMOUNT_MINOR_MAX } from "./money.ts";

export interface InvoiceLine {
  readonly description: string;
  /** Whole units, 1 or more. */
  readonly quantity: number;
  /** Minor units of the invoice's currency, tax included; negative for a discount. */
  readonly unitAmountMinor: bigint;
  /** Basis points: 2500 is 25 %. Null where no tax is stated. */
  readonly taxRateBasisPoints: number | null;
}

export interface TaxAmount {
  readonly rateBasisPoints: number;
  /** Amount the tax is part of, tax included, in minor units. */
  readonly grossMinor: bigint;
  readonly taxMinor: bigint;
}

export function lineTotalMinor(line: InvoiceLine): bigint {
  return line.unitAmountMinor * BigInt(line.quantity);
}

/**
 * Checks that the lines add up to the invoice's amount. No lines is fine.
 *
 * @throws lines_mismatch  the sum differs, or a partial sum leaves the range of an amount
 */
export function requireLinesSum(lines: readonly InvoiceLine[], amountDueMinor: bigint): void {
  if (lines.length === 0) return;
  let sum = 0n;
  for (const line of lines) {
    const total = lineTotalMinor(line);
    if (total > AMOUNT_MINOR_MAX || total < -AMOUNT_MINOR_MAX) {
      throw new ServiceError("lines_mismatch", "A line is larger than an amount may be.", {
        pointer: "/lines",
      });
    }
    sum += total;
  }
  if (sum !== amountDueMinor) {
    throw new ServiceError("lines_mismatch", `The lines add up to ${sum}, not to ${amountDueMinor}.`, {
      pointer: "/lines",
    });
  }
}

/** The tax inside the lines, one entry a rate, highest rate first; rounded half up once a rate. */
export function taxPerRate(lines: readonly InvoiceLine[]): TaxAmount[] {
  const gross = new Map<number, bigint>();
  for (const line of lines) {
    if (line.taxRateBasisPoints === null) continue;
    gross.set(line.taxRateBasisPoints, (gross.get(line.taxRateBasisPoints) ?? 0n) + lineTotalMinor(line));
  }
  return [...gross.entries()]
    .sort(([a], [b]) => b - a)
    .map(([rate, grossMinor]) => ({
      rateBasisPoints: rate,
      grossMinor,
      taxMinor: includedTaxMinor(grossMinor, rate),
    }));
}

/** Tax contained in a gross amount: gross × rate ÷ (1 + rate), rounded half away from zero. */
function includedTaxMinor(grossMinor: bigint, rateBasisPoints: number): bigint {
  const divisor = 10_000n + BigInt(rateBasisPoints);
  const scaled = grossMinor * BigInt(rateBasisPoints);
  const half = divisor / 2n;
  return (scaled + (scaled < 0n ? -half : half)) / divisor;
}
