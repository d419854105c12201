// ISO 4217 currencies that money can be billed in, with their number of decimals. Our own table,
// because the runtime's is wrong for several (it says HUF 0 and IQD 0). Funds codes, metals and test
// codes are left out, and so is CLF, whose four decimals are a unit of account. A test compares the
// table with a published copy of ISO 4217.

import type { Brand } from "./brand.ts";
import { ServiceError } from "./errors.ts";

export type CurrencyCode = Brand<string, "CurrencyCode">;

const NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
const THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND";
const TWO_DECIMALS = `
  AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY
  COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR
  ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK
  MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP
  SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER
  ZAR ZMW ZWG`;

const EXPONENTS: ReadonlyMap<string, number> = new Map([
  ...codes(NO_DECIMALS).map((code) => [code, 0] as const),
  ...codes(TWO_DECIMALS).map((code) => [code, 2] as const),
  ...codes(THREE_DECIMALS).map((code) => [code, 3] as const),
]);

function codes(list: string): string[] {
  return list.trim().split(/\s+/);
}

/** Every currency that money can be billed in, in upper case. */
export const CURRENCIES: readonly string[] = [...EXPONENTS.keys()].sort();

export function isCurrencyCode(text: string): text is CurrencyCode {
  return EXPONENTS.has(text);
}

/**
 * Reads an ISO 4217 code in upper case.
 *
 * @throws currency_unknown  not in the table (lower case, historic, funds, metals and test codes included)
 */
export function parseCurrency(text: string): CurrencyCode {
  if (!isCurrencyCode(text)) {
    throw new ServiceError("currency_unknown", "The currency is not one that can be billed in.", {
      pointer: "/currency",
    });
  }
  return text;
}

/** Number of decimals of the currency's minor unit (ISO 4217). */
export function currencyExponent(currency: CurrencyCode): number {
  const exponent = EXPONENTS.get(currency);
  if (exponent === undefined) throw new Error("A currency code was made without the parser.");
  return exponent;
}
