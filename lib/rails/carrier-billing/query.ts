// The carrier's record of a payment, in our words. Nothing is believed that does not name our attempt.

import { isCurrencyCode } from "#lib/domain/currency.ts";
import { unreachable } from "#lib/domain/errors.ts";
import { fromDecimal, type Money } from "#lib/domain/money.ts";
import type { OpenRailAccount, RailAttempt, RailDetails, RailOutcome } from "#lib/domain/ports/rail.ts";
import {
  type CamaraPayment,
  type CamaraValidationInfo,
  camaraPaymentSchema,
  createPaymentTermsSchema,
} from "#lib/wire/camara.ts";
import type { CarrierClient } from "./client.ts";
import { findByCorrelator } from "./look-up.ts";
import { readSettings } from "./settings.ts";

/** Reads the payment by the carrier's id, or seeks it by our correlator where no answer ever came. */
export async function queryPayment(
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
  if (answer.kind === "ok") return readAnswer(answer.body, account, attempt);
  if (answer.kind === "refused" && answer.status === 404) return { kind: "not_found" };
  return { kind: "unknown", reason: answer.kind };
}

export async function findPayment(
  call: CarrierClient,
  account: OpenRailAccount,
  attempt: RailAttempt,
): Promise<RailOutcome> {
  const found = await findByCorrelator(call, account, attempt);
  return found.kind === "found" ? toOutcome(found.payment, account, attempt) : found;
}

export function readAnswer(body: unknown, account: OpenRailAccount, attempt: RailAttempt): RailOutcome {
  const parsed = camaraPaymentSchema.safeParse(body);
  if (!parsed.success) return { kind: "unknown", reason: "unreadable answer" };
  const { referenceCode } = parsed.data.amountTransaction;
  if (referenceCode !== attempt.paymentId) {
    return { kind: "contradiction", reason: `The carrier's record is about ${referenceCode}.` };
  }
  return toOutcome(parsed.data, account, attempt);
}

/** How the attempt was begun; its account may be set to something else by now. */
export function stepsOf(attempt: Pick<RailAttempt, "railRequest">): "one" | "two" {
  return createPaymentTermsSchema.parse(attempt.railRequest).steps;
}

function toOutcome(payment: CamaraPayment, account: OpenRailAccount, attempt: RailAttempt): RailOutcome {
  const railReference = payment.paymentId;
  switch (payment.paymentStatus) {
    case "processing":
      return { kind: "pending", railReference };
    case "pending_validation":
    case "reserved":
      if (stepsOf(attempt) === "one") {
        return { kind: "contradiction", reason: `A one-step charge is ${payment.paymentStatus}.` };
      }
      return payment.paymentStatus === "reserved"
        ? toReserved(payment, account, attempt)
        : { kind: "validation", railReference, expiresAt: null, ...waysOf(payment.validationInfo, account) };
    case "succeeded": {
      const amount = amountOf(payment);
      return amount === null
        ? UNREADABLE_AMOUNT
        : { kind: "succeeded", railReference, amount, details: detailsOf(payment) };
    }
    case "denied":
      return { kind: "declined", railReference, code: "declined_by_rail", railCode: "denied" };
    case "cancelled":
      return { kind: "cancelled", railReference };
    default:
      return unreachable(payment.paymentStatus);
  }
}

const UNREADABLE_AMOUNT: RailOutcome = {
  kind: "contradiction",
  reason: "The carrier's amount cannot be read.",
};

/** The API tells no end of a reservation: where the carrier has agreed on one, it is counted from now. */
function toReserved(payment: CamaraPayment, account: OpenRailAccount, attempt: RailAttempt): RailOutcome {
  const amount = amountOf(payment);
  if (amount === null) return UNREADABLE_AMOUNT;
  const { reservationMinutes } = readSettings(account);
  const expiresAt =
    reservationMinutes === null ? null : new Date(attempt.now.getTime() + reservationMinutes * 60_000);
  return {
    kind: "authorized",
    railReference: payment.paymentId,
    amount,
    details: detailsOf(payment),
    expiresAt,
  };
}

/** Without the carrier's reference a code is of no use to us, but the phone's owner has one all the same. */
function waysOf(info: CamaraValidationInfo | undefined, account: OpenRailAccount) {
  if (info?.action === "validate") {
    return { by: "code", url: null, reference: info.authorizationId } as const;
  }
  if (info?.action === "open" && isSafePage(info.validationURL, account)) {
    return { by: "link", url: info.validationURL, reference: null } as const;
  }
  return { by: info?.action === "open" ? "link" : "code", url: null, reference: null } as const;
}

/** Payers are sent to https pages only, unless the carrier itself is spoken to without, as a sandbox is. */
function isSafePage(url: string, { baseUrl }: OpenRailAccount): boolean {
  return url.startsWith("https://") || (url.startsWith("http://") && baseUrl?.startsWith("http://") === true);
}

function detailsOf(payment: CamaraPayment): RailDetails {
  const { serverReferenceCode } = payment.amountTransaction;
  return serverReferenceCode === undefined ? {} : { settlementReference: serverReferenceCode };
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
