// What the carrier keeps: CAMARA carrier-billing v0.5 and carrier-billing-refund v0.3.
import type { Entry } from "../store/collection.ts";

/** In the order of the definition. */
export const paymentStatuses = [
  "processing",
  "pending_validation",
  "denied",
  "reserved",
  "succeeded",
  "cancelled",
] as const;

export type PaymentStatus = (typeof paymentStatuses)[number];

export type CarrierToken = Entry & {
  scopes: string[];
  /** Milliseconds since 1970, UTC. */
  expiresAt: number;
};

export type Sink = {
  url: string;
  /** Null when the client gave no credential. */
  token: string | null;
  /** Milliseconds since 1970, UTC; after it nothing more is sent. */
  expiresAt: number | null;
  /** The client has answered 410: nothing more is sent. */
  isGone: boolean;
};

export type Validation =
  | { action: "validate"; authorizationId: string; code: string; triesLeft: number; isPassed: boolean }
  | { action: "open"; token: string };

export type CarrierPayment = Entry & {
  steps: "one" | "two";
  status: PaymentStatus;
  /** E.164. */
  phone: string;
  clientCorrelator: string | null;
  referenceCode: string;
  serverReferenceCode: string;
  merchantName: string;
  merchantIdentifier: string | null;
  /** What is charged in all, in thousandths of `currency` (ISO 4217). */
  totalThousandths: number;
  currency: string;
  /** `paymentAmount` as the client sent it, without what the definition does not know. */
  paymentAmount: Record<string, unknown>;
  /** Milliseconds since 1970, UTC. */
  createdAt: number;
  paidAt: number | null;
  sink: Sink | null;
  /** x-correlator of the request that made the payment; its notifications carry it. */
  correlator: string;
  validation: Validation | null;
  /** Confirmed, and not yet charged: the reservation can neither be cancelled nor run out. */
  isConfirmed: boolean;
};

export type RefundStatus = "processing" | "denied" | "succeeded";

/** What a refund gives back of one item of its payment, in thousandths. */
export type RefundItem = { paymentItemId: string; totalThousandths: number };

export type CarrierRefund = Entry & {
  paymentId: string;
  type: "total" | "partial";
  status: RefundStatus;
  clientCorrelator: string | null;
  referenceCode: string;
  merchantIdentifier: string | null;
  /** What is given back in all, in thousandths of the payment's currency. */
  totalThousandths: number;
  items: RefundItem[];
  /** `refundAmount` as the client sent it, without what the definition does not know. */
  refundAmount: Record<string, unknown>;
  reason: string | null;
  /** Milliseconds since 1970, UTC. */
  createdAt: number;
  refundedAt: number | null;
  sink: Sink | null;
  /** x-correlator of the request that made the refund; its notifications carry it. */
  correlator: string;
};

export type CarrierEvent = Entry & {
  paymentId: string;
  /** For events about a refund of the payment. */
  refundId: string | null;
  /** The CloudEvent as it is sent. */
  wire: Record<string, unknown> & { id: string; type: string; time: string };
  isDelivered: boolean;
};

/** No way leads out of these. */
export function isFinal(status: PaymentStatus): boolean {
  return status === "succeeded" || status === "denied" || status === "cancelled";
}
