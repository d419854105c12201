// The phone bill through a CAMARA carrier, in one step: create and read.
// Source: camaraproject/CarrierBillingCheckOut, release r3.2, carrier-billing 0.5.

import { z } from "zod";
import { isCurrencyCode } from "#lib/domain/currency.ts";
import { cutText } from "#lib/domain/cut.ts";
import { unreachable } from "#lib/domain/errors.ts";
import { fromDecimal, type Money, toDecimal } from "#lib/domain/money.ts";
import type { DeclineCode } from "#lib/domain/payment.ts";
import type { JsonValue } from "#lib/domain/ports/json.ts";
import type {
  AttemptTerms,
  OpenRailAccount,
  Rail,
  RailAttempt,
  RailOutcome,
} from "#lib/domain/ports/rail.ts";
import {
  type CamaraPayment,
  type CreatePaymentTerms,
  camaraPaymentSchema,
  createPaymentTermsSchema,
  renderCreatePayment,
} from "#lib/wire/camara.ts";
import { type CarrierClient, createCarrierClient } from "./client.ts";
import { findByCorrelator } from "./look-up.ts";
import { createCarrierRefund, prepareCarrierRefund, queryCarrierRefund } from "./refunds.ts";
import { verifyCarrierNotification } from "./verify.ts";

const SETTINGS = z.object({
  /** True where the carrier itself asks the phone's owner before it charges. */
  asksPayer: z.boolean().default(false),
  /** What the carrier sends back: nothing, whole payments only, or parts too. */
  refunds: z.enum(["none", "total", "partial"]).default("partial"),
});

/** UTF-16 units. */
const DESCRIPTION_LENGTH_MAX = 255;

/** The definition's refusals of a charge, in our words. Anything else refused the request, not the payer. */
const DECLINES: ReadonlyMap<string, DeclineCode> = new Map([
  ["CARRIER_BILLING.PAYMENT_DENIED", "declined_by_rail"],
  ["IDENTIFIER_NOT_FOUND", "unknown_number"],
  ["SERVICE_NOT_APPLICABLE", "service_not_available"],
  ["CARRIER_BILLING.UNAUTHORIZED_AMOUNT", "limit_exceeded"],
  ["CARRIER_BILLING.USER_AMOUNT_THRESHOLD_OVERPASSED", "limit_exceeded"],
]);

/** With status 409 always, and as 400 while the first is not final: a request with our correlator was taken. */
const MAYBE_REPEATED = "INVALID_ARGUMENT";

export function createCarrierRail(options: { readonly timeoutMs: number }): Rail {
  const call = createCarrierClient(options);
  return {
    method: "carrier_billing",
    capabilities: ({ settings }) => ({
      cancel: false,
      twoSteps: false,
      refund: SETTINGS.parse(settings).refunds,
      asksPayer: SETTINGS.parse(settings).asksPayer,
    }),
    boundsFor: (currency) => (isCurrencyCode(currency) ? { minMinor: 1n, maxMinor: null } : null),
    prepare,
    begin: (account, attempt) => begin(call, account, attempt),
    query: (account, attempt) => query(call, account, attempt),
    // A one-step charge cannot be called back; what the record says is all there is.
    cancel: (account, attempt) => query(call, account, attempt),
    prepareRefund: prepareCarrierRefund,
    refund: (account, refund) => createCarrierRefund(call, account, refund),
    queryRefund: (account, refund) => queryCarrierRefund(call, account, refund),
    verify: async (_account, message, checkToken) => verifyCarrierNotification(message, checkToken),
  };
}

function prepare(terms: AttemptTerms): JsonValue {
  return {
    amount: toDecimal(terms.amount),
    currency: terms.amount.currency,
    description: cutText(terms.description, DESCRIPTION_LENGTH_MAX),
    merchantName: terms.merchantName,
    merchantIdentifier: terms.merchantId,
    ...(terms.purchaseCategory === null ? {} : { purchaseCategoryCode: terms.purchaseCategory }),
    referenceCode: terms.paymentId,
  } satisfies CreatePaymentTerms;
}

