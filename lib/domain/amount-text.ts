// Amounts as people write them in a table. Which mark stands before the decimals is told, never guessed cell by
// cell: "1.250" is one and a quarter here and twelve hundred and fifty there.

import { type CurrencyCode, currencyExponent } from "./currency.ts";
import { ServiceError } from "./errors.ts";
import { fromDecimal, type Money, money } from "./money.ts";

/** `point` as in 1,249.00, `comma` as in 1.249,00, `minor` for whole minor units. */
export const AMOUNT_NOTATIONS = ["point", "comma", "minor"] as const;
export type AmountNotation = (typeof AMOUNT_NOTATIONS)[number];

const SPACES = " \u00a0\u202f'\u2019";
const PATTERNS = { point: patternOf("\\.", `${SPACES},`), comma: patternOf(",", `${SPACES}.`) };

/** Plain digits, or groups of three with one kind of mark between them; then decimals. */
function patternOf(decimal: string, marks: string): RegExp {
  return new RegExp(`^(\\d{1,12}|\\d{1,3}([${marks}])\\d{3}(?:\\2\\d{3}){0,2})(?:${decimal}(\\d{1,6}))?$`);
}

/**
 * Reads an amount without sign and currency; refused where it could be meant in another notation, and never rounded.
 *
 * @throws amount_not_representable  not an amount in this notation, or more decimals than the currency has
 */
export function readAmountText(text: string, currency: CurrencyCode, notation: AmountNotation): Money {
  const trimmed = text.trim();
  if (notation === "minor") {
    if (!/^\d{1,12}$/.test(trimmed)) throw notAnAmount("must be a whole number of minor units");
    return money(BigInt(trimmed), currency);
  }
  const match = PATTERNS[notation].exec(trimmed);
  if (match === null) throw notAnAmount(`must be an amount such as ${EXAMPLES[notation]}`);
  const [, whole = "", mark = "", fraction = ""] = match;
  const exponent = currencyExponent(currency);
  // Three digits after a mark are thousands to some and decimals to others, unless the currency tells.
  const isUnclear = exponent < 3 ? fraction.length >= 3 : mark === "," || mark === ".";
  if (isUnclear) throw notAnAmount("could be read in two ways: write it without marks between thousands");
  const digits = whole.replace(/\D/g, "");
  return fromDecimal(fraction === "" ? digits : `${digits}.${fraction}`, currency);
}

const EXAMPLES = { point: "249.00", comma: "249,00" };

function notAnAmount(detail: string): ServiceError {
  return new ServiceError("amount_not_representable", `The amount ${detail}.`, { pointer: "/amount" });
}

/** The notation that the cells of a column are written in: `point` where none tells. */
export function guessNotation(cells: readonly string[]): AmountNotation {
  const hasComma = cells.some((cell) => /,\d{1,2}$/.test(cell.trim()));
  const hasPoint = cells.some((cell) => /\.\d{1,2}$/.test(cell.trim()));
  return hasComma && !hasPoint ? "comma" : "point";
}
