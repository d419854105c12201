// The dispute as the API shows it.
import type { BalanceWire } from "./balance.ts";
import type { ChargeWire } from "./charge-object.ts";
import { newId, nowSeconds } from "./ids.ts";

/** Texts and files that a merchant may answer with. */
export const evidenceFields = [
  "access_activity_log",
  "billing_address",
  "cancellation_policy",
  "cancellation_policy_disclosure",
  "cancellation_rebuttal",
  "customer_communication",
  "customer_email_address",
  "customer_name",
  "customer_purchase_ip",
  "customer_signature",
  "duplicate_charge_documentation",
  "duplicate_charge_explanation",
  "duplicate_charge_id",
  "product_description",
  "receipt",
  "refund_policy",
  "refund_policy_disclosure",
  "refund_refusal_explanation",
  "service_date",
  "service_documentation",
  "shipping_address",
  "shipping_carrier",
  "shipping_date",
  "shipping_documentation",
  "shipping_tracking_number",
  "uncategorized_file",
  "uncategorized_text",
] as const;

export type EvidenceField = (typeof evidenceFields)[number];

/** Reasons with the code that Visa has for them, where it is known. */
export const disputeReasons = {
  credit_not_processed: "13.6",
  duplicate: "12.6",
  fraudulent: "10.4",
  general: null,
  product_not_received: "13.1",
  product_unacceptable: "13.3",
  subscription_canceled: "13.2",
  unrecognized: null,
} as const satisfies Record<string, string | null>;

export type DisputeReason = keyof typeof disputeReasons;

export type DisputeStatus =
  | "warning_needs_response"
  | "warning_under_review"
  | "warning_closed"
  | "needs_response"
  | "under_review"
  | "appeal_under_review"
  | "won"
  | "lost";

export type DisputeWire = {
  id: string;
  object: "dispute";
  /** Minor units of `currency`. */
  amount: number;
  /** Money that was taken, and money that came back. */
  balance_transactions: BalanceWire[];
  charge: string;
  created: number;
  currency: string;
  enhanced_eligibility_types: string[];
  evidence: Record<EvidenceField, string | null> & { enhanced_evidence: Record<string, never> };
  evidence_details: {
    due_by: number;
    enhanced_eligibility: Record<string, never>;
    has_evidence: boolean;
    past_due: boolean;
    submission_count: number;
    submission_method: "manual" | "not_submitted";
  };
  intended_submission_method: null;
  is_charge_refundable: boolean;
  livemode: false;
  metadata: Record<string, string>;
  network_reason_code: string | null;
  payment_intent: string;
  payment_method_details: {
    card: {
      brand: string;
      case_type: "chargeback" | "inquiry";
      network: string;
      network_reason_code: string | null;
    };
    type: "card";
  };
  reason: DisputeReason;
  status: DisputeStatus;
};

const day = 24 * 60 * 60;

/** A dispute of what is left of the charge; an inquiry moves no money. */
export function newDispute(charge: ChargeWire, reason: DisputeReason, isInquiry: boolean): DisputeWire {
  const created = nowSeconds();
  const { brand } = charge.payment_method_details.card;
  const code = disputeReasons[reason];
  const noEvidence = Object.fromEntries(evidenceFields.map((name) => [name, null]));
  return {
    id: newId("du_"),
    object: "dispute",
    amount: charge.amount_captured - charge.amount_refunded,
    balance_transactions: [],
    charge: charge.id,
    created,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    // Safe: made of exactly these names.
    evidence: { ...(noEvidence as Record<EvidenceField, null>), enhanced_evidence: {} },
    evidence_details: {
      // The last second of the day, eight days from now.
      due_by: Math.floor(created / day) * day + 9 * day - 1,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: "not_submitted",
    },
    intended_submission_method: null,
    is_charge_refundable: isInquiry,
    livemode: false,
    metadata: {},
    network_reason_code: code,
    payment_intent: charge.payment_intent,
    payment_method_details: {
      card: {
        brand,
        case_type: isInquiry ? "inquiry" : "chargeback",
        network: brand,
        network_reason_code: code,
      },
      type: "card",
    },
    reason,
    status: isInquiry ? "warning_needs_response" : "needs_response",
  };
}

/** Nothing more can happen to these. */
export function isClosed({ status }: DisputeWire): boolean {
  return status === "won" || status === "lost" || status === "warning_closed";
}

/** Decided, and contested before the card network. */
export function isAppealed({ status }: DisputeWire): boolean {
  return status === "appeal_under_review";
}

/** An inquiry: the bank asks, and has taken no money. */
export function isInquiry({ status }: DisputeWire): boolean {
  return status.startsWith("warning_");
}
