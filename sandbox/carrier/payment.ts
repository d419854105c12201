// One payment: made, moved from status to status, and shown as the definition wants it.
import { randomBytes } from "node:crypto";
import type { Account } from "../control/accounts.ts";
import { cancelPrompt } from "../phone/prompts.ts";
import type { Sandbox } from "../sandbox.ts";
import { refused } from "./errors.ts";
import { writeInstant } from "./instants.ts";
import { checkLimits } from "./limits.ts";
import type { PaymentInput } from "./parse-payment.ts";
import { emitPaymentEvent } from "./payment-events.ts";
import { type CarrierPayment, isFinal, type PaymentStatus } from "./records.ts";
import { admitSubscriber, subscriberKind } from "./subscribers.ts";

const denyJob = "carrier.deny";

type DenyPayload = { from: PaymentStatus; reason: string };

/** Where a payment can be read. */
export function paymentPath(id: string): string {
  return `/carrier/carrier-billing/v0.5/payments/${id}`;
}

/** Registers the job that denies payments whose time has run out. */
export function startDenials(sandbox: Sandbox): void {
  sandbox.scheduler.handle(denyJob, (job) => {
    const { from, reason } = job.payload as DenyPayload;
    const payment = sandbox.carrier.payments.find(job.subject);
    if (payment?.status === from) {
      movePayment(sandbox, payment, "denied", reason);
    }
    return undefined;
  });
}

/** Denies the payment after `delayMs`, unless it has left its present status by then. */
export function denyLater(sandbox: Sandbox, payment: CarrierPayment, delayMs: number, reason: string): void {
  const payload: DenyPayload = { from: payment.status, reason };
  sandbox.scheduler.schedule({ kind: denyJob, subject: payment.id, payload, delayMs });
}

/**
 * Judges a request to charge and makes the payment's record, not yet kept.
 * @throws INVALID_ARGUMENT, ALREADY_EXISTS for a repeat; what the subscriber or a limit says otherwise
 */
export function draftPayment(
  sandbox: Sandbox,
  account: Account,
  input: PaymentInput,
  steps: "one" | "two",
  correlator: string,
): CarrierPayment {
  refuseRepeat(sandbox, account, input);
  admitSubscriber(subscriberKind(input.phone));
  checkLimits(sandbox, account.id, input.phone, input.currency, input.totalThousandths);
  const { merchantName, ...fields } = input;
  return {
    ...fields,
    id: randomBytes(13).toString("hex").toUpperCase(),
    account: account.id,
    steps,
    status: "processing",
    serverReferenceCode: `${input.referenceCode}-${randomBytes(4).toString("hex")}`,
    merchantName: merchantName ?? account.id,
    createdAt: Date.now(),
    paidAt: null,
    correlator,
    validation: null,
    isConfirmed: false,
  };
}

/** Moves a kept payment to `status`, closes what waited for it, and sends the event. */
export function movePayment(
  sandbox: Sandbox,
  payment: CarrierPayment,
  status: PaymentStatus,
  denialReason?: string,
): CarrierPayment {
  const moved: CarrierPayment = {
    ...payment,
    status,
    paidAt: status === "succeeded" ? Date.now() : payment.paidAt,
  };
  sandbox.database.transaction(() => {
    sandbox.carrier.payments.save(moved);
    sandbox.scheduler.cancel(denyJob, payment.id);
    cancelPrompt(sandbox, payment.id);
    emitPaymentEvent(sandbox, moved, denialReason);
  });
  return moved;
}

/** The payment as schema Payment (and PaymentCreated) shows it. */
export function renderPayment(sandbox: Sandbox, payment: CarrierPayment) {
  return {
    paymentId: payment.id,
    amountTransaction: {
      phoneNumber: payment.phone,
      ...(payment.clientCorrelator === null ? {} : { clientCorrelator: payment.clientCorrelator }),
      paymentAmount: payment.paymentAmount,
      referenceCode: payment.referenceCode,
      resourceURL: `${sandbox.publicUrl}${paymentPath(payment.id)}`,
      serverReferenceCode: payment.serverReferenceCode,
    },
    paymentStatus: payment.status,
    paymentCreationDate: writeInstant(payment.createdAt),
    ...(payment.paidAt === null ? {} : { paymentDate: writeInstant(payment.paidAt) }),
    ...(payment.sink ? { sink: payment.sink.url } : {}),
  };
}

/** A correlator makes a repeat visible; without one the reference has to. */
function refuseRepeat(sandbox: Sandbox, account: Account, input: PaymentInput): void {
  const { payments } = sandbox.carrier;
  if (input.clientCorrelator === null) {
    const sql = "account = ? and body->>'$.referenceCode' = ?";
    if (payments.count(sql, account.id, input.referenceCode) > 0) {
      throw refused("ALREADY_EXISTS");
    }
    return;
  }
  const sql = "account = ? and body->>'$.clientCorrelator' = ?";
  const first = payments.select(sql, account.id, input.clientCorrelator)[0];
  if (first && isFinal(first.status)) {
    throw refused("ALREADY_EXISTS");
  }
  if (first) {
    throw refused("INVALID_ARGUMENT", "clientCorrelator already exist on server.");
  }
}
