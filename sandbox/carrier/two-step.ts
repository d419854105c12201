// Two-step payments: reserved first (after validation where the subscriber needs one), then confirmed or
// cancelled. A reservation that nobody confirms runs out.
import { randomBytes, randomInt } from "node:crypto";
import type { Account } from "../control/accounts.ts";
import type { Sandbox } from "../sandbox.ts";
import { newMessageSid } from "../twilio/message.ts";
import { writeThousandths } from "./amounts.ts";
import { refused } from "./errors.ts";
import type { PaymentInput } from "./parse-payment.ts";
import { denyLater, draftPayment, movePayment } from "./payment.ts";
import type { CarrierPayment, Validation } from "./records.ts";
import { subscriberKind } from "./subscribers.ts";

const reserveJob = "carrier.reserve";
const runOutJob = "carrier.reservation_runs_out";
const chargeJob = "carrier.charge_reservation";

const prepareMs = 1_000;
const emptyAccountMs = 1_000;
const validationLifeMs = 5 * 60_000;
const reservationLifeMs = 10 * 60_000;
const shortReservationMs = 5_000;
const chargeMs = 1_000;
const tries = 3;

/** Registers the jobs of two-step payments. */
export function startTwoStep(sandbox: Sandbox): void {
  sandbox.scheduler.handle(reserveJob, (job) => {
    const payment = sandbox.carrier.payments.find(job.subject);
    if (payment?.status === "processing") {
      reserve(sandbox, payment);
    }
    return undefined;
  });
  sandbox.scheduler.handle(runOutJob, (job) => {
    const payment = sandbox.carrier.payments.find(job.subject);
    if (payment) {
      runOut(sandbox, payment);
    }
    return undefined;
  });
  sandbox.scheduler.handle(chargeJob, (job) => {
    const payment = sandbox.carrier.payments.find(job.subject);
    if (payment?.status === "reserved") {
      endConfirmation(sandbox, payment, subscriberKind(payment.phone) !== "denied_at_confirm");
    }
    return undefined;
  });
}

/** Reserves an amount, or begins to. */
export function preparePayment(
  sandbox: Sandbox,
  account: Account,
  input: PaymentInput,
  correlator: string,
): CarrierPayment {
  const payment = draftPayment(sandbox, account, input, "two", correlator);
  const kind = subscriberKind(input.phone);
  return sandbox.database.transaction(() => {
    if (kind === "needs_code" || kind === "needs_link") {
      const waiting: CarrierPayment = { ...payment, validation: newValidation(kind) };
      sandbox.carrier.payments.insert(waiting);
      return askForValidation(sandbox, waiting);
    }
    sandbox.carrier.payments.insert(payment);
    if (kind === "silent") {
      return payment;
    }
    if (kind === "prepaid_empty") {
      denyLater(sandbox, payment, emptyAccountMs, "The account has too little money on it.");
      return payment;
    }
    if (kind === "slow_to_prepare") {
      sandbox.scheduler.schedule({ kind: reserveJob, subject: payment.id, delayMs: prepareMs });
      return payment;
    }
    return reserve(sandbox, payment);
  });
}

/** Takes the code that the subscriber was sent. Three wrong ones deny the payment. */
export function validatePayment(
  sandbox: Sandbox,
  payment: CarrierPayment,
  authorizationId: string,
  code: string,
): void {
  const { validation } = payment;
  if (validation?.action !== "validate") {
    // Validated by link, or not at all: no authorizationId was ever given out.
    throw refused("CARRIER_BILLING.INVALID_AUTHORIZATION_ID");
  }
  if (validation.isPassed) {
    throw refused("ALREADY_EXISTS", "Payment already validated");
  }
  if (validation.authorizationId !== authorizationId) {
    throw refused("CARRIER_BILLING.INVALID_AUTHORIZATION_ID");
  }
  if (payment.status !== "pending_validation") {
    throw refused("CARRIER_BILLING.VALIDATION_FAILED");
  }
  if (validation.code === code) {
    reserve(sandbox, { ...payment, validation: { ...validation, isPassed: true } });
    return;
  }
  const triesLeft = validation.triesLeft - 1;
  const tried: CarrierPayment = { ...payment, validation: { ...validation, triesLeft } };
  if (triesLeft > 0) {
    sandbox.carrier.payments.save(tried);
    throw refused("CARRIER_BILLING.INVALID_CODE");
  }
  movePayment(sandbox, tried, "denied", "The code was wrong three times.");
  throw refused("CARRIER_BILLING.VALIDATION_FAILED");
}

