// Amounts and times as the viewer reads them: their language, the merchant's time zone.

import { headers } from "next/headers";
import { cache } from "react";
import { formatMoney, type Money } from "#lib/domain/money.ts";

export interface Format {
  readonly locale: string;
  readonly timeZone: string;
  money(value: Money): string;
  /** Day and time, with the zone. */
  time(at: Date): string;
  day(at: Date): string;
}

/** The first of the browser's languages that can be formatted. */
export const viewerLocale = cache(async (): Promise<string> => {
  const asked = ((await headers()).get("accept-language") ?? "").slice(0, 200);
  for (const part of asked.split(",")) {
    const tag = (part.split(";")[0] ?? "").trim();
    try {
      const [locale] = Intl.DateTimeFormat.supportedLocalesOf(tag);
      if (locale !== undefined) return locale;
    } catch {
      // No language tag at all.
    }
  }
  return "en";
});

export function formatFor(locale: string, timeZone: string): Format {
  const time = new Intl.DateTimeFormat(locale, {
    dateStyle: "medium",
    timeStyle: "short",
    timeZone,
  });
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone });
  return {
    locale,
    timeZone,
    money: (value) => formatMoney(value, locale),
    time: (at) => time.format(at),
    day: (at) => day.format(at),
  };
}
