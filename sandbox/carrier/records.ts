// What the carrier keeps: CAMARA carrier-billing v0.5.
import type { Entry } from "../store/collection.ts";

export type PaymentStatus =
  | "processing"
  | "pending_validation"
  | "reserved"
  | "succeeded"
  | "denied"
  | "cancelled";

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
};

export type CarrierEvent = Entry & {
  paymentId: string;
  /** The CloudEvent as it is sent. */
  wire: Record<string, unknown> & { id: string; type: string; time: string };
  isDelivered: boolean;
};

/** No way leads out of these. */
export function isFinal(status: PaymentStatus): boolean {
  return status === "succeeded" || status === "denied" || status === "cancelled";
}
