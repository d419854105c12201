// Fields of the native door: what is taken, and what each becomes inside.

import { z } from "zod";
import { CURRENCIES, isCurrencyCode } from "#lib/domain/currency.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import {
  isInstantInRange,
  METADATA_KEY,
  METADATA_KEYS_MAX,
  METADATA_VALUE_LENGTH_MAX,
} from "#lib/domain/invoice-fields.ts";
import { canonicalTimeZone, LOCALES } from "#lib/domain/merchant.ts";
import { AMOUNT_MINOR_MAX, AMOUNT_MINOR_MIN } from "#lib/domain/money.ts";
import { PAYMENT_METHODS } from "#lib/domain/payment.ts";
import { isSmsSender, unknownPlaceholders } from "#lib/domain/sms.ts";
import { canonicalHttpsUrl, WEB_ADDRESS_LENGTH_MAX } from "#lib/domain/web-address.ts";
import { parseMsisdn } from "#lib/phone/parse-msisdn.ts";
import { rule } from "../faults.ts";
import { ImplicitNumber } from "../strict-json.ts";
import { line } from "../text.ts";

const PUBLIC_PAGE_LENGTH_MAX = 500;

/** Minor units: a plain whole number. */
export const amount = z
  .int("must be a whole number, in minor units")
  .min(Number(AMOUNT_MINOR_MIN), `must be at least ${AMOUNT_MINOR_MIN}`)
  .max(Number(AMOUNT_MINOR_MAX), `must be at most ${AMOUNT_MINOR_MAX}`);

export const currency = z
  .string()
  .refine(
    isCurrencyCode,
    rule("currency_unknown", "must be an ISO 4217 code in upper case that can be billed in"),
  )
  .meta({ id: "Currency", enum: CURRENCIES, description: "ISO 4217 code in upper case." });

export const phone = z
  .string()
  .meta({ examples: ["+4790000000"] })
  .transform((text, ctx) => {
    try {
      return parseMsisdn(text);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      ctx.addIssue({ code: "custom", ...rule(error.code, error.message) });
      return z.NEVER;
    }
  });

/** The same in a query, where a plus sign that is not encoded arrives as a space. */
export const phoneInQuery = z
  .string()
  .transform((text) => text.replace(/^ (?=\d)/, "+"))
  .pipe(phone);

/** RFC 3339 with a zone; in years that every clock, calendar and database on the way can write. */
export const instant = z.iso
  .datetime({ offset: true, error: "must be a time with its zone, such as 2027-01-31T23:59:59Z" })
  .transform((text) => new Date(text))
  .refine(isInstantInRange, rule("instant_out_of_range", "must be in the years 1970 to 9998"));

export const method = z.enum(PAYMENT_METHODS);

export const methods = z
  .array(method)
  .min(1)
  .max(PAYMENT_METHODS.length)
  .refine((list) => new Set(list).size === list.length, rule("repeated", "must not name a method twice"))
  .meta({ uniqueItems: true });

export const locale = z.enum(LOCALES);

/** Whether it is allowed is decided where the merchant's hosts are known. */
export const webAddress = z
  .string()
  .min(1)
  .max(WEB_ADDRESS_LENGTH_MAX)
  .meta({ format: "uri", examples: ["https://shop.example/thanks"] });

/** A page that payers are shown a link to, in its canonical form. */
export const publicPage = z
  .string()
  .max(PUBLIC_PAGE_LENGTH_MAX)
  .meta({ format: "uri" })
  .transform((text, ctx) => {
    const page = canonicalHttpsUrl(text, PUBLIC_PAGE_LENGTH_MAX);
    if (page !== null) return page;
    ctx.addIssue({
      code: "custom",
      ...rule("url_not_allowed", "must be an https address without a user name"),
    });
    return z.NEVER;
  });

/** An IANA name in its one spelling. */
export const timeZone = z
  .string()
  .meta({ examples: ["Europe/Oslo"] })
  .transform((text, ctx) => {
    const name = canonicalTimeZone(text);
    if (name !== null) return name;
    ctx.addIssue({ code: "custom", ...rule("time_zone_unknown", "must be an IANA time zone") });
    return z.NEVER;
  });

export const metadata = z
  .record(z.string().regex(METADATA_KEY), line(METADATA_VALUE_LENGTH_MAX))
  .refine(
    (entries) => Object.keys(entries).length <= METADATA_KEYS_MAX,
    rule("too_big", `must have at most ${METADATA_KEYS_MAX} keys`),
  )
  .meta({ maxProperties: METADATA_KEYS_MAX });

export const smsSender = z
  .string()
  .refine(
    isSmsSender,
    rule(
      "sms_sender_invalid",
      "must be 1 to 11 letters, digits or spaces with at least one letter, or a number",
    ),
  )
  .meta({ pattern: "^(\\+?[0-9]{3,15}|[A-Za-z0-9 ]{1,11})$" });

export const smsText = line(600, true).refine(
  (text) => unknownPlaceholders(text).length === 0,
  rule(
    "sms_text_invalid",
    "must hold known placeholders only: {merchant} {reference} {description} {amount} {due} {link}",
  ),
);

/** Percent with at most two decimals, as a number: 25 or 12.5. Becomes basis points. */
const taxRate = z
  .unknown()
  .meta({ type: "number", minimum: 0, maximum: 100, examples: [25, 12.5] })
  .transform((value, ctx) => {
    const text =
      value instanceof ImplicitNumber ? value.text : typeof value === "number" ? String(value) : "";
    const match = /^(\d{1,3})(?:\.(\d{1,2}))?$/.exec(text);
    const basisPoints =
      match === null ? Number.NaN : Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0"));
    if (!(basisPoints <= 10_000)) {
      ctx.addIssue({
        code: "custom",
        ...rule("tax_rate_invalid", "must be a number, not text, from 0 to 100 with at most two decimals"),
      });
      return z.NEVER;
    }
    return basisPoints;
  });

export const invoiceLine = z.strictObject({
  description: line(200),
  quantity: z.int().min(1).max(1_000_000),
  /** Tax included; negative for a discount. */
  unit_amount: z.int().min(-Number(AMOUNT_MINOR_MAX)).max(Number(AMOUNT_MINOR_MAX)),
  tax_rate: taxRate.optional(),
});

/** A whole number in a query, in plain digits. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,10}$/, "must be a whole number")
    .transform(Number)
    .pipe(z.int().min(min).max(max))
    .meta({ type: "integer", minimum: min, maximum: max });

export const limit = wholeNumber(1, 100).default(20);
export const cursor = z.string().min(1).max(200);

const VERSION_MAX = 2_147_483_647;

/** The version that a change was made for. */
export const version = z.int().min(1).max(VERSION_MAX);
