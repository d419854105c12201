// Words, amounts and dates in the payer's language.

import { createTranslator } from "use-intl/core";
import type { PayerText } from "#components/payer/text.ts";
import { isLocale, LOCALES, type Locale, regional } from "#lib/domain/merchant.ts";
import { formatMoney } from "#lib/domain/money.ts";
import en from "./messages/en.json" with { type: "json" };
import nb from "./messages/nb.json" with { type: "json" };

const MESSAGES: { readonly [L in Locale]: Record<keyof typeof en, string> } = { en, nb };

const texts = new Map<string, PayerText>();

export interface PayerTextInput {
  readonly locale: string;
  /** ISO 3166 alpha-2, for the order and the clock that dates have there; null where no date is shown. */
  readonly country: string | null;
  readonly timeZone: string;
}

/** Text in a language, with dates as its country and time zone have them; an unknown language is English. */
export function payerText({ locale, country, timeZone }: PayerTextInput): PayerText {
  const language = isLocale(locale) ? locale : "en";
  const region = regional(language, country);
  const name = `${region} ${timeZone}`;
  const known = texts.get(name);
  if (known !== undefined) return known;
  const translate = createTranslator<Record<string, string>>({
    locale: language,
    messages: MESSAGES[language],
    // A message that is missing or misused is a defect that the tests find; a payer still sees a page.
    onError: () => undefined,
  });
  const day = new Intl.DateTimeFormat(region, { dateStyle: "long", timeZone });
  const time = new Intl.DateTimeFormat(region, {
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "numeric",
    minute: "2-digit",
    timeZoneName: "short",
    timeZone,
  });
  const text: PayerText = {
    locale: language,
    t: (key, values) => translate(key, values ?? {}),
    money: (value) => formatMoney(value, language),
    day: (instant) => day.format(instant),
    // The zone is no word of its own: it never stands alone on a line.
    time: (instant) => time.format(instant).replace(/ (?=\S+$)/, "\u00A0"),
  };
  texts.set(name, text);
  return text;
}

/** The first language that the browser asks for and we have, for pages that belong to no invoice. */
export function preferredLocale(acceptLanguage: string | null): Locale {
  for (const part of (acceptLanguage ?? "").slice(0, 200).split(",")) {
    const language = (part.split(";")[0] ?? "").trim().toLowerCase().split("-")[0] ?? "";
    const match = LOCALES.find((locale) => locale === language || (locale === "nb" && language === "no"));
    if (match !== undefined) return match;
  }
  return "en";
}
