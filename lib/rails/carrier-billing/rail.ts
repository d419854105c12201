// The phone bill through a CAMARA carrier: in one step, or reserved first and then confirmed or cancelled.
// Source: camaraproject/CarrierBillingCheckOut, release r3.2, carrier-billing 0.5.

import { isCurrencyCode } from "#lib/domain/currency.ts";
import { cutText } from "#lib/domain/cut.ts";
import { unreachable } from "#lib/domain/errors.ts";
import { toDecimal } from "#lib/domain/money.ts";
import type { DeclineCode } from "#lib/domain/payment.ts";
import type { JsonValue } from "#lib/domain/ports/json.ts";
import type {
  AttemptTerms,
  OpenRailAccount,
  Rail,
  RailAttempt,
  RailOutcome,
} from "#lib/domain/ports/rail.ts";
import { type CreatePaymentTerms, createPaymentTermsSchema, renderCreatePayment } from "#lib/wire/camara.ts";
import { type CarrierClient, createCarrierClient } from "./client.ts";
import { findPayment, queryPayment, readAnswer } from "./query.ts";
import { createCarrierRefund, prepareCarrierRefund, queryCarrierRefund } from "./refunds.ts";
import { cancelPayment, confirmPayment, validatePayment } from "./second-step.ts";
import { hasTwoSteps, readSettings } from "./settings.ts";
import { verifyCarrierNotification } from "./verify.ts";

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
    capabilities: (account, phone) => {
      const settings = readSettings(account);
      const isReserving = hasTwoSteps(settings, phone);
      return {
        // A charge in one step cannot be called back.
        cancel: isReserving,
        twoSteps: isReserving,
        refund: settings.refunds,
        asksPayer: settings.asksPayer,
      };
    },
    boundsFor: (currency) => (isCurrencyCode(currency) ? { minMinor: 1n, maxMinor: null } : null),
    prepare,
    begin: (account, attempt) => begin(call, account, attempt),
    query: (account, attempt) => queryPayment(call, account, attempt),
    cancel: (account, attempt) => cancelPayment(call, account, attempt),
    validate: (account, attempt, code) => validatePayment(call, account, attempt, code),
    capture: (account, attempt) => confirmPayment(call, account, attempt),
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
    steps: terms.hasTwoSteps ? "two" : "one",
  } satisfies CreatePaymentTerms;
}

async function begin(
  call: CarrierClient,
  account: OpenRailAccount,
  attempt: RailAttempt,
): Promise<RailOutcome> {
  const terms = createPaymentTermsSchema.parse(attempt.railRequest);
  const answer = await call(account, {
    method: "POST",
    path: terms.steps === "two" ? "/payments/prepare" : "/payments",
    correlator: attempt.paymentId,
    body: renderCreatePayment(terms, {
      phoneNumber: attempt.phone,
      clientCorrelator: attempt.railKey,
      sink: attempt.notificationUrl,
      sinkToken: attempt.notificationToken,
      sinkTokenExpiresAt: attempt.notificationTokenExpiresAt,
    }),
  });
  switch (answer.kind) {
    case "ok":
      return readAnswer(answer.body, account, attempt);
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
