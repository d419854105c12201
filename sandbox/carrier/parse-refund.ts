// Bodies of `POST …/refunds`: schemas CreateTotalRefund and CreatePartialRefund.
import { isRecord } from "../http/body.ts";
import { refused } from "./errors.ts";
import { type Fields, needObject, needText, optionalObject, optionalText, parseMoney } from "./fields.ts";
import { parseSink } from "./parse-sink.ts";
import type { RefundItem, Sink } from "./records.ts";

/** What a partial refund says of its money. */
export type PartialAmount = {
  totalThousandths: number;
  currency: string;
  isTaxIncluded: boolean;
  items: (RefundItem & { currency: string; isTaxIncluded: boolean })[];
};

export type RefundInput = {
  type: "total" | "partial";
  clientCorrelator: string | null;
  referenceCode: string;
  merchantIdentifier: string | null;
  reason: string | null;
  refundAmount: Fields;
  /** Null for a total refund: whatever is left. */
  amount: PartialAmount | null;
  sink: Sink | null;
};

/** Reads a body by the definition. The first thing that is wrong ends the request. */
export function parseRefund(body: Fields): RefundInput {
  const type = needText(body, "type");
  if (type !== "total" && type !== "partial") {
    throw refused("INVALID_ARGUMENT", "type must be total or partial.");
  }
  const reason = optionalText(body, "reason");
  const transaction = needObject(body, "amountTransaction");
  const clientCorrelator = optionalText(transaction, "clientCorrelator");
  const referenceCode = needText(transaction, "referenceCode");
  const given = needObject(transaction, "refundAmount");
  const metaData = optionalObject(given, "chargingMetaData");
  const merchantIdentifier = metaData && optionalText(metaData, "merchantIdentifier");
  const refundAmount: Fields = {};
  const amount = type === "partial" ? parsePartial(given, refundAmount) : null;
  if (metaData) {
    refundAmount.chargingMetaData = merchantIdentifier === null ? {} : { merchantIdentifier };
  }
  const sink = parseSink(body);
  return {
    type,
    clientCorrelator,
    referenceCode,
    merchantIdentifier,
    reason,
    refundAmount,
    amount,
    sink,
  };
}

/** Reads the money, and puts what the definition knows of it into `echo`. */
function parsePartial(given: Fields, echo: Fields): PartialAmount {
  const charged = parseMoney(needObject(given, "chargingInformation"));
  echo.chargingInformation = charged.echo;
  const details = given.refundDetails;
  if (details !== undefined && (!Array.isArray(details) || details.length === 0)) {
    throw refused("INVALID_ARGUMENT", "refundDetails must be a list with at least one item.");
  }
  const items = (details ?? []).map(parseItem);
  if (details !== undefined) {
    echo.refundDetails = items.map((item) => item.echo);
  }
  return {
    totalThousandths: charged.totalThousandths,
    currency: charged.currency,
    isTaxIncluded: charged.isTaxIncluded,
    items: items.map(({ echo: _echo, ...item }) => item),
  };
}

function parseItem(item: unknown) {
  if (!isRecord(item)) {
    throw refused("INVALID_ARGUMENT", "refundDetails must hold objects.");
  }
  const paymentItemId = needText(item, "paymentItemId");
  const { echo, ...money } = parseMoney(item);
  return { paymentItemId, ...money, echo: { paymentItemId, ...echo } };
}
