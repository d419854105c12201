// Money back to the payer.

import type { StateTable } from "./state-table.ts";

export const REFUND_STATES = ["pending", "succeeded", "failed"] as const;
export type RefundState = (typeof REFUND_STATES)[number];

export const REFUND_EVENTS = ["succeeded", "failed", "failed_late", "succeeded_late"] as const;
export type RefundEvent = (typeof REFUND_EVENTS)[number];

export const REFUND_TRANSITIONS: StateTable<RefundState, RefundEvent> = [
  { from: "pending", event: "succeeded", to: "succeeded", note: "The rail sent the money back." },
  { from: "pending", event: "failed", to: "failed", note: "The rail refused." },
  { from: "succeeded", event: "failed_late", to: "failed", note: "The rail took a sent refund back." },
  {
    from: "failed",
    event: "succeeded_late",
    to: "succeeded",
    note: "The rail sent it after all, and it still fits into what was captured.",
  },
];

/**
 * Why there is a refund: the merchant asked for it, money paid nothing and the merchant's policy sends it back, or
 * it was made at the rail itself and is booked from the rail's record.
 */
export const REFUND_ORIGINS = ["merchant", "surplus", "rail"] as const;
export type RefundOrigin = (typeof REFUND_ORIGINS)[number];

/** Why a rail did not send money back, in words that hold for every rail. */
export const REFUND_FAILURE_CODES = [
  "declined_by_rail",
  "insufficient_balance",
  "already_refunded",
  "destination_closed",
  "refund_window_over",
  "rail_unavailable",
  "rail_refused_request",
  "voided_by_merchant",
] as const;
export type RefundFailureCode = (typeof REFUND_FAILURE_CODES)[number];

/** A part of a refund that belongs to a line of the invoice. */
export interface RefundLine {
  /** Position in the invoice's lines, from 0. */
  readonly index: number;
  readonly quantity: number;
  /** Minor units. */
  readonly amountMinor: bigint;
}

/** What can still be refunded of a payment: what was captured less what went back or is on its way. Minor units. */
export function refundableMinor(payment: {
  readonly state: string;
  readonly amount: { readonly amountMinor: bigint };
  readonly refundedMinor: bigint;
}): bigint {
  return payment.state === "succeeded" ? payment.amount.amountMinor - payment.refundedMinor : 0n;
}
