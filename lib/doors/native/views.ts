// Our nouns as the JSON of the native door: snake_case, amounts in minor units, instants in ISO 8601 (UTC).

import type { MethodOffer } from "#lib/domain/eligibility.ts";
import { invoiceActions } from "#lib/domain/invoice.ts";
import { usableValidation } from "#lib/domain/payer-step.ts";
import { isOpenPayment } from "#lib/domain/payment.ts";
import {
  type DisputeSnapshot,
  type EventData,
  type InvoiceSnapshot,
  type Payment,
  type PaymentSnapshot,
  type RefundSnapshot,
  type Sms,
  type SmsSnapshot,
  snapshotInvoice,
  snapshotPayment,
  snapshotSms,
} from "#lib/domain/records.ts";
import type { InvoiceWithLink } from "#lib/services/invoices/create.ts";
import type { InvoiceDetail } from "#lib/services/invoices/get.ts";
import type { TimelineEntry } from "#lib/services/invoices/timeline.ts";
import type { MerchantDetail } from "#lib/services/merchants/get.ts";
import type { PaymentDetail } from "#lib/services/payments/get.ts";

/** What callbacks and answers share; no link and no number of the payer's is in it. */
export function renderInvoiceSnapshot(invoice: InvoiceSnapshot) {
  return {
    id: invoice.id,
    object: "invoice",
    mode: invoice.mode,
    state: invoice.state,
    version: invoice.version,
    amount: invoice.amountDueMinor,
    amount_paid: invoice.amountPaidMinor,
    currency: invoice.currency,
    description: invoice.description,
    merchant_reference: invoice.merchantReference,
    purchase_category: invoice.purchaseCategory,
    lines: invoice.lines.map((line) => ({
      description: line.description,
      quantity: line.quantity,
      unit_amount: line.unitAmountMinor,
      tax_rate: line.taxRateBasisPoints === null ? null : line.taxRateBasisPoints / 100,
    })),
    payer: { phone_last4: invoice.phoneLast4, country: invoice.phoneCountry },
    methods: invoice.methods,
    locale: invoice.locale,
    due_at: invoice.dueAt,
    expires_at: invoice.expiresAt,
    return_url: invoice.returnUrl,
    failure_url: invoice.failureUrl,
    cancel_url: invoice.cancelUrl,
    landing_url: invoice.landingUrl,
    callback_url: invoice.callbackUrl,
    metadata: invoice.metadata,
    opened_at: invoice.openedAt,
    paid_at: invoice.paidAt,
    paid_by: invoice.paidBy,
    outside_reference: invoice.outsideReference,
    payment_id: invoice.paidPaymentId,
    cancelled_at: invoice.cancelledAt,
    expired_at: invoice.expiredAt,
    created_at: invoice.createdAt,
  };
}

export function renderInvoice({ invoice, payUrl, now }: InvoiceWithLink) {
  return {
    ...renderInvoiceSnapshot(snapshotInvoice(invoice)),
    pay_url: payUrl,
    actions: invoiceActions(invoice, now),
  };
}

export function renderInvoiceDetail(detail: InvoiceDetail) {
  return {
    ...renderInvoice(detail),
    available_methods: detail.offers.map((offer) => renderOffer(offer, detail)),
    payments: detail.payments.map((payment) => renderPayment(payment, detail.payUrl)),
    messages: detail.messages.map(renderSms),
  };
}

function renderOffer(offer: MethodOffer, { invoice, payUrl, now }: InvoiceDetail) {
  const isPayable = invoiceActions(invoice, now).includes("pay");
  const isAvailable = offer.obstacle === null && isPayable;
  return {
    method: offer.method,
    is_available: isAvailable,
    reason: offer.obstacle,
    // Our page with this method alone; it never leads to the merchant's own landing page.
    pay_url: isAvailable ? `${payUrl}/method/${offer.method}` : null,
  };
}

