import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CURRENCIES, type CurrencyCode, currencyExponent, parseCurrency } from "./currency.ts";
import { ServiceError } from "./errors.ts";
import {
  AMOUNT_MINOR_MAX,
  billableMoney,
  formatMoney,
  fromDecimal,
  money,
  shareInBasisPoints,
  toDecimal,
} from "./money.ts";

const anyCurrency = fc.constantFrom(...CURRENCIES).map((code) => parseCurrency(code));
const anyAmount = fc.bigInt({ min: -AMOUNT_MINOR_MAX, max: AMOUNT_MINOR_MAX });

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return error instanceof ServiceError ? error.code : String(error);
  }
  return "none";
}

describe("money", () => {
  it("comes back from decimal text as the same minor units, in every currency", () => {
    fc.assert(
      fc.property(anyAmount, anyCurrency, (amountMinor, currency) => {
        expect(fromDecimal(toDecimal(money(amountMinor, currency)), currency).amountMinor).toBe(amountMinor);
      }),
    );
  });

  it("has exactly the currency's decimals in its text", () => {
    fc.assert(
      fc.property(anyAmount, anyCurrency, (amountMinor, currency) => {
        const fraction = toDecimal(money(amountMinor, currency)).split(".")[1] ?? "";
        expect(fraction).toHaveLength(currencyExponent(currency));
      }),
    );
  });

  it.each([
    [24900n, "NOK", "249.00"],
    [5n, "JPY", "5"],
    [5n, "NOK", "0.05"],
    [1n, "KWD", "0.001"],
    [-150n, "EUR", "-1.50"],
  ])("writes %s %s as %s", (minor, currency, text) => {
    expect(toDecimal(money(minor, parseCurrency(currency)))).toBe(text);
  });

  it("refuses decimal text that the currency cannot hold, and never rounds", () => {
    for (const [text, currency] of [
      ["1.005", "NOK"],
      ["0.5", "JPY"],
      ["1.0001", "KWD"],
      ["1e3", "NOK"],
      ["1,50", "NOK"],
      ["", "NOK"],
      [" 1", "NOK"],
      ["+1", "NOK"],
      ["٣", "NOK"],
      ["NaN", "NOK"],
    ] as const) {
      expect(
        codeOf(() => fromDecimal(text, parseCurrency(currency))),
        text,
      ).toBe("amount_not_representable");
    }
  });

  it("takes trailing zeros beyond the currency's decimals, since they change nothing", () => {
    expect(fromDecimal("249.000", parseCurrency("NOK")).amountMinor).toBe(24_900n);
    expect(fromDecimal("5.0", parseCurrency("JPY")).amountMinor).toBe(5n);
  });

  it("can be billed from 1 to 99,999,999 minor units and not beyond", () => {
    const nok = parseCurrency("NOK");
    expect(billableMoney(1n, nok).amountMinor).toBe(1n);
    expect(billableMoney(99_999_999n, nok).amountMinor).toBe(99_999_999n);
    for (const amount of [0n, -1n, 100_000_000n])
      expect(codeOf(() => billableMoney(amount, nok))).toBe("amount_out_of_range");
  });

  it("is read by people with our decimals, where the runtime's are wrong", () => {
    const read = (minor: bigint, currency: string, locale: string) =>
      formatMoney(money(minor, parseCurrency(currency)), locale).replace(/[\u00a0\u202f]/g, " ");
    expect(read(24_900n, "NOK", "en")).toBe("NOK 249.00");
    expect(read(24_900n, "NOK", "nb")).toBe("249,00 NOK");
    expect(read(12_345n, "HUF", "en")).toBe("HUF 123.45");
    expect(read(12_345n, "IQD", "en")).toBe("IQD 12.345");
    expect(read(500n, "JPY", "en")).toBe("JPY 500");
  });

  it("takes shares within half a minor unit of the exact one, and symmetric about zero", () => {
    fc.assert(
      fc.property(anyAmount, fc.integer({ min: 0, max: 10_000 }), (amount, basisPoints) => {
        const share = shareInBasisPoints(amount, basisPoints);
        const error = share * 10_000n - amount * BigInt(basisPoints);
        expect(error <= 5_000n && error >= -5_000n).toBe(true);
        expect(shareInBasisPoints(-amount, basisPoints)).toBe(-share);
      }),
    );
  });
});

describe("currencies", () => {
  it("refuses lower case, unknown, historic, test, metal and fund codes", () => {
    for (const code of ["nok", "XXX", "XTS", "XAU", "DEM", "HRK", "CLF", "CHE", "", "NOKK", "__proto__"]) {
      expect(
        codeOf(() => parseCurrency(code)),
        code,
      ).toBe("currency_unknown");
    }
  });

  it("agrees with a published copy of ISO 4217 on every decimal, but for what was decided since", async () => {
    const { data } = await import("currency-codes");
    const published = new Map(data.map((entry) => [entry.code, entry.digits]));
    // Newer than the copy: the Caribbean guilder of 2025.
    const newer = ["XCG"];
    for (const code of CURRENCIES) {
      if (newer.includes(code)) continue;
      expect(published.get(code), code).toBe(currencyExponent(code as CurrencyCode));
    }
    const leftOut = [...published.keys()].filter((code) => !CURRENCIES.includes(code)).sort();
    const withdrawn = ["ANG", "CUC"];
    const notMoney =
      "BOV CHE CHW CLF COU MXV USN UYI UYW XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX".split(" ");
    expect(leftOut).toEqual([...withdrawn, ...notMoney].sort());
  });
});
