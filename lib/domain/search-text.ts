// What somebody may have meant by what they typed into the search box.

import { type CurrencyCode, currencyExponent, isCurrencyCode } from "./currency.ts";

export interface TypedAmount {
  /** Plain decimal text. */
  readonly decimal: string;
  /** Null where none was typed. */
  readonly currency: CurrencyCode | null;
}

const AMOUNT = /^(?:([A-Za-z]{3})\s*)?(\d[\d\s.,'’]{0,20})(?:\s*([A-Za-z]{3}))?$/u;

/**
 * An amount as people write it ("249", "249,00 NOK", "NOK 1 249.50"), or null. A last separator with one or two
 * digits after it divides decimals, and with three where the currency has three; every other groups thousands.
 */
export function readAmount(text: string): TypedAmount | null {
  const [, before, digits = "", after] = AMOUNT.exec(text.trim()) ?? [];
  if (digits === "" || (before !== undefined && after !== undefined)) return null;
  const code = (before ?? after)?.toUpperCase() ?? null;
  if (code !== null && !isCurrencyCode(code)) return null;
  const longest = code !== null && currencyExponent(code) === 3 ? 3 : 2;
  const decimals = new RegExp(`[.,](\\d{1,${longest}})$`).exec(digits.trim());
  const whole = (decimals === null ? digits : digits.slice(0, decimals.index)).replaceAll(/\D/g, "");
  return {
    decimal: decimals === null ? whole : `${whole || "0"}.${decimals[1]}`,
    currency: code,
  };
}

/** The token of a link, typed alone or as an address; null where it is neither. */
export function readLinkToken(text: string): string | null {
  return /^(?:https?:\/\/\S+?\/i\/)?([0-9A-Za-z]{22})(?:[/?#]\S*)?$/.exec(text.trim())?.[1] ?? null;
}
