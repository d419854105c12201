// Money given back: https://docs.stripe.com/refunds
// What becomes of a refund hangs on the card that was charged. Every function is one transaction.
import type { Account } from "../control/accounts.ts";
import type { Sandbox } from "../sandbox.ts";
import { postRefund, postRefundFailure } from "./balance.ts";
import type { Aftermath } from "./cards.ts";
import { refundedBy } from "./charge-object.ts";
import { writeAmount } from "./currencies.ts";
import { missing, ParameterError, refused } from "./errors.ts";
import { type Cause, emitEvent } from "./events.ts";
import type { StoredCharge, StoredRefund } from "./records.ts";
import { type FailureReason, newRefund, type RefundStatus, type RefundWire } from "./refund-object.ts";

const outcomeJob = "stripe.refund_outcome";
const outcomeDelayMs = 2_000;

export type RefundParameters = {
  amount: number | undefined;
  charge: string | undefined;
  payment_intent: string | undefined;
  reason: string | undefined;
  metadata: Record<string, string>;
};

/** First status by the card's aftermath; succeeded for all others. */
const firstStatus: Partial<Record<Aftermath, RefundStatus>> = {
  refund_succeeds_later: "pending",
  refund_stays_pending: "pending",
  refund_needs_action: "requires_action",
};

/** What the sandbox itself makes of a refund after a while. */
const laterStatus: Partial<Record<Aftermath, "succeeded" | "failed">> = {
  refund_succeeds_later: "succeeded",
  refund_fails_later: "failed",
};

/** Registers the job that ends refunds which are decided later. */
export function startRefundOutcomes(sandbox: Sandbox): void {
  sandbox.scheduler.handle(outcomeJob, (job) => {
    const refund = sandbox.stripe.refunds.find(job.subject);
    if (refund && job.payload === "succeeded") {
      succeedRefund(sandbox, refund);
    } else if (refund) {
      failRefund(sandbox, refund, "expired_or_canceled_card");
    }
    return undefined;
  });
}

/** Refunds a charge, or begins to. Refuses what Stripe would refuse, with its codes. */
export function createRefund(
  sandbox: Sandbox,
  account: Account,
  parameters: RefundParameters,
  cause: Cause,
): StoredRefund {
  const charge = chargeOf(sandbox, account, parameters);
  refuseDisputed(sandbox, charge);
  const amount = amountOf(charge, parameters.amount);
  if (charge.aftermath === "refund_lacks_balance") {
    throw refused(400, {
      code: "balance_insufficient",
      message:
        "Insufficient funds in your Stripe account. One likely reason you have insufficient funds is that your funds are automatically being paid out; try enabling manual payouts by going to https://dashboard.stripe.com/account/payouts.",
    });
  }
  const status = (charge.aftermath && firstStatus[charge.aftermath]) ?? "succeeded";
  const later = charge.aftermath && laterStatus[charge.aftermath];
  return sandbox.database.transaction(() => {
    const drafted = newRefund(charge.wire, amount, status, {
      reason: parameters.reason ?? null,
      metadata: parameters.metadata,
    });
    // A refund that waits for the customer has not moved any money yet.
    const movement = status === "requires_action" ? null : postRefund(sandbox, account.id, drafted);
    const wire: RefundWire = { ...drafted, balance_transaction: movement };
    const refund: StoredRefund = { id: wire.id, account: account.id, wire };
    sandbox.stripe.refunds.insert(refund);
    const refundedCharge = saveRefunded(sandbox, charge, amount);
    emitEvent(sandbox, account.id, "refund.created", wire, cause);
    emitEvent(sandbox, account.id, "charge.refunded", refundedCharge.wire, cause);
    if (later) {
      sandbox.scheduler.schedule({
        kind: outcomeJob,
        subject: refund.id,
        payload: later,
        delayMs: outcomeDelayMs,
      });
    }
    return refund;
  });
}

/** The money has arrived. False when the refund does not wait for that. */
export function succeedRefund(sandbox: Sandbox, refund: StoredRefund): boolean {
  const { status } = refund.wire;
  if (status !== "pending" && status !== "requires_action") {
    return false;
  }
  sandbox.database.transaction(() => {
    const { pending_reason: _reason, next_action: _action, ...wire } = refund.wire;
    const movement = wire.balance_transaction ?? postRefund(sandbox, refund.account, wire);
    save(sandbox, refund, { ...wire, balance_transaction: movement, status: "succeeded" });
  });
  return true;
}

/** The bank says after all that the money has arrived. False unless the refund has failed. */
export function reviveRefund(sandbox: Sandbox, refund: StoredRefund): boolean {
  if (refund.wire.status !== "failed") {
    return false;
  }
  sandbox.database.transaction(() => {
    const { failure_reason: _reason, failure_balance_transaction: _failure, ...wire } = refund.wire;
    const charge = sandbox.stripe.charges.find(wire.charge);
    if (charge) {
      saveRefunded(sandbox, charge, wire.amount);
    }
    const movement = postRefund(sandbox, refund.account, wire);
    save(sandbox, refund, { ...wire, balance_transaction: movement, status: "succeeded" });
  });
  return true;
}

