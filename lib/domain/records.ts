// The nouns that verbs work on, and their snapshots: plain JSON, as kept in events and rendered by doors.

import type { DisputeState } from "./dispute.ts";
import type {
  DisputeId,
  EndpointId,
  InvoiceId,
  MerchantId,
  PaymentId,
  RailAccountId,
  RefundId,
  SmsId,
} from "./ids.ts";
import type { InvoiceState } from "./invoice.ts";
import type { InvoiceLine } from "./lines.ts";
import type { Money } from "./money.ts";
import type { DeclineCode, Disposition, PaymentMethod, PaymentState } from "./payment.ts";
import type { JsonValue } from "./ports/json.ts";
import type { RailDetails } from "./ports/rail.ts";
import {
  type RefundFailureCode,
  type RefundLine,
  type RefundOrigin,
  type RefundState,
  refundableMinor,
} from "./refund.ts";
import type { SmsEncoding, SmsKind, SmsState } from "./sms.ts";
import type { Mode } from "./tenant.ts";

/** Instants are UTC. Texts are NFC. */
export interface Invoice {
  readonly merchantId: MerchantId;
  readonly mode: Mode;
  readonly id: InvoiceId;
  readonly state: InvoiceState;
  readonly version: number;
  readonly amountDue: Money;
  /** Minor units of the same currency; never above what is due. */
  readonly amountPaidMinor: bigint;
  readonly description: string;
  readonly merchantReference: string | null;
  readonly purchaseCategory: string | null;
  readonly lines: readonly InvoiceLine[];
  readonly methods: readonly PaymentMethod[];
  readonly locale: string;
  readonly dueAt: Date | null;
  readonly expiresAt: Date;
  /** The payer's number, sealed; opened only for the call that needs it. */
  readonly sealedPhone: Uint8Array;
  readonly phoneHash: Uint8Array;
  readonly phoneLast4: string;
  readonly phoneCountry: string | null;
  readonly returnUrl: string | null;
  readonly failureUrl: string | null;
  readonly cancelUrl: string | null;
  readonly landingUrl: string | null;
  readonly callbackUrl: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly smsSender: string | null;
  readonly smsText: string | null;
  readonly linkCounter: number;
  readonly linkKeyId: number;
  readonly door: string;
  readonly openedAt: Date | null;
  readonly paidBy: string | null;
  readonly paidPaymentId: PaymentId | null;
  readonly paidAt: Date | null;
  /** What the merchant noted about money taken in another way. */
  readonly outsideReference: string | null;
  readonly cancelledAt: Date | null;
  readonly expiredAt: Date | null;
  readonly createdAt: Date;
}

export interface Payment {
  readonly merchantId: MerchantId;
  readonly mode: Mode;
  readonly id: PaymentId;
  readonly invoiceId: InvoiceId;
  readonly method: PaymentMethod;
  readonly railAccountId: RailAccountId;
  readonly state: PaymentState;
  readonly version: number;
  readonly amount: Money;
  readonly disposition: Disposition | null;
  /** Minor units of the same currency. */
  readonly feeMinor: bigint;
  /** What went back to the payer or is on its way; minor units, never above the amount. */
  readonly refundedMinor: bigint;
  /** False: the amount is only reserved, and taken when the merchant confirms. */
  readonly shouldCapture: boolean;
  readonly authorizedAt: Date | null;
  /** When the reservation runs out by the rail's word. */
  readonly authorizationExpiresAt: Date | null;
  readonly captureRequestedAt: Date | null;
  readonly cancelRequestedAt: Date | null;
  readonly railKey: string;
  readonly railRequest: JsonValue;
  readonly railReference: string | null;
  readonly railDetails: RailDetails;
  readonly redirectUrl: string | null;
  readonly redirectExpiresAt: Date | null;
  readonly isProcessing: boolean;
  /** How the carrier wants to be convinced: a code typed on our page, or a page of its own. */
  readonly validation: PaymentValidation | null;
  readonly validationTries: number;
  readonly declineCode: DeclineCode | null;
  readonly declineRailCode: string | null;
  readonly supersededAt: Date | null;
  readonly unknownSince: Date | null;
  readonly needsReviewAt: Date | null;
  readonly reviewReason: string | null;
  readonly submittedAt: Date | null;
  /** Questions planned so far. */
  readonly pollCount: number;
  readonly completedAt: Date | null;
  readonly createdAt: Date;
}

