import { expect, it } from "vitest";
import { readAmount, readLinkToken } from "./search-text.ts";

it.each([
  ["249", "249", null],
  ["249,00", "249.00", null],
  ["1 249,5", "1249.5", null],
  ["1,249", "1249", null],
  ["1.249.000,00", "1249000.00", null],
  ["NOK 249.00", "249.00", "NOK"],
  ["249 nok", "249", "NOK"],
  ["KWD 1,250", "1.250", "KWD"],
  [".5", null, null],
  ["12 apples", null, null],
  ["NOK 5 SEK", null, null],
  ["", null, null],
])("%j is read as the amount %s %s", (text, decimal, currency) => {
  expect(readAmount(text)).toEqual(decimal === null ? null : { decimal, currency });
});

it.each([
  ["https://pay.example/i/0123456789abcdefABCDEF", "0123456789abcdefABCDEF"],
  ["https://pay.example/i/0123456789abcdefABCDEF/receipt?x=1", "0123456789abcdefABCDEF"],
  ["0123456789abcdefABCDEF", "0123456789abcdefABCDEF"],
  ["https://pay.example/x/0123456789abcdefABCDEF", null],
  ["0123456789abcdefABCDE", null],
])("%j holds the token %s", (text, token) => {
  expect(readLinkToken(text)).toBe(token);
});