/** The bank has sent the money back. False when the refund has failed or was cancelled already. */
export function failRefund(sandbox: Sandbox, refund: StoredRefund, reason: FailureReason): boolean {
  const { status } = refund.wire;
  if (status === "failed" || status === "canceled") {
    return false;
  }
  sandbox.database.transaction(() => {
    const { pending_reason: _reason, next_action: _action, ...wire } = refund.wire;
    const failed: RefundWire = {
      ...wire,
      ...(wire.balance_transaction === null
        ? {}
        : { failure_balance_transaction: postRefundFailure(sandbox, refund.account, wire) }),
      failure_reason: reason,
      status: "failed",
    };
    giveBack(sandbox, refund);
    emitEvent(sandbox, refund.account, "refund.failed", failed);
    save(sandbox, refund, failed);
  });
  return true;
}

/** Takes back a refund that waits for the customer; no other can be cancelled over the API. */
export function cancelRefund(sandbox: Sandbox, refund: StoredRefund, cause: Cause): StoredRefund {
  if (refund.wire.status !== "requires_action") {
    throw refused(400, { message: "Canceling this refund is unsupported." });
  }
  return sandbox.database.transaction(() => {
    const { next_action: _action, ...wire } = refund.wire;
    giveBack(sandbox, refund);
    return save(sandbox, refund, { ...wire, status: "canceled" }, cause);
  });
}

/** Keeps a changed refund and sends the news. */
export function save(sandbox: Sandbox, refund: StoredRefund, wire: RefundWire, cause?: Cause): StoredRefund {
  const saved: StoredRefund = { ...refund, wire };
  if (wire.status !== refund.wire.status) {
    sandbox.scheduler.cancel(outcomeJob, refund.id);
  }
  sandbox.stripe.refunds.save(saved);
  emitEvent(sandbox, refund.account, "refund.updated", wire, cause);
  emitEvent(sandbox, refund.account, "charge.refund.updated", wire, cause);
  return saved;
}

/** The charge that the parameters name, if there is something of it that can be given back. */
function chargeOf(sandbox: Sandbox, account: Account, parameters: RefundParameters): StoredCharge {
  const { charge: chargeId, payment_intent: intentId } = parameters;
  if (chargeId === undefined && intentId === undefined) {
    const message =
      "One of the following params should be provided for this request: payment_intent or charge.";
    throw new ParameterError("", message);
  }
  const given = intentId === undefined ? null : sandbox.stripe.intents.find(intentId);
  if (intentId !== undefined && given?.account !== account.id) {
    throw missing("payment_intent", intentId, "payment_intent");
  }
  const wanted = chargeId ?? given?.wire.latest_charge ?? null;
  const charge = wanted === null ? null : sandbox.stripe.charges.find(wanted);
  if (chargeId !== undefined && charge?.account !== account.id) {
    throw missing("charge", chargeId, "id");
  }
  if (charge && given && charge.wire.payment_intent !== given.id) {
    const message = `Charge ${charge.id} does not belong to PaymentIntent ${given.id}.`;
    throw new ParameterError("charge", message);
  }
  const id = given?.id ?? charge?.wire.payment_intent ?? "";
  const isReleased = sandbox.stripe.intents.find(id)?.wire.status === "canceled";
  if (charge?.wire.status !== "succeeded" || isReleased) {
    throw refused(400, {
      message: `This PaymentIntent (${id}) does not have a successful charge to refund.`,
    });
  }
  if (!charge.wire.captured) {
    throw refused(400, {
      message: `You must cancel the PaymentIntent ${id} to release a charge that was not captured.`,
    });
  }
  return charge;
}

/** What the payer's bank has taken back cannot be refunded as well. */
function refuseDisputed(sandbox: Sandbox, charge: StoredCharge): void {
  const disputes = sandbox.stripe.disputes.select("body->>'$.wire.charge' = ?", charge.id);
  if (disputes.some(({ wire }) => !wire.is_charge_refundable)) {
    const message = `Charge ${charge.id} has been charged back; cannot issue a refund.`;
    throw refused(400, { code: "charge_disputed", message });
  }
}

function amountOf({ id, wire }: StoredCharge, wanted: number | undefined): number {
  const left = wire.amount_captured - wire.amount_refunded;
  if (left <= 0) {
    const message = `Charge ${id} has already been refunded.`;
    throw refused(400, { code: "charge_already_refunded", message });
  }
  if (wanted !== undefined && wanted > left) {
    const [asked, rest] = [wanted, left].map((amount) => writeAmount(amount, wire.currency));
    throw refused(400, {
      message: `Refund amount (${asked}) is greater than unrefunded amount on charge (${rest})`,
      param: "amount",
    });
  }
  return wanted ?? left;
}

/** What was counted as refunded is the merchant's again. */
function giveBack(sandbox: Sandbox, refund: StoredRefund): void {
  const charge = sandbox.stripe.charges.find(refund.wire.charge);
  if (charge) {
    saveRefunded(sandbox, charge, -refund.wire.amount);
  }
}

function saveRefunded(sandbox: Sandbox, charge: StoredCharge, change: number): StoredCharge {
  const saved: StoredCharge = { ...charge, wire: refundedBy(charge.wire, change) };
  sandbox.stripe.charges.save(saved);
  return saved;
}
