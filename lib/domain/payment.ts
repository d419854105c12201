// One attempt to pay an invoice, on any rail: its states, and every legal step between them.

import type { StateTable } from "./state-table.ts";

export const PAYMENT_METHODS = ["carrier_billing", "card", "mobile_money"] as const;
export type PaymentMethod = (typeof PAYMENT_METHODS)[number];

export const PAYMENT_STATES = [
  "created",
  "pending",
  "pending_validation",
  "authorized",
  "succeeded",
  "failed",
  "cancelled",
  "expired",
] as const;
export type PaymentState = (typeof PAYMENT_STATES)[number];

export const PAYMENT_EVENTS = [
  "submitted",
  "validation_required",
  "code_accepted",
  "authorized",
  "capture_requested",
  "cancel_requested",
  "succeeded",
  "failed",
  "cancelled",
  "expired",
  "succeeded_late",
] as const;
export type PaymentEvent = (typeof PAYMENT_EVENTS)[number];

export const PAYMENT_TRANSITIONS: StateTable<PaymentState, PaymentEvent> = [
  { from: "created", event: "submitted", to: "pending", note: "Committed before the rail is called." },
  { from: "created", event: "cancelled", to: "cancelled", note: "Given up before any rail was asked." },
  { from: "created", event: "failed", to: "failed", note: "Consent was not given." },
  { from: "created", event: "expired", to: "expired", note: "Consent never came." },
  {
    from: "pending",
    event: "validation_required",
    to: "pending_validation",
    note: "The carrier wants a code.",
  },
  {
    from: "pending_validation",
    event: "code_accepted",
    to: "pending",
    note: "The payer typed the carrier's code.",
  },
  { from: "pending", event: "authorized", to: "authorized", note: "The rail reserved the amount." },
  {
    from: "pending_validation",
    event: "authorized",
    to: "authorized",
    note: "The code also reserved the amount.",
  },
  {
    from: "authorized",
    event: "capture_requested",
    to: "authorized",
    note: "A fact; cancelling is refused until the rail answers.",
  },
  {
    from: "authorized",
    event: "cancel_requested",
    to: "authorized",
    note: "A fact; capturing is refused until the rail answers.",
  },
  ...(["pending", "pending_validation", "authorized"] as const).flatMap(
    (from): StateTable<PaymentState, PaymentEvent> => [
      { from, event: "succeeded", to: "succeeded", note: "The rail took the money." },
      { from, event: "failed", to: "failed", note: "The rail declined." },
      { from, event: "cancelled", to: "cancelled", note: "Given up before the money was taken." },
      { from, event: "expired", to: "expired", note: "The rail's own deadline passed." },
    ],
  ),
  ...(["expired", "cancelled", "failed"] as const).map((from) => ({
    from,
    event: "succeeded_late" as const,
    to: "succeeded" as const,
    note: "Only when the rail's own record, re-read, says captured.",
  })),
];

/** States in which the rail may still take the money. */
export const OPEN_PAYMENT_STATES = ["created", "pending", "pending_validation", "authorized"] as const;

export function isOpenPayment(state: PaymentState): boolean {
  return (OPEN_PAYMENT_STATES as readonly PaymentState[]).includes(state);
}

/**
 * What became of the money of a succeeded payment: `accepted` counts towards the invoice, `surplus` does not
 * and is owed back.
 */
export const DISPOSITIONS = ["accepted", "surplus"] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

/**
 * Why a rail said no, in words that hold for every rail. Each rail maps its own codes to these; the payer
 * pages have a sentence for each.
 */
export const DECLINE_CODES = [
  "declined_by_rail",
  "payer_declined",
  "payer_did_not_answer",
  "insufficient_funds",
  "limit_exceeded",
  "barred",
  "unknown_number",
  "service_not_available",
  "card_declined",
  "amount_too_small",
  "code_exhausted",
  "voided_by_merchant",
  "rail_unavailable",
  "rail_refused_request",
] as const;
export type DeclineCode = (typeof DECLINE_CODES)[number];