export function renderPaymentSnapshot(payment: PaymentSnapshot) {
  return {
    id: payment.id,
    object: "payment",
    mode: payment.mode,
    invoice_id: payment.invoiceId,
    method: payment.method,
    state: payment.state,
    version: payment.version,
    amount: payment.amountMinor,
    currency: payment.currency,
    fee: payment.feeMinor,
    amount_refunded: payment.refundedMinor,
    amount_refundable: payment.refundableMinor,
    capture: payment.shouldCapture,
    authorized_at: payment.authorizedAt,
    authorization_expires_at: payment.authorizationExpiresAt,
    capture_requested_at: payment.captureRequestedAt,
    cancel_requested_at: payment.cancelRequestedAt,
    disposition: payment.disposition,
    card: payment.cardLast4 === null ? null : { brand: payment.cardBrand, last4: payment.cardLast4 },
    rail_reference: payment.railReference,
    settlement_reference: payment.settlementReference,
    decline:
      payment.declineCode === null ? null : { code: payment.declineCode, rail_code: payment.declineRailCode },
    superseded_at: payment.supersededAt,
    unknown_since: payment.unknownSince,
    needs_review:
      payment.needsReviewAt === null ? null : { since: payment.needsReviewAt, reason: payment.reviewReason },
    completed_at: payment.completedAt,
    created_at: payment.createdAt,
  };
}

export function renderPayment(payment: Payment, payUrl: string) {
  return { ...renderPaymentSnapshot(snapshotPayment(payment)), next_action: nextAction(payment, payUrl) };
}

/** Where the payer goes on; null when nothing is left to do. */
function nextAction(payment: Payment, payUrl: string) {
  if (!isOpenPayment(payment.state)) return null;
  if (payment.state === "created") return { type: "enter_code", url: `${payUrl}/code` };
  const way = usableValidation(payment);
  if (way === "code") return { type: "enter_code", url: `${payUrl}/code` };
  const page = way === "link" ? payment.validation?.url : payment.redirectUrl;
  const isWaitedFor = way === "link" || (payment.state === "pending" && !payment.isProcessing);
  if (page != null && isWaitedFor) return { type: "redirect", url: page };
  return { type: "wait", url: `${payUrl}/waiting` };
}

export function renderSms(sms: Sms) {
  return renderSmsSnapshot(snapshotSms(sms));
}

export function renderSmsSnapshot(sms: SmsSnapshot) {
  return {
    id: sms.id,
    object: "sms",
    kind: sms.kind,
    state: sms.state,
    sender: sms.sender,
    encoding: sms.encoding,
    segments: sms.segments,
    send_at: sms.sendAt,
    provider_id: sms.providerId,
    provider_code: sms.providerCode,
  };
}

export function renderRefundSnapshot(refund: RefundSnapshot) {
  return {
    id: refund.id,
    object: "refund",
    mode: refund.mode,
    payment_id: refund.paymentId,
    invoice_id: refund.invoiceId,
    state: refund.state,
    version: refund.version,
    amount: refund.amountMinor,
    currency: refund.currency,
    origin: refund.origin,
    reason: refund.reason,
    lines: refund.lines.map(({ index, quantity, amountMinor }) => ({ index, quantity, amount: amountMinor })),
    rail_reference: refund.railReference,
    failure:
      refund.failureCode === null ? null : { code: refund.failureCode, rail_code: refund.failureRailCode },
    unknown_since: refund.unknownSince,
    needs_review:
      refund.needsReviewAt === null ? null : { since: refund.needsReviewAt, reason: refund.reviewReason },
    completed_at: refund.completedAt,
    created_at: refund.createdAt,
  };
}