/** The subscriber's answer on the page behind the validation link. False when nothing waits for one. */
export function answerLink(sandbox: Sandbox, payment: CarrierPayment, isApproved: boolean): boolean {
  if (payment.status !== "pending_validation") {
    return false;
  }
  if (isApproved) {
    reserve(sandbox, payment);
  } else {
    movePayment(sandbox, payment, "denied", "The subscriber declined.");
  }
  return true;
}

/** Charges a reservation, or begins to. */
export function confirmPayment(sandbox: Sandbox, payment: CarrierPayment): void {
  refuseFinished(payment);
  if (payment.status === "denied") {
    throw refused("CARRIER_BILLING.PAYMENT_DENIED");
  }
  needReservation(payment);
  const kind = subscriberKind(payment.phone);
  if (kind !== "denied_at_confirm" && kind !== "slow_to_confirm") {
    movePayment(sandbox, payment, "succeeded");
    return;
  }
  sandbox.database.transaction(() => {
    sandbox.carrier.payments.save({ ...payment, isConfirmed: true });
    sandbox.scheduler.schedule({ kind: chargeJob, subject: payment.id, delayMs: chargeMs });
  });
}

/** Gives up a reservation that nobody confirmed. False when there is none. */
export function runOut(sandbox: Sandbox, payment: CarrierPayment): boolean {
  if (payment.status !== "reserved" || payment.isConfirmed) {
    return false;
  }
  movePayment(sandbox, payment, "cancelled");
  return true;
}

/** Charges a reservation that was confirmed, or denies it after all. */
export function endConfirmation(sandbox: Sandbox, payment: CarrierPayment, isCharged: boolean): void {
  sandbox.scheduler.cancel(chargeJob, payment.id);
  if (isCharged) {
    movePayment(sandbox, payment, "succeeded");
  } else {
    movePayment(sandbox, payment, "denied", "The subscriber's account was closed.");
  }
}

/** Gives a reservation back. */
export function cancelPayment(sandbox: Sandbox, payment: CarrierPayment): void {
  refuseFinished(payment);
  needReservation(payment);
  movePayment(sandbox, payment, "cancelled");
}

/** `validationInfo` of the answer to prepare. */
export function renderValidation(sandbox: Sandbox, payment: CarrierPayment) {
  const { validation } = payment;
  if (payment.status !== "pending_validation" || !validation) {
    return {};
  }
  return {
    validationInfo:
      validation.action === "validate"
        ? { action: "validate", authorizationId: validation.authorizationId }
        : { action: "open", validationURL: `${sandbox.publicUrl}/carrier/validate/${validation.token}` },
  };
}

/** Reserves the amount, for a while. */
export function reserve(sandbox: Sandbox, payment: CarrierPayment): CarrierPayment {
  const isShort = subscriberKind(payment.phone) === "short_reservation";
  return sandbox.database.transaction(() => {
    sandbox.scheduler.schedule({
      kind: runOutJob,
      subject: payment.id,
      delayMs: isShort ? shortReservationMs : reservationLifeMs,
    });
    return movePayment(sandbox, payment, "reserved");
  });
}

function newValidation(kind: "needs_code" | "needs_link"): Validation {
  if (kind === "needs_link") {
    return { action: "open", token: randomBytes(16).toString("hex") };
  }
  return {
    action: "validate",
    authorizationId: randomBytes(12).toString("base64url"),
    code: String(randomInt(1_000_000)).padStart(6, "0"),
    triesLeft: tries,
    isPassed: false,
  };
}

function askForValidation(sandbox: Sandbox, payment: CarrierPayment): CarrierPayment {
  const waiting = movePayment(sandbox, payment, "pending_validation");
  denyLater(sandbox, waiting, validationLifeMs, "The payment was not validated in time.");
  if (waiting.validation?.action === "validate") {
    const amount = writeThousandths(waiting.totalThousandths, waiting.currency);
    sandbox.messages.insert({
      id: newMessageSid(),
      account: waiting.account,
      twilio: null,
      from: "Carrier",
      to: waiting.phone,
      body: `${waiting.validation.code} is your code to pay ${amount} to ${waiting.merchantName} with your phone bill.`,
      status: "delivered",
      createdAt: Date.now(),
    });
    sandbox.phones.changed(waiting.phone);
  }
  return waiting;
}

function refuseFinished(payment: CarrierPayment): void {
  if (payment.status === "succeeded" || (payment.status === "reserved" && payment.isConfirmed)) {
    throw refused("CARRIER_BILLING.PAYMENT_CONFIRMED");
  }
  if (payment.status === "cancelled") {
    throw refused("CARRIER_BILLING.PAYMENT_CANCELLED");
  }
}

/** The definition has no code for a payment that is not reserved yet, or no longer. */
function needReservation(payment: CarrierPayment): void {
  if (payment.status !== "reserved") {
    throw refused("INVALID_ARGUMENT", `The payment is ${payment.status}, not reserved.`);
  }
}
