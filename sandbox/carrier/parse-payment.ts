// Bodies of create and prepare: schemas CreatePayment and BodyAmountReservationTransactionForReserveInput.
import { isRecord } from "../http/body.ts";
import { toThousandths } from "./amounts.ts";
import { refused } from "./errors.ts";
import { type Fields, needObject, needText, optionalObject, optionalText, parseMoney } from "./fields.ts";
import { limits } from "./limits.ts";
import { parseSink } from "./parse-sink.ts";
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