async function begin(
  call: CarrierClient,
  account: OpenRailAccount,
  attempt: RailAttempt,
): Promise<RailOutcome> {
  const answer = await call(account, {
    method: "POST",
    path: "/payments",
    correlator: attempt.paymentId,
    body: renderCreatePayment(createPaymentTermsSchema.parse(attempt.railRequest), {
      phoneNumber: attempt.phone,
      clientCorrelator: attempt.railKey,
      sink: attempt.notificationUrl,
      sinkToken: attempt.notificationToken,
      sinkTokenExpiresAt: attempt.notificationTokenExpiresAt,
    }),
  });
  switch (answer.kind) {
    case "ok":
      return readAnswer(answer.body, attempt);
    case "unreachable":
      return { kind: "declined", railReference: null, code: "rail_unavailable", railCode: "unreachable" };
    case "unclear":
      return { kind: "unknown", reason: answer.reason };
    case "refused":
      return await readRefusal(call, account, attempt, answer);
    default:
      return unreachable(answer);
  }
}

async function readRefusal(
  call: CarrierClient,
  account: OpenRailAccount,
  attempt: RailAttempt,
  { status, code }: { readonly status: number; readonly code: string },
): Promise<RailOutcome> {
  if (status === 409 || code === MAYBE_REPEATED) {
    const found = await findPayment(call, account, attempt);
    // A conflict says that there is one, wherever it is.
    if (status === 409 && found.kind === "not_found") return { kind: "unknown", reason: code };
    if (found.kind !== "not_found") return found;
  }
  const declined = DECLINES.get(code);
  const isBusy = status === 401 || status === 403 || status === 429;
  return {
    kind: "declined",
    railReference: null,
    code: declined ?? (isBusy ? "rail_unavailable" : "rail_refused_request"),
    railCode: code,
  };
}

async function query(
  call: CarrierClient,
  account: OpenRailAccount,
  attempt: RailAttempt,
): Promise<RailOutcome> {
  if (attempt.railReference === null) return await findPayment(call, account, attempt);
  const answer = await call(account, {
    method: "GET",
    path: `/payments/${encodeURIComponent(attempt.railReference)}`,
    correlator: attempt.paymentId,
  });
  if (answer.kind === "ok") return readAnswer(answer.body, attempt);
  if (answer.kind === "refused" && answer.status === 404) return { kind: "not_found" };
  return { kind: "unknown", reason: answer.kind };
}

async function findPayment(
  call: CarrierClient,
  account: OpenRailAccount,
  attempt: RailAttempt,
): Promise<RailOutcome> {
  const found = await findByCorrelator(call, account, attempt);
  return found.kind === "found" ? toOutcome(found.payment) : found;
}

function readAnswer(body: unknown, attempt: RailAttempt): RailOutcome {
  const parsed = camaraPaymentSchema.safeParse(body);
  if (!parsed.success) return { kind: "unknown", reason: "unreadable answer" };
  const { referenceCode } = parsed.data.amountTransaction;
  if (referenceCode !== attempt.paymentId) {
    return { kind: "contradiction", reason: `The carrier's record is about ${referenceCode}.` };
  }
  return toOutcome(parsed.data);
}

function toOutcome(payment: CamaraPayment): RailOutcome {
  const railReference = payment.paymentId;
  switch (payment.paymentStatus) {
    case "processing":
      return { kind: "pending", railReference };
    case "succeeded": {
      const amount = amountOf(payment);
      if (amount === null) return { kind: "contradiction", reason: "The carrier's amount cannot be read." };
      const { serverReferenceCode } = payment.amountTransaction;
      const details = serverReferenceCode === undefined ? {} : { settlementReference: serverReferenceCode };
      return { kind: "succeeded", railReference, amount, details };
    }
    case "denied":
      return { kind: "declined", railReference, code: "declined_by_rail", railCode: "denied" };
    case "cancelled":
      return { kind: "cancelled", railReference };
    case "pending_validation":
    case "reserved":
      return { kind: "contradiction", reason: `A one-step charge is ${payment.paymentStatus}.` };
    default:
      return unreachable(payment.paymentStatus);
  }
}

/** A JSON number with three decimals at most is exact as its shortest text. */
function amountOf(payment: CamaraPayment): Money | null {
  const { amount, currency } = payment.amountTransaction.paymentAmount.chargingInformation;
  if (!isCurrencyCode(currency)) return null;
  try {
    return fromDecimal(String(amount), currency);
  } catch {
    return null;
  }
}
