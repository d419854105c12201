// An example of each operation, and what it works on, made first by calls of the same kind. A test runs every one.

export interface Call {
  readonly method: string;
  /** `$NAME` stands for what an earlier call made. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A step before the call: what it makes is kept in the variable, where it names one. */
export interface Step {
  readonly what: string;
  readonly after?: readonly StepName[];
  readonly call: Call;
  readonly variable?: string;
  /** Asked again until there is something to keep. */
  readonly isAwaited?: boolean;
  /** Asked again until the answer holds this text. */
  readonly until?: string;
}

const invoice = (fields: object = {}): Call => ({
  method: "POST",
  path: "/invoices",
  body: {
    amount: 24_900,
    currency: "NOK",
    payer: { phone: "+4790000000" },
    description: "Swimming gala, two tickets",
    send_sms: false,
    ...fields,
  },
});
const post = (path: string, body?: unknown): Call => ({ method: "POST", path, body });
const get = (path: string): Call => ({ method: "GET", path });

export type StepName =
  | "invoice"
  | "expiring"
  | "expired"
  | "payment"
  | "paid"
  | "reservation"
  | "reserved"
  | "kept"
  | "late"
  | "withdrawn"
  | "approved"
  | "doubtful"
  | "refund"
  | "disputed"
  | "dispute"
  | "event"
  | "endpoint"
  | "tried"
  | "delivery"
  | "silent"
  | "text"
  | "sent"
  | "key";

export const STEPS: { readonly [N in StepName]: Step } = {
  invoice: { what: "An invoice to work on", variable: "INVOICE", call: invoice() },
  expiring: {
    what: "An invoice that ends in two seconds",
    variable: "INVOICE",
    call: invoice({ expires_at: "$(node -p 'new Date(Date.now() + 2000).toISOString()')" }),
  },
  expired: {
    what: "Its end",
    after: ["expiring"],
    call: get("/invoices/$INVOICE"),
    until: '"state":"expired"',
  },
  payment: {
    what: "A payment to work on",
    after: ["invoice"],
    variable: "PAYMENT",
    call: post("/payments", { invoice: "$INVOICE", method: "card" }),
  },
  paid: {
    what: "The payer pays",
    after: ["payment"],
    call: post("/simulate/payments/$PAYMENT", { action: "approve" }),
  },
  reservation: {
    what: "A payment that only reserves the amount",
    after: ["invoice"],
    variable: "PAYMENT",
    call: post("/payments", { invoice: "$INVOICE", method: "card", capture: false }),
  },
  reserved: {
    what: "The payer agrees",
    after: ["reservation"],
    call: post("/simulate/payments/$PAYMENT", { action: "approve" }),
  },
  kept: {
    what: "An invoice for a phone whose carrier sends no money back",
    variable: "INVOICE",
    call: invoice({ payer: { phone: "+4790000045" } }),
  },
  late: {
    what: "A payment on the phone bill, which cannot be called back",
    after: ["kept"],
    variable: "PAYMENT",
    call: post("/payments", { invoice: "$INVOICE", method: "carrier_billing" }),
  },
  withdrawn: { what: "The invoice is withdrawn", after: ["late"], call: post("/invoices/$INVOICE/cancel") },
  approved: {
    what: "The payer approves all the same",
    after: ["withdrawn"],
    call: post("/simulate/payments/$PAYMENT", { action: "approve" }),
  },
  doubtful: {
    what: "The surplus should go back, and cannot",
    after: ["approved"],
    call: get("/payments/$PAYMENT"),
    until: '"needs_review":{',
  },
  refund: {
    what: "A refund to work on",
    after: ["paid"],
    variable: "REFUND",
    call: post("/payments/$PAYMENT/refunds", { refundable_amount: 24_900 }),
  },
  disputed: {
    what: "The payer's bank takes the money back",
    after: ["paid"],
    call: post("/simulate/payments/$PAYMENT", { action: "dispute" }),
  },
  dispute: {
    what: "The dispute, once the rail has told of it",
    after: ["disputed"],
    variable: "DISPUTE",
    isAwaited: true,
    call: get("/disputes?payment=$PAYMENT"),
  },
  event: {
    what: "An event to read",
    after: ["invoice"],
    variable: "EVENT",
    isAwaited: true,
    call: get("/events?invoice=$INVOICE"),
  },
  endpoint: {
    what: "An endpoint to work on, where your server listens",
    variable: "ENDPOINT",
    call: post("/callback-endpoints", { url: "http://localhost:9000/hooks" }),
  },
  tried: {
    what: "A delivery to work on",
    after: ["endpoint"],
    variable: "DELIVERY",
    call: post("/callback-endpoints/$ENDPOINT/test"),
  },
  delivery: {
    what: "It fails: nobody listens there yet",
    after: ["tried"],
    call: get("/deliveries/$DELIVERY"),
    until: '"state":"failed"',
  },
  silent: {
    what: "An invoice for a phone that says nothing of what it gets",
    variable: "INVOICE",
    call: invoice({ payer: { phone: "+4790000092" } }),
  },
  text: {
    what: "A text to work on",
    after: ["silent"],
    variable: "SMS",
    call: post("/invoices/$INVOICE/send"),
  },
  sent: {
    what: "It is on its way",
    after: ["text"],
    call: get("/invoices/$INVOICE"),
    until: '"provider_id":"',
  },
  key: {
    what: "A key to work on",
    variable: "KEY_ID",
    call: post("/keys", { name: "Reports", scopes: ["invoices:read"] }),
  },
};

export interface Example {
  readonly after?: readonly StepName[];
  readonly query?: Call["query"];
  readonly body?: unknown;
  /** The code that it is refused with in the demo, and why. */
  readonly refused?: { readonly code: string; readonly why: string };
}

/** By operation; what its path names is made in any case. */
export const EXAMPLES: Readonly<Record<string, Example>> = {
  createInvoice: {
    body: {
      amount: 24_900,
      currency: "NOK",
      payer: { phone: "+4790000000" },
      description: "Swimming gala, two tickets",
      merchant_reference: "2027-118",
      lines: [{ description: "Ticket", quantity: 2, unit_amount: 12_450, tax_rate: 12 }],
    },
  },
  listInvoices: { query: { state: "open", limit: "5" } },
  listInvoiceEvents: { query: { limit: "50" } },
  editInvoice: { body: { version: 1, description: "Swimming gala, two tickets and a towel" } },
  markInvoicePaid: { body: { reference: "cash, 14 November" } },
  reopenInvoice: { after: ["expired"], body: { expires_at: "2027-12-31T12:00:00Z" } },
  createPayment: { after: ["invoice"], body: { invoice: "$INVOICE", method: "card" } },
  listPayments: { query: { limit: "5" } },
  confirmPayment: { after: ["reserved"] },
  cancelPayment: { after: ["reserved"] },
  acceptSurplus: { after: ["doubtful"], body: { note: "The payer still wants the tickets" } },
  reviewPayment: {
    after: ["doubtful"],
    body: { decision: "dismiss", note: "Sent back by bank transfer" },
  },
  createRefund: {
    after: ["paid"],
    body: { refundable_amount: 24_900, amount: 12_450, reason: "One ticket given back" },
  },
  listRefunds: { query: { limit: "5" } },
  reviewRefund: {
    body: { decision: "dismiss", note: "Compared with the rail's report" },
    refused: { code: "review_not_needed", why: "Nothing is in doubt about it" },
  },
  listDisputes: { query: { limit: "5" } },
  createCallbackEndpoint: {
    body: {
      url: "http://localhost:9000/hooks",
      description: "Order service",
      event_types: ["invoice.paid", "refund.succeeded"],
    },
  },
  updateCallbackEndpoint: { body: { is_enabled: false } },
  rotateCallbackSecret: { body: { overlap_hours: 24 } },
  listDeliveries: { query: { state: "failed", limit: "5" } },
  resendDeliveries: { body: { since: "2026-11-01T00:00:00Z", state: "failed" } },
  listEvents: { query: { type: "invoice.paid,payment.succeeded", limit: "5" } },
  createKey: { body: { name: "Reports", scopes: ["invoices:read", "payments:read"] } },
  updateKey: { body: { version: 1, name: "Monthly reports" } },
  rotateKey: { body: { overlap_hours: 24 } },
  updateMerchant: { body: { locale: "en", after_payment: "receipt" } },
  simulatePayment: { body: { action: "approve" } },
  simulateRefund: { body: { action: "fail" } },
  simulateDispute: { body: { action: "win" } },
  simulateSms: { after: ["sent"], body: { action: "deliver" } },
  moveTestClock: { body: { advance_seconds: 60 } },
};

/** The step that makes what stands after a noun in a path, and the variable that holds its id. */
export const NOUNS: Readonly<Record<string, { readonly step: StepName; readonly variable: string }>> = {
  invoices: { step: "invoice", variable: "INVOICE" },
  payments: { step: "payment", variable: "PAYMENT" },
  refunds: { step: "refund", variable: "REFUND" },
  disputes: { step: "dispute", variable: "DISPUTE" },
  events: { step: "event", variable: "EVENT" },
  "callback-endpoints": { step: "endpoint", variable: "ENDPOINT" },
  deliveries: { step: "delivery", variable: "DELIVERY" },
  sms: { step: "sent", variable: "SMS" },
  keys: { step: "key", variable: "KEY_ID" },
};
