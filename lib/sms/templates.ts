// The texts we send when the merchant gives none: plain, short, and no word of urgency.

import { cutText } from "#lib/domain/cut.ts";
import type { ComposeSms } from "#lib/domain/ports/sms.ts";
import { fillTemplate, SMS_SEGMENTS_MAX, type SmsKind, type SmsValues } from "#lib/domain/sms.ts";
import { measureSms } from "./segments.ts";

/** Sentences of one language; each is left out where its value is missing. */
interface Texts {
  readonly invoice: string;
  readonly due: string;
  readonly link: string;
  readonly receipt: string;
  readonly code: string;
}

const TEXTS: ReadonlyMap<string, Texts> = new Map([
  [
    "en",
    {
      invoice: "{merchant}: {reference}, {amount}",
      due: ", due {due}",
      link: "Pay: {link}",
      receipt: "{merchant}: {amount} paid, thank you. Receipt: {link}",
      code: "{merchant}: type {code} to pay {amount} on your phone bill. Tell no one this code.",
    },
  ],
  [
    "nb",
    {
      invoice: "{merchant}: {reference}, {amount}",
      due: ", forfall {due}",
      link: "Betal: {link}",
      receipt: "{merchant}: {amount} er betalt, takk. Kvittering: {link}",
      code: "{merchant}: tast {code} for å betale {amount} på mobilregningen. Ikke gi koden til noen.",
    },
  ],
]);

const LINK = "{link}";
const SHORTEST = 8;

/**
 * The text to send. A merchant's template is filled as it is, with the link on a line of its own where it has
 * none; ours is kept within two parts by shortening what is long.
 */
export function composeSms({ kind, locale, template, values }: ComposeSms): string {
  const plain = plainValues(values);
  if (template !== null) {
    return fillTemplate(template.includes(LINK) ? template : `${template}\n${LINK}`, plain);
  }
  return fitOwnText(kind, textsFor(locale), plain);
}

function textsFor(locale: string): Texts {
  const texts = TEXTS.get(locale) ?? TEXTS.get("en");
  if (texts === undefined) throw new Error("The English texts are missing.");
  return texts;
}

/** A reference names the invoice; without one its description does. */
function fitOwnText(kind: SmsKind, texts: Texts, values: SmsValues): string {
  let merchant = values.merchant;
  let name = values.reference === "" ? values.description : values.reference;
  for (;;) {
    const text = fillTemplate(ownTemplate(kind, texts, values), { ...values, merchant, reference: name });
    if (measureSms(text).segments <= SMS_SEGMENTS_MAX) return text;
    if (name.length >= merchant.length && name.length > SHORTEST) name = shorten(name);
    else if (merchant.length > SHORTEST) merchant = shorten(merchant);
    else return text;
  }
}

function ownTemplate(kind: SmsKind, texts: Texts, values: SmsValues): string {
  switch (kind) {
    case "invoice":
      return `${texts.invoice}${values.due === "" ? "" : texts.due}.\n${texts.link}`;
    case "receipt":
      return texts.receipt;
    case "code":
      return texts.code;
  }
}

function shorten(text: string): string {
  const whole = text.replace(/\.\.\.$/, "");
  return `${cutText(whole, Math.floor(whole.length * 0.85)).trimEnd()}...`;
}

/** Formatters put no-break spaces into amounts and dates; one of them would make the whole text UCS-2. */
function plainValues(values: SmsValues): SmsValues {
  const plain = (text: string) => text.replace(/[\u00A0\u202F\u2009]/g, " ");
  return { ...values, amount: plain(values.amount), due: plain(values.due) };
}
