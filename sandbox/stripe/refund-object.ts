// The refund as the API shows it.
import type { ChargeWire } from "./charge-object.ts";
import { newId, nowSeconds } from "./ids.ts";

const untouched = {
  customer: null,
  customer_account: null,
  receipt_number: null,
  source_transfer_reversal: null,
  transfer_reversal: null,
};

export type RefundStatus = "pending" | "requires_action" | "succeeded" | "failed" | "canceled";

export type FailureReason = "expired_or_canceled_card" | "charge_for_pending_refund_disputed";

export type RefundWire = typeof untouched & {
  id: string;
  object: "refund";
  /** Minor units of `currency`. */
  amount: number;
  balance_transaction: string | null;
  charge: string;
  created: number;
  currency: string;
  destination_details: {
    card: { reference_status: string; reference_type: "acquirer_reference_number"; type: "refund" };
    type: "card";
  };
  failure_balance_transaction?: string;
  failure_reason?: FailureReason;
  metadata: Record<string, string>;
  next_action?: Record<string, unknown>;
  payment_intent: string;
  payment_method: string;
  pending_reason?: "processing";
  reason: string | null;
  status: RefundStatus;
};

/** A refund of `amount` of a charge, in its first status and not yet on the balance. */
export function newRefund(
  charge: ChargeWire,
  amount: number,
  status: RefundStatus,
  given: { reason: string | null; metadata: Record<string, string> },
): RefundWire {
  const created = nowSeconds();
  return {
    ...untouched,
    id: newId("re_"),
    object: "refund",
    amount,
    balance_transaction: null,
    charge: charge.id,
    created,
    currency: charge.currency,
    destination_details: {
      card: {
        reference_status: "pending",
        reference_type: "acquirer_reference_number",
        type: "refund",
      },
      type: "card",
    },
    metadata: given.metadata,
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: given.reason,
    status,
    ...(status === "pending" ? { pending_reason: "processing" } : {}),
    ...(status === "requires_action" ? { next_action: askedByMail(created) } : {}),
  };
}

/** The customer has a week to say where the money shall go. */
function askedByMail(now: number): Record<string, unknown> {
  return {
    display_details: {
      email_sent: { email_sent_at: now, email_sent_to: "customer@example.com" },
      expires_at: now + 7 * 24 * 60 * 60,
    },
    type: "display_details",
  };
}
