import { describe, expect, it } from "vitest";
import { parseCurrency } from "./currency.ts";
import { offerMethod, tightest } from "./eligibility.ts";
import { money } from "./money.ts";

const nok = (minor: bigint) => money(minor, parseCurrency("NOK"));
const terms = (minMinor: bigint | null, maxMinor: bigint | null) => ({
  method: "card" as const,
  boundsFor: (currency: string) => (currency === "NOK" ? { minMinor, maxMinor } : null),
});

describe("a method", () => {
  it("is offered exactly within its bounds, and says what stands in its way outside", () => {
    const bounded = terms(300n, 50_000n);
    expect(offerMethod("card", bounded, nok(299n)).obstacle).toBe("below_minimum");
    expect(offerMethod("card", bounded, nok(300n)).obstacle).toBeNull();
    expect(offerMethod("card", bounded, nok(50_000n)).obstacle).toBeNull();
    expect(offerMethod("card", bounded, nok(50_001n)).obstacle).toBe("above_maximum");
    expect(offerMethod("card", bounded, money(300n, parseCurrency("JPY"))).obstacle).toBe(
      "currency_not_supported",
    );
    expect(offerMethod("card", null, nok(300n)).obstacle).toBe("not_configured");
  });

  it("has the tighter of two bounds, and none where either side does not carry the currency", () => {
    const a = { minMinor: 300n, maxMinor: null };
    const b = { minMinor: 100n, maxMinor: 500n };
    expect(tightest(a, b)).toEqual({ minMinor: 300n, maxMinor: 500n });
    expect(tightest(a, null)).toBeNull();
    expect(tightest(null, b)).toBeNull();
  });
});
