import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { guessNotation, readAmountText } from "./amount-text.ts";
import { parseCurrency } from "./currency.ts";
import { money, toDecimal } from "./money.ts";

const NOK = parseCurrency("NOK");
const KWD = parseCurrency("KWD");
const JPY = parseCurrency("JPY");

describe("an amount in a table", () => {
  it.each([
    ["249.00", "point", 24_900n],
    ["249", "point", 24_900n],
    ["249.5", "point", 24_950n],
    ["1,249.00", "point", 124_900n],
    ["1 249.00", "point", 124_900n],
    ["1'249.00", "point", 124_900n],
    ["249,00", "comma", 24_900n],
    ["1.249,00", "comma", 124_900n],
    ["1\u00a0249,50", "comma", 124_950n],
    ["1\u202f249\u202f000,50", "comma", 124_900_050n],
    [" 249,00 ", "comma", 24_900n],
    ["24900", "minor", 24_900n],
  ] as const)("%j in %s notation is %d minor units", (text, notation, minor) => {
    expect(readAmountText(text, NOK, notation).amountMinor).toBe(minor);
  });

  it.each([
    ["1.250", "point"],
    ["1,250", "comma"],
    ["249,00", "point"],
    ["249.00", "comma"],
    ["249.001", "point"],
    ["1,24", "point"],
    ["1.249.00", "point"],
    ["1,249 000.00", "point"],
    ["-5.00", "point"],
    ["+5.00", "point"],
    ["5.00 kr", "point"],
    ["5.", "point"],
    [".5", "point"],
    ["5e3", "point"],
    ["٥", "point"],
    ["", "point"],
    ["249.00", "minor"],
    ["2 490", "minor"],
  ] as const)("%j in %s notation is refused, not guessed at", (text, notation) => {
    expect(() => readAmountText(text, NOK, notation)).toThrow(
      expect.objectContaining({ code: "amount_not_representable" }),
    );
  });

  it("has the decimals of its currency", () => {
    expect(readAmountText("1.250", KWD, "point").amountMinor).toBe(1_250n);
    expect(() => readAmountText("1,250", KWD, "point")).toThrow("two ways");
    expect(readAmountText("1,250", JPY, "point").amountMinor).toBe(1_250n);
    expect(() => readAmountText("12.5", JPY, "point")).toThrow();
  });

  it("is read back as it was written, in either notation", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 99_999_999n), fc.constantFrom(NOK, KWD, JPY), (minor, currency) => {
        const point = toDecimal(money(minor, currency));
        expect(readAmountText(point, currency, "point").amountMinor).toBe(minor);
        expect(readAmountText(point.replace(".", ","), currency, "comma").amountMinor).toBe(minor);
      }),
    );
  });

  it("is written with a comma where a column says so and nothing speaks against it", () => {
    expect(guessNotation(["249,00", "1.000,50", "7"])).toBe("comma");
    expect(guessNotation(["249.00", "7"])).toBe("point");
    expect(guessNotation(["249,00", "249.00"])).toBe("point");
    expect(guessNotation(["249"])).toBe("point");
  });
});
