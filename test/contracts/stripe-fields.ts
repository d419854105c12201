// What Stripe's objects may have by the SDK's own types, where no fixture tells.

import type Stripe from "stripe";

/** Every field by the SDK's types: the compiler refuses one too many and one too few. */
type FieldsOf<T> = { readonly [K in keyof Required<T>]: true };

export const REFUND_FIELDS: FieldsOf<Stripe.Refund> = {
  id: true,
  object: true,
  amount: true,
  balance_transaction: true,
  charge: true,
  created: true,
  currency: true,
  customer: true,
  customer_account: true,
  description: true,
  destination_details: true,
  failure_balance_transaction: true,
  failure_reason: true,
  instructions_email: true,
  metadata: true,
  next_action: true,
  payment_intent: true,
  payment_method: true,
  pending_reason: true,
  presentment_details: true,
  reason: true,
  receipt_number: true,
  source_transfer_reversal: true,
  status: true,
  transfer_reversal: true,
};

export const BALANCE_FIELDS: FieldsOf<Stripe.BalanceTransaction> = {
  id: true,
  object: true,
  amount: true,
  available_on: true,
  balance_type: true,
  created: true,
  currency: true,
  description: true,
  exchange_rate: true,
  fee: true,
  fee_details: true,
  net: true,
  reporting_category: true,
  source: true,
  status: true,
  type: true,
};

export const DISPUTE_FIELDS: FieldsOf<Stripe.Dispute> = {
  id: true,
  object: true,
  amount: true,
  balance_transactions: true,
  charge: true,
  created: true,
  currency: true,
  enhanced_eligibility_types: true,
  evidence: true,
  evidence_details: true,
  intended_submission_method: true,
  is_charge_refundable: true,
  livemode: true,
  metadata: true,
  network_reason_code: true,
  payment_intent: true,
  payment_method_details: true,
  reason: true,
  status: true,
};

export const EVIDENCE_FIELDS: FieldsOf<Stripe.Dispute.Evidence> = {
  access_activity_log: true,
  appeal: true,
  billing_address: true,
  cancellation_policy: true,
  cancellation_policy_disclosure: true,
  cancellation_rebuttal: true,
  customer_communication: true,
  customer_email_address: true,
  customer_name: true,
  customer_purchase_ip: true,
  customer_signature: true,
  duplicate_charge_documentation: true,
  duplicate_charge_explanation: true,
  duplicate_charge_id: true,
  enhanced_evidence: true,
  product_description: true,
  receipt: true,
  refund_policy: true,
  refund_policy_disclosure: true,
  refund_refusal_explanation: true,
  service_date: true,
  service_documentation: true,
  shipping_address: true,
  shipping_carrier: true,
  shipping_date: true,
  shipping_documentation: true,
  shipping_tracking_number: true,
  uncategorized_file: true,
  uncategorized_text: true,
};

/** Fields that none of the objects may have. */
export function strangers(objects: readonly object[], known: Readonly<Record<string, true>>): string[] {
  return objects.flatMap((object) => Object.keys(object).filter((field) => !Object.hasOwn(known, field)));
}

/** Fields that one of the objects lacks. */
export function missing(objects: readonly object[], known: Readonly<Record<string, true>>): string[] {
  return objects.flatMap((object) => Object.keys(known).filter((field) => !Object.hasOwn(object, field)));
}