export function renderDisputeSnapshot(dispute: DisputeSnapshot) {
  return {
    id: dispute.id,
    object: "dispute",
    mode: dispute.mode,
    payment_id: dispute.paymentId,
    invoice_id: dispute.invoiceId,
    state: dispute.state,
    version: dispute.version,
    amount: dispute.amountMinor,
    fee: dispute.feeMinor,
    currency: dispute.currency,
    reason: dispute.reason,
    rail_reference: dispute.railReference,
    evidence_due_at: dispute.evidenceDueAt,
    opened_at: dispute.openedAt,
    completed_at: dispute.completedAt,
    created_at: dispute.createdAt,
  };
}

/** What an event is about, each in its whole state at that moment. */
export function renderEventData({ invoice, payment, refund, dispute, sms, endpoint }: EventData) {
  return {
    ...(invoice === undefined ? {} : { invoice: renderInvoiceSnapshot(invoice) }),
    ...(payment === undefined ? {} : { payment: renderPaymentSnapshot(payment) }),
    ...(refund === undefined ? {} : { refund: renderRefundSnapshot(refund) }),
    ...(dispute === undefined ? {} : { dispute: renderDisputeSnapshot(dispute) }),
    ...(sms === undefined ? {} : { sms: renderSmsSnapshot(sms) }),
    ...(endpoint === undefined
      ? {}
      : {
          endpoint: {
            id: endpoint.id,
            object: "callback_endpoint",
            url: endpoint.url,
            is_enabled: endpoint.isEnabled,
            failing_since: endpoint.failingSince,
            disabled_reason: endpoint.disabledReason,
          },
        }),
  };
}

export function renderTimelineEntry({ event, callbackAttempts }: TimelineEntry) {
  return {
    id: event.id,
    object: "event",
    type: event.type,
    sequence: event.sequence,
    occurred_at: event.occurredAt.toISOString(),
    actor: { kind: event.actorKind, id: event.actorId },
    request_id: event.correlationId,
    data: renderEventData(event.data),
    callback_attempts: callbackAttempts.map((attempt) => ({
      id: attempt.id,
      delivery_id: attempt.deliveryId,
      number: attempt.number,
      url: attempt.url,
      is_delivered: attempt.isDelivered,
      status: attempt.status,
      failure: attempt.failure,
      duration_ms: attempt.durationMs,
      attempted_at: attempt.at.toISOString(),
    })),
  };
}

export function renderMerchant(detail: MerchantDetail) {
  const { merchant, settings, accounts, callbackUrl, notificationUrls } = detail;
  return {
    id: merchant.id,
    object: "merchant",
    mode: settings.mode,
    name: merchant.name,
    legal_name: merchant.legalName,
    address: merchant.address,
    registration_number: merchant.registrationNumber,
    contact: { email: merchant.contactEmail, phone: merchant.contactPhone, url: merchant.contactUrl },
    country: merchant.country,
    time_zone: merchant.timeZone,
    locale: merchant.locale,
    return_url: settings.returnUrl,
    failure_url: settings.failureUrl,
    cancel_url: settings.cancelUrl,
    landing_url: settings.landingUrl,
    callback_url: callbackUrl,
    registered_hosts: settings.registeredHosts,
    after_payment: settings.afterPayment,
    methods: settings.methods,
    purchase_category: settings.purchaseCategory,
    sms: { sender: settings.smsSender, texts: settings.smsTexts, cap_per_day: settings.smsCapPerDay },
    policies: {
      on_expired: settings.onExpired,
      on_cancelled: settings.onCancelled,
      on_surplus: settings.onSurplus,
    },
    rails: accounts.map((account) => ({ id: account.id, kind: account.kind, is_enabled: account.isEnabled })),
    notification_urls: Object.fromEntries(notificationUrls.map(({ method, url }) => [method, url])),
  };
}

export function renderPaymentDetail({ payment, invoice, payUrl }: PaymentDetail) {
  return { ...renderPayment(payment, payUrl), invoice: renderInvoiceSnapshot(snapshotInvoice(invoice)) };
}

/** In a list; what to do next is on the payment itself. */
export function renderPaymentItem(payment: Payment) {
  return renderPaymentSnapshot(snapshotPayment(payment));
}