export interface PaymentValidation {
  readonly by: "code" | "link";
  /** The carrier's page, for `link`. */
  readonly url: string | null;
  /** What the carrier calls this validation, to be given back with the code. */
  readonly reference: string | null;
  /** ISO 8601 (UTC). */
  readonly expiresAt: string;
}

export interface Refund {
  readonly merchantId: MerchantId;
  readonly mode: Mode;
  readonly id: RefundId;
  readonly paymentId: PaymentId;
  readonly invoiceId: InvoiceId;
  readonly railAccountId: RailAccountId;
  readonly state: RefundState;
  readonly version: number;
  readonly amount: Money;
  readonly origin: RefundOrigin;
  readonly reason: string | null;
  readonly lines: readonly RefundLine[];
  readonly railKey: string;
  readonly railRequest: JsonValue;
  readonly railReference: string | null;
  readonly failureCode: RefundFailureCode | null;
  readonly failureRailCode: string | null;
  readonly unknownSince: Date | null;
  readonly needsReviewAt: Date | null;
  readonly reviewReason: string | null;
  readonly submittedAt: Date | null;
  /** Questions planned so far. */
  readonly pollCount: number;
  readonly completedAt: Date | null;
  readonly createdAt: Date;
}

export interface Dispute {
  readonly merchantId: MerchantId;
  readonly mode: Mode;
  readonly id: DisputeId;
  readonly paymentId: PaymentId;
  readonly invoiceId: InvoiceId;
  readonly railAccountId: RailAccountId;
  readonly state: DisputeState;
  readonly version: number;
  readonly amount: Money;
  /** What the rail asks for it and has not given back; minor units of the same currency. */
  readonly feeMinor: bigint;
  /** The rail's own word for why. */
  readonly reason: string;
  readonly railReference: string;
  readonly evidenceDueAt: Date | null;
  readonly openedAt: Date | null;
  readonly completedAt: Date | null;
  readonly createdAt: Date;
}

export interface Sms {
  readonly merchantId: MerchantId;
  readonly mode: Mode;
  readonly id: SmsId;
  readonly invoiceId: InvoiceId;
  readonly kind: SmsKind;
  /** The attempt a code belongs to. */
  readonly paymentId: PaymentId | null;
  readonly state: SmsState;
  readonly version: number;
  readonly sender: string | null;
  readonly template: string;
  readonly linkCounter: number;
  readonly linkKeyId: number;
  readonly encoding: SmsEncoding;
  readonly segments: number;
  readonly sendAt: Date;
  readonly claimedAt: Date | null;
  readonly attempts: number;
  readonly unknownSince: Date | null;
  readonly unclearSends: number;
  readonly railAccountId: RailAccountId | null;
  readonly providerId: string | null;
  readonly providerCode: string | null;
  readonly createdAt: Date;
}

/** Plain JSON: amounts as numbers of minor units, instants in ISO 8601 (UTC). No phone number, no link. */
export type InvoiceSnapshot = ReturnType<typeof snapshotInvoice>;
export type PaymentSnapshot = ReturnType<typeof snapshotPayment>;
export type RefundSnapshot = ReturnType<typeof snapshotRefund>;
export type DisputeSnapshot = ReturnType<typeof snapshotDispute>;
export type SmsSnapshot = ReturnType<typeof snapshotSms>;

export function snapshotInvoice(invoice: Invoice) {
  return {
    id: invoice.id,
    mode: invoice.mode,
    state: invoice.state,
    version: invoice.version,
    amountDueMinor: Number(invoice.amountDue.amountMinor),
    amountPaidMinor: Number(invoice.amountPaidMinor),
    currency: invoice.amountDue.currency as string,
    description: invoice.description,
    merchantReference: invoice.merchantReference,
    purchaseCategory: invoice.purchaseCategory,
    lines: invoice.lines.map((line) => ({ ...line, unitAmountMinor: Number(line.unitAmountMinor) })),
    methods: [...invoice.methods],
    locale: invoice.locale,
    dueAt: iso(invoice.dueAt),
    expiresAt: invoice.expiresAt.toISOString(),
    phoneLast4: invoice.phoneLast4,
    phoneCountry: invoice.phoneCountry,
    returnUrl: invoice.returnUrl,
    failureUrl: invoice.failureUrl,
    cancelUrl: invoice.cancelUrl,
    landingUrl: invoice.landingUrl,
    callbackUrl: invoice.callbackUrl,
    metadata: { ...invoice.metadata },
    openedAt: iso(invoice.openedAt),
    paidBy: invoice.paidBy,
    paidPaymentId: invoice.paidPaymentId as string | null,
    paidAt: iso(invoice.paidAt),
    outsideReference: invoice.outsideReference,
    cancelledAt: iso(invoice.cancelledAt),
    expiredAt: iso(invoice.expiredAt),
    createdAt: invoice.createdAt.toISOString(),
  };
}

