// Fields of JSON bodies. The first one that is wrong ends the request in the definition's words.
import { isRecord } from "../http/body.ts";
import { toThousandths } from "./amounts.ts";
import { refused } from "./errors.ts";

export type Fields = Record<string, unknown>;

/** The money fields that charges, refunds and their items share. */
export function parseMoney(fields: Fields) {
  const amount = needThousandths(fields, "amount", 1);
  const currency = needText(fields, "currency");
  const description = needText(fields, "description");
  const isTaxIncluded = optionalFlag(fields, "isTaxIncluded");
  const tax = fields.taxAmount === undefined ? null : needThousandths(fields, "taxAmount", 0);
  if (!/^[A-Z]{3}$/.test(currency)) {
    throw refused("INVALID_ARGUMENT", "Currency is unknown or not authorized.");
  }
  return {
    currency,
    isTaxIncluded: isTaxIncluded ?? false,
    // Tax that is not in the amount comes on top of it.
    totalThousandths: amount + (isTaxIncluded ? 0 : (tax ?? 0)),
    echo: {
      amount: amount / 1_000,
      currency,
      description,
      ...(isTaxIncluded === null ? {} : { isTaxIncluded }),
      ...(tax === null ? {} : { taxAmount: tax / 1_000 }),
    },
  };
}

/** The named text; a missing one ends the request in the definition's words. */
export function needText(fields: Fields, name: string): string {
  const value = optionalText(fields, name);
  if (value === null) {
    throw refused("INVALID_ARGUMENT", `Expected property is missing: ${name}.`);
  }
  return value;
}

/** The named text, or null when there is none; anything else there ends the request. */
export function optionalText(fields: Fields, name: string): string | null {
  const value = fields[name];
  if (value === undefined) {
    return null;
  }
  if (typeof value !== "string") {
    throw refused("INVALID_ARGUMENT", `${name} must be a string.`);
  }
  return value;
}

/** The named boolean, or null. */
export function optionalFlag(fields: Fields, name: string): boolean | null {
  const value = fields[name];
  if (value !== undefined && typeof value !== "boolean") {
    throw refused("INVALID_ARGUMENT", `${name} must be a boolean.`);
  }
  return value ?? null;
}

/** The named object; a missing one ends the request. */
export function needObject(fields: Fields, name: string): Fields {
  const value = optionalObject(fields, name);
  if (value === null) {
    throw refused("INVALID_ARGUMENT", `Expected property is missing: ${name}.`);
  }
  return value;
}

/** The named object, or null. */
export function optionalObject(fields: Fields, name: string): Fields | null {
  const value = fields[name];
  if (value === undefined) {
    return null;
  }
  if (!isRecord(value)) {
    throw refused("INVALID_ARGUMENT", `${name} must be an object.`);
  }
  return value;
}

function needThousandths(fields: Fields, name: string, least: number): number {
  const value = fields[name];
  if (value === undefined) {
    throw refused("INVALID_ARGUMENT", `Expected property is missing: ${name}.`);
  }
  const thousandths = typeof value === "number" ? toThousandths(value) : null;
  if (thousandths === null || thousandths < least) {
    throw refused(
      "INVALID_ARGUMENT",
      `${name} must be a number of at least ${least / 1_000} in steps of 0.001.`,
    );
  }
  return thousandths;
}
