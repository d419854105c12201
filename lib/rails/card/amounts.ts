// Stripe's amounts. They are ISO 4217 minor units but for a few currencies.
// Source: Stripe's documentation "Currencies" (zero-decimal, special cases, minimum charge amounts).

import { type CurrencyCode, currencyExponent, isCurrencyCode } from "#lib/domain/currency.ts";
import type { AmountBounds } from "#lib/domain/eligibility.ts";
import { type Money, money } from "#lib/domain/money.ts";

/** Stripe takes ISK and UGX with two decimals that must be zero, and MGA without any. */
const STRIPE_EXPONENTS: ReadonlyMap<string, number> = new Map([
  ["ISK", 2],
  ["UGX", 2],
  ["MGA", 0],
]);

/** Currencies that Stripe does not charge cards in. */
const NOT_CHARGED = new Set("CUP IQD IRR KPW LYD SDG SSP SYP TMT VED VES ZWG".split(" "));

/** Least amount of one charge, in ISO minor units. Others have no figure of their own: Stripe asks for about
 * half a US dollar after conversion, and refuses less. */
const MINIMUMS: ReadonlyMap<string, bigint> = new Map([
  ["AED", 200n],
  ["AUD", 50n],
  ["BGN", 100n],
  ["BRL", 50n],
  ["CAD", 50n],
  ["CHF", 50n],
  ["CZK", 1500n],
  ["DKK", 250n],
  ["EUR", 50n],
  ["GBP", 30n],
  ["HKD", 400n],
  ["HUF", 17500n],
  ["INR", 50n],
  ["JPY", 50n],
  ["MXN", 1000n],
  ["MYR", 200n],
  ["NOK", 300n],
  ["NZD", 50n],
  ["PLN", 200n],
  ["RON", 200n],
  ["SEK", 300n],
  ["SGD", 50n],
  ["THB", 1000n],
  ["USD", 50n],
]);

export function cardBounds(currency: string): AmountBounds | null {
  if (!isCurrencyCode(currency) || NOT_CHARGED.has(currency)) return null;
  const stepMinor = stepOf(currency);
  return {
    minMinor: MINIMUMS.get(currency) ?? 1n,
    maxMinor: null,
    ...(stepMinor === 1n ? {} : { stepMinor }),
  };
}

/** Stripe's three-decimal currencies are charged in steps of ten of the smallest unit; MGA in whole ones. */
function stepOf(currency: CurrencyCode): bigint {
  const exponent = currencyExponent(currency);
  if (exponent === 3) return 10n;
  return 10n ** BigInt(Math.max(0, exponent - stripeExponent(currency)));
}

/** Minor units of ISO 4217 to Stripe's. An amount between Stripe's steps is never offered to it. */
export function toStripeAmount(value: Money): number {
  if (value.amountMinor % stepOf(value.currency) !== 0n) {
    throw new Error(`Stripe cannot hold ${value.amountMinor} ${value.currency}.`);
  }
  const shift = stripeExponent(value.currency) - currencyExponent(value.currency);
  if (shift >= 0) return Number(value.amountMinor * 10n ** BigInt(shift));
  return Number(value.amountMinor / 10n ** BigInt(-shift));
}

/** Stripe's amount to minor units of ISO 4217, or null where it is none that we could have asked for. */
export function fromStripeAmount(amount: number, stripeCurrency: string): Money | null {
  const currency = stripeCurrency.toUpperCase();
  if (!isCurrencyCode(currency) || !Number.isSafeInteger(amount)) return null;
  const shift = stripeExponent(currency) - currencyExponent(currency);
  const exact = BigInt(amount);
  if (shift <= 0) return money(exact * 10n ** BigInt(-shift), currency);
  const divisor = 10n ** BigInt(shift);
  return exact % divisor === 0n ? money(exact / divisor, currency) : null;
}

function stripeExponent(currency: CurrencyCode): number {
  return STRIPE_EXPONENTS.get(currency) ?? currencyExponent(currency);
}
