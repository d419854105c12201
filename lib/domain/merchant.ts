// Choices a merchant makes.

/** What the payer sees after paying: our receipt page, or the merchant's return address at once. */
export const AFTER_PAYMENT = ["receipt", "redirect"] as const;
export type AfterPayment = (typeof AFTER_PAYMENT)[number];

/** What happens to money that pays nothing. */
export const SURPLUS_POLICIES = ["refund", "hold"] as const;
export type SurplusPolicy = (typeof SURPLUS_POLICIES)[number];

export const RAIL_ACCOUNT_KINDS = ["card", "carrier_billing", "mobile_money", "sms"] as const;
export type RailAccountKind = (typeof RAIL_ACCOUNT_KINDS)[number];

export const RAIL_TARGETS = ["sandbox", "provider"] as const;
export type RailTarget = (typeof RAIL_TARGETS)[number];

/** Languages of the payer's pages and texts (BCP 47). */
export const LOCALES = ["en", "nb"] as const;
export type Locale = (typeof LOCALES)[number];

/** The language as a country writes it, for dates: American and Norwegian English order them differently. */
export function regional(locale: string, country: string | null): string {
  return country === null ? locale : `${locale}-${country}`;
}

export function isLocale(text: string): text is Locale {
  return (LOCALES as readonly string[]).includes(text);
}

/** The IANA name in its one spelling, or null where there is no such zone. */
export function canonicalTimeZone(text: string): string | null {
  if (!/^[A-Za-z_]+(\/[A-Za-z0-9_+-]+){0,2}$/.test(text)) return null;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
}
