// One refund of a payment: judged, made, moved from status to status, and shown as the definition wants it.
import { randomBytes } from "node:crypto";
import type { Account } from "../control/accounts.ts";
import type { Sandbox } from "../sandbox.ts";
import { refused } from "./errors.ts";
import { writeInstant } from "./instants.ts";
import type { RefundInput } from "./parse-refund.ts";
import type { CarrierPayment, CarrierRefund, RefundStatus } from "./records.ts";
import { checkPartial, remainingThousandths } from "./refund-amounts.ts";
import { emitRefundEvent } from "./refund-events.ts";
import { admitRefund, type RefundKind, refundKind } from "./refund-subscribers.ts";

const outcomeJob = "carrier.refund_outcome";
const outcomeMs = 1_000;
const nextBillMs = 5_000;

type Outcome = "succeeded" | "denied" | "in_bill";

/** What the carrier makes of a refund that it does not decide at once. */
const outcomes: Partial<Record<RefundKind, Outcome>> = {
  succeeds_later: "succeeded",
  denied_later: "denied",
  next_bill: "in_bill",
};

/** Where the refunds of all payments are. */
export const refundsBase = "/carrier/carrier-billing-refund/v0.3/payments";

/** Where a payment's refunds are. */
export function refundsPath(paymentId: string): string {
  return `${refundsBase}/${paymentId}/refunds`;
}

/** Registers the job that decides refunds later. */
export function startRefunds(sandbox: Sandbox): void {
  sandbox.scheduler.handle(outcomeJob, (job) => {
    const refund = sandbox.carrier.refunds.find(job.subject);
    if (refund?.status !== "processing") {
      return undefined;
    }
    if (job.payload === "in_bill") {
      sandbox.database.transaction(() => {
        emitRefundEvent(sandbox, refund, "in_bill");
        decideLater(sandbox, refund, "succeeded", nextBillMs);
      });
    } else {
      decideRefund(sandbox, refund, job.payload === "succeeded");
    }
    return undefined;
  });
}

/**
 * Refunds a payment, or begins to.
 * @throws INVALID_ARGUMENT, ALREADY_EXISTS for a repeat; INVALID_PAYMENT_STATUS unless the payment succeeded;
 * what the subscriber says; UNAUTHORIZED_AMOUNT for more than is left, and what does not fit the payment
 */
export function createRefund(
  sandbox: Sandbox,
  account: Account,
  payment: CarrierPayment,
  input: RefundInput,
  correlator: string,
): CarrierRefund {
  refuseRepeat(sandbox, account, input);
  if (payment.status !== "succeeded") {
    throw refused("CARRIER_BILLING_REFUND.INVALID_PAYMENT_STATUS");
  }
  const kind = refundKind(payment.phone);
  admitRefund(kind);
  const { amount, ...fields } = input;
  const left = remainingThousandths(sandbox, payment);
  if (amount) {
    checkPartial(sandbox, payment, amount);
  }
  const total = amount?.totalThousandths ?? left;
  if (total > left || left <= 0) {
    throw refused("CARRIER_BILLING_REFUND.UNAUTHORIZED_AMOUNT");
  }
  const refund: CarrierRefund = {
    ...fields,
    id: randomBytes(13).toString("hex").toUpperCase(),
    account: account.id,
    paymentId: payment.id,
    status: "processing",
    totalThousandths: total,
    items: (amount?.items ?? []).map(({ paymentItemId, totalThousandths }) => ({
      paymentItemId,
      totalThousandths,
    })),
    createdAt: Date.now(),
    refundedAt: null,
    correlator,
  };
  const outcome = outcomes[kind];
  return sandbox.database.transaction(() => {
    sandbox.carrier.refunds.insert(refund);
    if (kind === "at_once") {
      return move(sandbox, refund, "succeeded");
    }
    if (outcome) {
      decideLater(sandbox, refund, outcome, outcomeMs);
    }
    return refund;
  });
}

/** Ends a refund that is processing; false for any other. */
export function decideRefund(sandbox: Sandbox, refund: CarrierRefund, isGranted: boolean): boolean {
  if (refund.status !== "processing") {
    return false;
  }
  sandbox.database.transaction(() => {
    sandbox.scheduler.cancel(outcomeJob, refund.id);
    move(sandbox, refund, isGranted ? "succeeded" : "denied");
  });
  return true;
}

/** Grants a refund that was denied, after all; false for any other. */
export function reviveRefund(sandbox: Sandbox, refund: CarrierRefund): boolean {
  if (refund.status !== "denied") {
    return false;
  }
  sandbox.database.transaction(() => move(sandbox, refund, "succeeded"));
  return true;
}

/** The refund as schema Refund shows it. */
export function renderRefund(refund: CarrierRefund): object {
  return {
    refundId: refund.id,
    refundStatus: refund.status,
    type: refund.type,
    refundCreationDate: writeInstant(refund.createdAt),
    ...(refund.refundedAt === null ? {} : { refundDate: writeInstant(refund.refundedAt) }),
    ...(refund.reason === null ? {} : { reason: refund.reason }),
    ...(refund.sink ? { sink: refund.sink.url } : {}),
    amountTransaction: {
      ...(refund.clientCorrelator === null ? {} : { clientCorrelator: refund.clientCorrelator }),
      refundAmount: refund.refundAmount,
      referenceCode: refund.referenceCode,
    },
  };
}

function decideLater(sandbox: Sandbox, refund: CarrierRefund, outcome: Outcome, delayMs: number): void {
  sandbox.scheduler.schedule({ kind: outcomeJob, subject: refund.id, payload: outcome, delayMs });
}

function move(sandbox: Sandbox, refund: CarrierRefund, status: RefundStatus): CarrierRefund {
  const moved: CarrierRefund = {
    ...refund,
    status,
    refundedAt: status === "succeeded" ? Date.now() : null,
  };
  sandbox.carrier.refunds.save(moved);
  emitRefundEvent(sandbox, moved, status === "succeeded" ? "completed" : "denied");
  return moved;
}

/** A correlator makes a repeat visible; without one the reference has to. */
function refuseRepeat(sandbox: Sandbox, account: Account, input: RefundInput): void {
  const { refunds } = sandbox.carrier;
  if (input.clientCorrelator === null) {
    const sql = "account = ? and body->>'$.referenceCode' = ?";
    if (refunds.count(sql, account.id, input.referenceCode) > 0) {
      throw refused("ALREADY_EXISTS");
    }
    return;
  }
  const sql = "account = ? and body->>'$.clientCorrelator' = ?";
  const first = refunds.select(sql, account.id, input.clientCorrelator)[0];
  if (first && first.status !== "processing") {
    throw refused("ALREADY_EXISTS");
  }
  if (first) {
    throw refused("INVALID_ARGUMENT", "clientCorrelator already exist on server.");
  }
}
