// What components are given to speak with: messages, amounts and dates in one language.

import type { Money } from "#lib/domain/money.ts";

export interface PayerText {
  /** BCP 47. */
  readonly locale: string;
  readonly t: (key: string, values?: Readonly<Record<string, string | number>>) => string;
  readonly money: (value: Money) => string;
  /** A day, in the merchant's time zone. */
  readonly day: (instant: Date) => string;
  /** A day and time with the zone's name, in the merchant's time zone. */
  readonly time: (instant: Date) => string;
}

/** The merchant as payers see it. */
export interface PayerMerchant {
  readonly name: string;
  readonly legalName: string;
  readonly address: string | null;
  readonly registrationNumber: string | null;
  readonly contactEmail: string | null;
  readonly contactPhone: string | null;
  readonly contactUrl: string | null;
}
