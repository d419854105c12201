// Reads what people write as a phone number into E.164, with the numbering plans of libphonenumber.

import { type NumberType, parsePhoneNumberFromString } from "libphonenumber-js/max";
import { ServiceError } from "#lib/domain/errors.ts";
import type { Msisdn } from "#lib/domain/msisdn.ts";

export interface ParsedPhone {
  readonly phone: Msisdn;
  /** ISO 3166-1 alpha-2, or null where the number belongs to no country. */
  readonly country: string | null;
}

/** Kinds of number that no text message reaches, or that cost whoever sends to them. */
const UNREACHABLE: readonly NumberType[] = [
  "FIXED_LINE",
  "PREMIUM_RATE",
  "TOLL_FREE",
  "SHARED_COST",
  "VOICEMAIL",
  "UAN",
  "PAGER",
];

/**
 * One canonical form for every way of writing the same number: "+47 900 00 000", "0047 90000000".
 * A number without its country code is refused, since guessing the country could bill a stranger.
 *
 * @throws phone_invalid  not a number, no country code, an extension, or a kind that no SMS reaches
 */
export function parseMsisdn(text: string, pointer = "/payer/phone"): ParsedPhone {
  const trimmed = text.trim();
  const international = trimmed.startsWith("00") ? `+${trimmed.slice(2)}` : trimmed;
  const isPlain = /^\+[\d\s().-]{5,24}$/.test(international);
  const parsed = isPlain ? parsePhoneNumberFromString(international, { extract: false }) : undefined;
  if (parsed === undefined || !parsed.isPossible() || parsed.ext !== undefined) {
    throw new ServiceError(
      "phone_invalid",
      "The phone number must be a mobile number with its country code.",
      {
        pointer,
      },
    );
  }
  if (UNREACHABLE.includes(parsed.getType())) {
    throw new ServiceError("phone_invalid", "This kind of number cannot receive a text message.", {
      pointer,
    });
  }
  return { phone: parsed.number as string as Msisdn, country: parsed.country ?? null };
}
