import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type InvoiceLine, requireLinesSum, taxPerRate } from "./lines.ts";

const line = (
  unitAmountMinor: bigint,
  quantity = 1,
  taxRateBasisPoints: number | null = null,
): InvoiceLine => ({
  description: "x",
  quantity,
  unitAmountMinor,
  taxRateBasisPoints,
});

describe("lines", () => {
  it("must add up to the amount exactly; none at all is fine", () => {
    expect(() => requireLinesSum([], 100n)).not.toThrow();
    expect(() => requireLinesSum([line(12_450n, 2)], 24_900n)).not.toThrow();
    expect(() => requireLinesSum([line(30_000n), line(-5_100n)], 24_900n)).not.toThrow();
    expect(() => requireLinesSum([line(12_450n, 2)], 24_901n)).toThrow("add up");
    expect(() =>
      requireLinesSum([line(99_999_999n, 1_000_000), line(-99_999_999n, 1_000_000), line(1n)], 1n),
    ).toThrow();
  });

  it.each([
    [12_500n, 2_500, 2_500n],
    [24_900n, 1_200, 2_668n],
    [100n, 0, 0n],
    [-12_500n, 2_500, -2_500n],
    [1n, 2_500, 0n],
  ])("finds the tax inside %s at %s basis points: %s", (gross, rate, tax) => {
    expect(taxPerRate([line(gross, 1, rate)])).toEqual([
      { rateBasisPoints: rate, grossMinor: gross, taxMinor: tax },
    ]);
  });

  it("groups tax by rate, highest first, and rounds once a rate", () => {
    const lines = [
      line(33n, 1, 2_500),
      line(33n, 1, 2_500),
      line(34n, 1, 2_500),
      line(100n, 1, 1_200),
      line(5n),
    ];
    expect(taxPerRate(lines)).toEqual([
      { rateBasisPoints: 2_500, grossMinor: 100n, taxMinor: 20n },
      { rateBasisPoints: 1_200, grossMinor: 100n, taxMinor: 11n },
    ]);
  });

  it("never finds more tax than the amount holds", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 99_999_999n }),
        fc.integer({ min: 0, max: 10_000 }),
        (gross, rate) => {
          const [tax] = taxPerRate([line(gross, 1, rate)]);
          expect(tax !== undefined && tax.taxMinor >= 0n && tax.taxMinor <= gross).toBe(true);
        },
      ),
    );
  });
});