export function snapshotPayment(payment: Payment) {
  return {
    id: payment.id as string,
    invoiceId: payment.invoiceId as string,
    mode: payment.mode,
    method: payment.method,
    state: payment.state,
    version: payment.version,
    amountMinor: Number(payment.amount.amountMinor),
    currency: payment.amount.currency as string,
    feeMinor: Number(payment.feeMinor),
    refundedMinor: Number(payment.refundedMinor),
    refundableMinor: Number(refundableMinor(payment)),
    shouldCapture: payment.shouldCapture,
    authorizedAt: iso(payment.authorizedAt),
    authorizationExpiresAt: iso(payment.authorizationExpiresAt),
    captureRequestedAt: iso(payment.captureRequestedAt),
    cancelRequestedAt: iso(payment.cancelRequestedAt),
    disposition: payment.disposition,
    railReference: payment.railReference,
    cardBrand: payment.railDetails.cardBrand ?? null,
    cardLast4: payment.railDetails.cardLast4 ?? null,
    settlementReference: payment.railDetails.settlementReference ?? null,
    declineCode: payment.declineCode,
    declineRailCode: payment.declineRailCode,
    supersededAt: iso(payment.supersededAt),
    unknownSince: iso(payment.unknownSince),
    needsReviewAt: iso(payment.needsReviewAt),
    reviewReason: payment.reviewReason,
    completedAt: iso(payment.completedAt),
    createdAt: payment.createdAt.toISOString(),
  };
}

export function snapshotRefund(refund: Refund) {
  return {
    id: refund.id as string,
    paymentId: refund.paymentId as string,
    invoiceId: refund.invoiceId as string,
    mode: refund.mode,
    state: refund.state,
    version: refund.version,
    amountMinor: Number(refund.amount.amountMinor),
    currency: refund.amount.currency as string,
    origin: refund.origin,
    reason: refund.reason,
    lines: refund.lines.map((line) => ({ ...line, amountMinor: Number(line.amountMinor) })),
    railReference: refund.railReference,
    failureCode: refund.failureCode,
    failureRailCode: refund.failureRailCode,
    unknownSince: iso(refund.unknownSince),
    needsReviewAt: iso(refund.needsReviewAt),
    reviewReason: refund.reviewReason,
    completedAt: iso(refund.completedAt),
    createdAt: refund.createdAt.toISOString(),
  };
}

export function snapshotDispute(dispute: Dispute) {
  return {
    id: dispute.id as string,
    paymentId: dispute.paymentId as string,
    invoiceId: dispute.invoiceId as string,
    mode: dispute.mode,
    state: dispute.state,
    version: dispute.version,
    amountMinor: Number(dispute.amount.amountMinor),
    currency: dispute.amount.currency as string,
    feeMinor: Number(dispute.feeMinor),
    reason: dispute.reason,
    railReference: dispute.railReference,
    evidenceDueAt: iso(dispute.evidenceDueAt),
    openedAt: iso(dispute.openedAt),
    completedAt: iso(dispute.completedAt),
    createdAt: dispute.createdAt.toISOString(),
  };
}

export function snapshotSms(sms: Sms) {
  return {
    id: sms.id as string,
    kind: sms.kind,
    state: sms.state,
    sender: sms.sender,
    encoding: sms.encoding,
    segments: sms.segments,
    sendAt: sms.sendAt.toISOString(),
    providerId: sms.providerId,
    providerCode: sms.providerCode,
  };
}

/** A callback endpoint as events tell of it. */
export interface EndpointSnapshot {
  readonly id: EndpointId;
  readonly url: string;
  readonly isEnabled: boolean;
  /** ISO 8601 (UTC); null while it takes callbacks. */
  readonly failingSince: string | null;
  readonly disabledReason: string | null;
}

/** What an event holds: the invoice's whole state, and what else it is about; or a callback endpoint alone. */
export interface EventData {
  readonly invoice?: InvoiceSnapshot;
  readonly payment?: PaymentSnapshot;
  readonly refund?: RefundSnapshot;
  readonly dispute?: DisputeSnapshot;
  readonly sms?: SmsSnapshot;
  readonly endpoint?: EndpointSnapshot;
}

function iso(instant: Date | null): string | null {
  return instant === null ? null : instant.toISOString();
}
