// Identifiers: a prefix that names the kind, and 22 random base62 characters (131 bits). Never sequential.

import type { Brand } from "./brand.ts";

export const ID_PREFIXES = {
  merchant: "mer",
  user: "usr",
  apiKey: "key",
  railAccount: "rac",
  invoice: "inv",
  payment: "pay",
  refund: "rfn",
  dispute: "dsp",
  sms: "sms",
  event: "evt",
  endpoint: "cbe",
  delivery: "dlv",
  deliveryAttempt: "dla",
  notification: "ntf",
  import: "imp",
  ledgerTransaction: "ltx",
  entry: "ent",
  audit: "aud",
  mail: "mai",
  settlementFile: "stf",
} as const;

export type IdKind = keyof typeof ID_PREFIXES;
export type Id<K extends IdKind> = Brand<string, `${K}Id`>;

export type MerchantId = Id<"merchant">;
export type UserId = Id<"user">;
export type MailId = Id<"mail">;
export type ApiKeyId = Id<"apiKey">;
export type RailAccountId = Id<"railAccount">;
export type InvoiceId = Id<"invoice">;
export type PaymentId = Id<"payment">;
export type RefundId = Id<"refund">;
export type DisputeId = Id<"dispute">;
export type SmsId = Id<"sms">;
export type EventId = Id<"event">;
export type EndpointId = Id<"endpoint">;
export type DeliveryId = Id<"delivery">;
export type DeliveryAttemptId = Id<"deliveryAttempt">;
export type NotificationId = Id<"notification">;
export type ImportId = Id<"import">;
export type SettlementFileId = Id<"settlementFile">;

export const ID_RANDOM_LENGTH = 22;
const RANDOM_PART = /^[0-9A-Za-z]{22}$/;

/** True for a well-formed identifier of this kind; says nothing about whether it exists. */
export function isId<K extends IdKind>(kind: K, text: string): text is Id<K> {
  const prefix = `${ID_PREFIXES[kind]}_`;
  return text.startsWith(prefix) && RANDOM_PART.test(text.slice(prefix.length));
}

/** The identifier, or null where the text is none of this kind (callers answer "not found", never "malformed"). */
export function parseId<K extends IdKind>(kind: K, text: string): Id<K> | null {
  return isId(kind, text) ? text : null;
}

/** Builds an identifier from 22 random base62 characters. */
export function toId<K extends IdKind>(kind: K, randomPart: string): Id<K> {
  if (!RANDOM_PART.test(randomPart)) throw new Error("The random part of an id is malformed.");
  return `${ID_PREFIXES[kind]}_${randomPart}` as Id<K>;
}
