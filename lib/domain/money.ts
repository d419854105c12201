// Money: an integer of minor units and a currency. The only place where amounts are made and combined.

import type { Brand } from "./brand.ts";
import { type CurrencyCode, currencyExponent } from "./currency.ts";
import { ServiceError } from "./errors.ts";

/** `amountMinor`: minor units of `currency` (ISO 4217), never a fraction. May be zero or negative in sums. */
export type Money = Brand<{ readonly amountMinor: bigint; readonly currency: CurrencyCode }, "Money">;

/** Bounds of one billed amount, in minor units. */
export const AMOUNT_MINOR_MIN = 1n;
export const AMOUNT_MINOR_MAX = 99_999_999n;

/** Money from minor units, without bounds: for sums, fees and balances. */
export function money(amountMinor: bigint, currency: CurrencyCode): Money {
  return Object.freeze({ amountMinor, currency }) as Money;
}

/**
 * Money that can be billed: within the bounds of one amount.
 *
 * @throws amount_out_of_range  below AMOUNT_MINOR_MIN or above AMOUNT_MINOR_MAX
 */
export function billableMoney(amountMinor: bigint, currency: CurrencyCode): Money {
  if (amountMinor < AMOUNT_MINOR_MIN || amountMinor > AMOUNT_MINOR_MAX) {
    throw new ServiceError(
      "amount_out_of_range",
      `The amount must be between ${AMOUNT_MINOR_MIN} and ${AMOUNT_MINOR_MAX} minor units.`,
      { pointer: "/amount" },
    );
  }
  return money(amountMinor, currency);
}

export function isSameMoney(a: Money, b: Money): boolean {
  return a.amountMinor === b.amountMinor && a.currency === b.currency;
}

/** The amount as decimal text with exactly the currency's decimals: 24900 NOK is "249.00", 5 JPY is "5". */
export function toDecimal(value: Money): string {
  const exponent = currencyExponent(value.currency);
  const isNegative = value.amountMinor < 0n;
  const digits = (isNegative ? -value.amountMinor : value.amountMinor).toString().padStart(exponent + 1, "0");
  const whole = digits.slice(0, digits.length - exponent);
  const fraction = exponent === 0 ? "" : `.${digits.slice(digits.length - exponent)}`;
  return `${isNegative ? "-" : ""}${whole}${fraction}`;
}

/**
 * Reads plain decimal text ("249", "249.5", "249.000") into minor units; refused, never rounded, where the
 * currency cannot hold it.
 *
 * @throws amount_not_representable  not plain decimal text, or more decimals than the currency has
 */
export function fromDecimal(text: string, currency: CurrencyCode): Money {
  const match = /^(-?)(\d{1,18})(?:\.(\d+))?$/.exec(text);
  const exponent = currencyExponent(currency);
  const fraction = (match?.[3] ?? "").replace(/0+$/, "");
  if (match === null || fraction.length > exponent) {
    throw new ServiceError("amount_not_representable", "The currency cannot hold this amount.", {
      pointer: "/amount",
    });
  }
  const minor = BigInt(`${match[2]}${fraction.padEnd(exponent, "0")}`);
  return money(match[1] === "-" ? -minor : minor, currency);
}

/**
 * Share of an amount in basis points (1/100 of a percent), rounded half away from zero to a whole minor unit.
 */
export function shareInBasisPoints(amountMinor: bigint, basisPoints: number): bigint {
  const scaled = amountMinor * BigInt(basisPoints);
  const half = scaled < 0n ? -5_000n : 5_000n;
  return (scaled + half) / 10_000n;
}

/**
 * The amount as people read it in `locale` (BCP 47), with the currency's code and decimals: "NOK 249.00".
 * Decimals come from our table, not from the runtime's.
 */
export function formatMoney(value: Money, locale: string): string {
  return formatFor(locale, value.currency).format(toDecimal(value) as Intl.StringNumericLiteral);
}

/** One for each of our languages and currencies: they take long to make. */
const formats = new Map<string, Intl.NumberFormat>();

function formatFor(locale: string, currency: CurrencyCode): Intl.NumberFormat {
  const name = `${locale}:${currency}`;
  const known = formats.get(name);
  if (known !== undefined) return known;
  const digits = currencyExponent(currency);
  const format = new Intl.NumberFormat(locale, {
    style: "currency",
    currency,
    currencyDisplay: "code",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  formats.set(name, format);
  return format;
}
