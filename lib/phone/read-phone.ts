// Reads a number as somebody typed it who looks for it: here a country may be guessed, since nobody is billed.

import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js/max";
import type { Msisdn } from "#lib/domain/msisdn.ts";

/**
 * The number, or null where the text is none. Without its country code it is one of `country` (ISO 3166-1 alpha-2).
 */
export function readPhone(text: string, country: string): Msisdn | null {
  const trimmed = text.trim();
  const international = trimmed.startsWith("00") ? `+${trimmed.slice(2)}` : trimmed;
  if (!/^\+?[\d\s().-]{5,24}$/.test(international)) return null;
  const home: CountryCode | undefined = isSupportedCountry(country) ? country : undefined;
  const parsed = parsePhoneNumberFromString(international, {
    extract: false,
    ...(home === undefined ? {} : { defaultCountry: home }),
  });
  return parsed?.isPossible() === true ? (parsed.number as string as Msisdn) : null;
}
