// The payment intent as the API shows it.
import { newId, nowSeconds } from "./ids.ts";
import type { StoredSession } from "./records.ts";

const untouched = {
  allowed_payment_method_types: null,
  amount_details: { tip: {} },
  application: null,
  application_fee_amount: null,
  automatic_payment_methods: null,
  confirmation_method: "automatic",
  customer: null,
  customer_account: null,
  excluded_payment_method_types: null,
  livemode: false,
  managed_payments: { enabled: false },
  on_behalf_of: null,
  payment_method_configuration_details: null,
  payment_method_options: {
    card: {
      installments: null,
      mandate_options: null,
      network: null,
      request_three_d_secure: "automatic",
    },
  },
  payment_record: null,
  processing: null,
  review: null,
  setup_future_usage: null,
  shipping: null,
  source: null,
  statement_descriptor: null,
  transfer_data: null,
  transfer_group: null,
};

export type CancellationReason =
  | "abandoned"
  | "automatic"
  | "duplicate"
  | "expired"
  | "fraudulent"
  | "requested_by_customer";

export type LastPaymentError = {
  charge?: string;
  code: string;
  decline_code?: string;
  doc_url: string;
  message: string;
  payment_method_type: "card";
  type: "card_error" | "invalid_request_error";
};

export type IntentWire = typeof untouched & {
  id: string;
  object: "payment_intent";
  /** Minor units of `currency`, as all amounts here. */
  amount: number;
  amount_capturable: number;
  amount_received: number;
  canceled_at: number | null;
  cancellation_reason: CancellationReason | null;
  capture_method: string;
  client_secret: string;
  created: number;
  currency: string;
  description: string | null;
  last_payment_error: LastPaymentError | null;
  latest_charge: string | null;
  metadata: Record<string, string>;
  next_action: Record<string, unknown> | null;
  payment_method: string | null;
  payment_method_types: string[];
  receipt_email: string | null;
  statement_descriptor_suffix: string | null;
  status:
    | "requires_payment_method"
    | "requires_action"
    | "requires_capture"
    | "processing"
    | "succeeded"
    | "canceled";
};

/** The payment intent that a session makes when somebody first tries to pay. */
export function newIntent(session: StoredSession): IntentWire {
  const id = newId("pi_");
  return {
    ...untouched,
    id,
    object: "payment_intent",
    amount: session.wire.amount_total,
    amount_capturable: 0,
    amount_received: 0,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: session.intentData.captureMethod,
    client_secret: `${id}_secret_${newId("", 25)}`,
    created: nowSeconds(),
    currency: session.wire.currency,
    description: session.intentData.description,
    last_payment_error: null,
    latest_charge: null,
    metadata: session.intentData.metadata,
    next_action: null,
    payment_method: null,
    payment_method_types: session.wire.payment_method_types,
    receipt_email: null,
    statement_descriptor_suffix: session.intentData.statementDescriptorSuffix,
    status: "requires_payment_method",
  };
}
