// Bodies of create and prepare: schemas CreatePayment and BodyAmountReservationTransactionForReserveInput.
import { isRecord } from "../http/body.ts";
import { toThousandths } from "./amounts.ts";
import { refused } from "./errors.ts";
import { parseInstant } from "./instants.ts";
import { limits } from "./limits.ts";
import type { Sink } from "./records.ts";

export type PaymentInput = {
  phone: string;
  clientCorrelator: string | null;
  referenceCode: string;
  merchantName: string | null;
  merchantIdentifier: string | null;
  totalThousandths: number;
  currency: string;
  paymentAmount: Record<string, unknown>;
  sink: Sink | null;
};

type Fields = Record<string, unknown>;

/** Reads a body by the definition. The first thing that is wrong ends the request. */
export function parsePayment(body: Fields): PaymentInput {
  const transaction = needObject(body, "amountTransaction");
  const clientCorrelator = optionalText(transaction, "clientCorrelator");
  const referenceCode = needText(transaction, "referenceCode");
  const amount = parsePaymentAmount(needObject(transaction, "paymentAmount"));
  const sink = parseSink(body);
  const phone = optionalText(transaction, "phoneNumber");
  if (phone === null) {
    // The token is the application's own, so nothing else tells the phone.
    throw refused("MISSING_IDENTIFIER");
  }
  checkPhone(phone);
  return { phone, clientCorrelator, referenceCode, sink, ...amount };
}

/** Ends the request unless the number is written as the definition wants it. */
export function checkPhone(phone: string): void {
  if (!/^\+[1-9][0-9]{4,14}$/.test(phone)) {
    throw refused("INVALID_ARGUMENT", "phoneNumber must be in international format, with a plus.");
  }
}

function parsePaymentAmount(amount: Fields) {
  const information = needObject(amount, "chargingInformation");
  const charged = parseMoney(information);
  if (!Object.hasOwn(limits, charged.currency)) {
    throw refused("INVALID_ARGUMENT", "Currency is unknown or not authorized.");
  }
  const metaData = optionalObject(amount, "chargingMetaData");
  const details = amount.paymentDetails;
  const paymentAmount: Fields = { chargingInformation: charged.echo };
  let merchant: { name: string | null; identifier: string | null } = { name: null, identifier: null };
  if (metaData) {
    merchant = {
      name: optionalText(metaData, "merchantName"),
      identifier: optionalText(metaData, "merchantIdentifier"),
    };
    paymentAmount.chargingMetaData = parseMetaData(metaData);
  }
  if (details !== undefined) {
    if (!Array.isArray(details) || details.length === 0) {
      throw refused("INVALID_ARGUMENT", "paymentDetails must be a list with at least one item.");
    }
    paymentAmount.paymentDetails = details.map(parseItem);
  }
  return {
    merchantName: merchant.name,
    merchantIdentifier: merchant.identifier,
    totalThousandths: charged.totalThousandths,
    currency: charged.currency,
    paymentAmount,
  };
}

/** The money fields that a charge and its items share. */
function parseMoney(fields: Fields) {
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

function parseItem(item: unknown): Fields {
  if (!isRecord(item)) {
    throw refused("INVALID_ARGUMENT", "paymentDetails must hold objects.");
  }
  return { id: needText(item, "id"), ...parseMoney(item).echo };
}

function parseMetaData(metaData: Fields): Fields {
  const kept: Fields = {};
  for (const name of [
    "merchantName",
    "merchantIdentifier",
    "purchaseCategoryCode",
    "channel",
    "serviceId",
    "productId",
  ]) {
    const value = optionalText(metaData, name);
    if (value !== null) {
      kept[name] = value;
    }
  }
  if (metaData.fee !== undefined) {
    const fee = typeof metaData.fee === "number" ? toThousandths(metaData.fee) : null;
    if (fee === null || fee % 10 !== 0) {
      throw refused("INVALID_ARGUMENT", "fee must be a number in steps of 0.01.");
    }
    kept.fee = fee / 1_000;
  }
  return kept;
}

/** A sink must be https; plain http is taken on loopback, because this is a sandbox. */
function parseSink(body: Fields): Sink | null {
  const url = optionalText(body, "sink");
  const credential = parseCredential(optionalObject(body, "sinkCredential"));
  if (url === null) {
    return null;
  }
  if (!URL.canParse(url)) {
    throw refused("INVALID_ARGUMENT", "sink must be a URI.");
  }
  const { protocol, hostname } = new URL(url);
  const isLoopback = hostname === "localhost" || hostname === "[::1]" || /^127\./.test(hostname);
  if (protocol !== "https:" && !(protocol === "http:" && isLoopback)) {
    throw refused("INVALID_SINK");
  }
  return { url, token: credential?.token ?? null, expiresAt: credential?.expiresAt ?? null, isGone: false };
}

function parseCredential(credential: Fields | null): { token: string; expiresAt: number } | null {
  if (!credential) {
    return null;
  }
  const type = needText(credential, "credentialType");
  if (type === "PLAIN" || type === "REFRESHTOKEN") {
    throw refused("INVALID_CREDENTIAL");
  }
  if (type !== "ACCESSTOKEN") {
    throw refused("INVALID_ARGUMENT", "credentialType must be PLAIN, ACCESSTOKEN or REFRESHTOKEN.");
  }
  if (needText(credential, "accessTokenType") !== "bearer") {
    throw refused("INVALID_TOKEN");
  }
  const expiresAt = parseInstant(needText(credential, "accessTokenExpiresUtc"));
  if (expiresAt === null) {
    throw refused("INVALID_ARGUMENT", "accessTokenExpiresUtc must follow RFC 3339 and have a time zone.");
  }
  return { token: needText(credential, "accessToken"), expiresAt };
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

function optionalFlag(fields: Fields, name: string): boolean | null {
  const value = fields[name];
  if (value !== undefined && typeof value !== "boolean") {
    throw refused("INVALID_ARGUMENT", `${name} must be a boolean.`);
  }
  return value ?? null;
}

function needObject(fields: Fields, name: string): Fields {
  const value = optionalObject(fields, name);
  if (value === null) {
    throw refused("INVALID_ARGUMENT", `Expected property is missing: ${name}.`);
  }
  return value;
}

function optionalObject(fields: Fields, name: string): Fields | null {
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
