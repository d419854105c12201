// The charge as the API shows it: one for each time a card was put to the bank.
import type { Card, Decline } from "./cards.ts";
import { newId, nowSeconds } from "./ids.ts";
import type { IntentWire } from "./intent-object.ts";

/** How long an amount stays reserved, as Stripe has it for most cards. */
export const authorizationLifeSeconds = 7 * 24 * 60 * 60;

const untouched = {
  application: null,
  application_fee: null,
  application_fee_amount: null,
  customer: null,
  failure_balance_transaction: null,
  fraud_details: {},
  livemode: false,
  on_behalf_of: null,
  receipt_email: null,
  receipt_number: null,
  receipt_url: null,
  review: null,
  shipping: null,
  source: null,
  source_transfer: null,
  statement_descriptor: null,
  transfer_data: null,
  transfer_group: null,
};

type Outcome = {
  advice_code: null;
  network_advice_code: null;
  network_decline_code: string | null;
  network_status: string;
  reason: string | null;
  risk_level: "normal";
  seller_message: string;
  type: string;
};

export type ChargeWire = typeof untouched & {
  id: string;
  object: "charge";
  /** Minor units of `currency`, as all amounts here. */
  amount: number;
  amount_captured: number;
  amount_refunded: number;
  balance_transaction: string | null;
  billing_details: Record<string, unknown>;
  calculated_statement_descriptor: string | null;
  captured: boolean;
  created: number;
  currency: string;
  description: string | null;
  disputed: boolean;
  failure_code: string | null;
  failure_message: string | null;
  metadata: Record<string, string>;
  outcome: Outcome;
  paid: boolean;
  payment_intent: string;
  payment_method: string;
  payment_method_details: { card: CardDetails; type: "card" };
  refunded: boolean;
  statement_descriptor_suffix: string | null;
  status: "succeeded" | "pending" | "failed";
};

/** A charge of the intent's amount on `card`, not yet decided. */
export function newCharge(intent: IntentWire, card: Card, isAuthenticated: boolean): ChargeWire {
  return {
    ...untouched,
    id: newId("ch_"),
    object: "charge",
    amount: intent.amount,
    amount_captured: 0,
    amount_refunded: 0,
    balance_transaction: null,
    billing_details: { address: null, email: null, name: card.name, phone: null, tax_id: null },
    calculated_statement_descriptor: "SANDBOX",
    captured: false,
    created: nowSeconds(),
    currency: intent.currency,
    description: intent.description,
    disputed: false,
    failure_code: null,
    failure_message: null,
    metadata: intent.metadata,
    outcome: outcomeOf(null),
    paid: false,
    payment_intent: intent.id,
    payment_method: intent.payment_method ?? newId("pm_"),
    payment_method_details: { card: cardDetails(card, isAuthenticated), type: "card" },
    refunded: false,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    status: "pending",
  };
}

/** The charge once its amount is reserved, where the merchant captures by hand. */
export function authorized(charge: ChargeWire): ChargeWire {
  const card = {
    ...charge.payment_method_details.card,
    amount_authorized: charge.amount,
    capture_before: charge.created + authorizationLifeSeconds,
  };
  return { ...charge, paid: true, payment_method_details: { card, type: "card" }, status: "succeeded" };
}

/** The charge once `amount` of it is there, as this movement on the balance; null while it is not booked yet. */
export function captured(charge: ChargeWire, amount: number, balanceTransaction: string | null): ChargeWire {
  return {
    ...charge,
    amount_captured: amount,
    balance_transaction: balanceTransaction,
    captured: true,
    paid: true,
    status: "succeeded",
  };
}

/** The charge with `change` more of it refunded (less, where a refund came back). */
export function refundedBy(charge: ChargeWire, change: number): ChargeWire {
  const refunded = charge.amount_refunded + change;
  return { ...charge, amount_refunded: refunded, refunded: refunded >= charge.amount_captured };
}

/** The charge once the bank has refused it. */
export function failed(charge: ChargeWire, decline: Decline): ChargeWire {
  return {
    ...charge,
    failure_code: decline.code,
    failure_message: decline.message,
    outcome: outcomeOf(decline),
    paid: false,
    status: "failed",
  };
}

function outcomeOf(decline: Decline | null): Outcome {
  return {
    advice_code: null,
    network_advice_code: null,
    network_decline_code: null,
    network_status: decline ? "declined_by_network" : "approved_by_network",
    reason: decline ? (decline.declineCode ?? decline.code) : null,
    risk_level: "normal",
    seller_message: decline
      ? "The bank did not return any further details with this decline."
      : "Payment complete.",
    type: decline ? "issuer_declined" : "authorized",
  };
}

type CardDetails = Omit<ReturnType<typeof cardDetails>, "amount_authorized"> & {
  amount_authorized: number | null;
  /** Seconds since 1970; there only while an amount is reserved, or was. */
  capture_before?: number;
};

function cardDetails(card: Card, isAuthenticated: boolean) {
  return {
    amount_authorized: null,
    authorization_code: null,
    brand: card.brand,
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" },
    country: "US",
    exp_month: card.expMonth,
    exp_year: card.expYear,
    funding: "credit",
    installments: null,
    last4: card.last4,
    mandate: null,
    network: card.brand,
    network_transaction_id: null,
    regulated_status: "unregulated",
    three_d_secure: isAuthenticated
      ? { authentication_flow: "challenge", result: "authenticated", result_reason: null, version: "2.2.0" }
      : null,
    transaction_link_id: null,
    wallet: null,
  };
}
