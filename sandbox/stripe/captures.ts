// Amounts that are reserved first: captured, released, or run out.
// https://docs.stripe.com/payments/place-a-hold-on-a-payment-method
import type { Sandbox } from "../sandbox.ts";
import { scheduleAftermath } from "./aftermath.ts";
import { postCharge } from "./balance.ts";
import { authorizationLifeSeconds, captured } from "./charge-object.ts";
import { refused } from "./errors.ts";
import { type Cause, emitEvent } from "./events.ts";
import { nowSeconds } from "./ids.ts";
import type { CancellationReason, IntentWire } from "./intent-object.ts";
import type { StoredIntent } from "./records.ts";

const expireJob = "stripe.authorization_expires";

const cancellable =
  "requires_payment_method, requires_capture, requires_reauthorization, requires_confirmation, requires_action, expired, processing";

/** Registers the job that releases what nobody captured in time. */
export function startAuthorizationExpiry(sandbox: Sandbox): void {
  sandbox.scheduler.handle(expireJob, (job) => {
    const intent = sandbox.stripe.intents.find(job.subject);
    if (intent) {
      expireAuthorization(sandbox, intent);
    }
    return undefined;
  });
}

/** Begins the life of a reserved amount. */
export function expireAuthorizationLater(sandbox: Sandbox, intentId: string): void {
  sandbox.scheduler.schedule({
    kind: expireJob,
    subject: intentId,
    delayMs: authorizationLifeSeconds * 1_000,
  });
}

/** Releases a reserved amount because its time has run out. False when none is reserved. */
export function expireAuthorization(sandbox: Sandbox, intent: StoredIntent): boolean {
  if (intent.wire.status !== "requires_capture") {
    return false;
  }
  sandbox.database.transaction(() => {
    const charge = intent.wire.latest_charge && sandbox.stripe.charges.find(intent.wire.latest_charge);
    if (charge) {
      emitEvent(sandbox, intent.account, "charge.expired", charge.wire);
    }
    release(sandbox, intent, "automatic");
  });
  return true;
}

/**
 * Takes `amount` (all of it by default) of what is reserved; the rest is released.
 * Refuses any other payment intent, and more than is reserved.
 */
export function captureIntent(
  sandbox: Sandbox,
  intent: StoredIntent,
  amount: number | undefined,
  metadata: Record<string, string>,
  cause?: Cause,
): StoredIntent {
  const { account, wire } = intent;
  const charge = wire.latest_charge === null ? null : sandbox.stripe.charges.find(wire.latest_charge);
  if (wire.status === "succeeded") {
    throw unexpectedState(
      intent,
      "The remaining amount on this PaymentIntent could not be captured because the remainder of the authorized amount has been released.",
    );
  }
  if (wire.status !== "requires_capture" || !charge) {
    throw unexpectedState(
      intent,
      `This PaymentIntent could not be captured because it has a status of ${wire.status}. Only a PaymentIntent with one of the following statuses may be captured: requires_capture.`,
    );
  }
  const taken = amount ?? wire.amount_capturable;
  if (taken > wire.amount_capturable) {
    throw refused(400, {
      code: "amount_too_large",
      message:
        "The payment could not be captured because the requested capture amount is greater than the amount you can capture for this charge.",
      payment_intent: wire,
    });
  }
  return sandbox.database.transaction(() => {
    const movement = postCharge(sandbox, account, charge.wire, taken);
    const paidCharge = captured(charge.wire, taken, movement);
    sandbox.stripe.charges.save({ ...charge, wire: paidCharge });
    scheduleAftermath(sandbox, charge);
    const paid = saveIntent(sandbox, intent, {
      amount_capturable: 0,
      amount_received: taken,
      metadata,
      status: "succeeded",
    });
    markPaid(sandbox, intent.id);
    sandbox.scheduler.cancel(expireJob, intent.id);
    emitEvent(sandbox, account, "charge.captured", paidCharge, cause);
    emitEvent(sandbox, account, "payment_intent.succeeded", paid.wire, cause);
    return paid;
  });
}

/** Gives up a payment intent that has taken no money, and releases what is reserved. */
export function cancelIntent(
  sandbox: Sandbox,
  intent: StoredIntent,
  reason: CancellationReason | null,
  cause?: Cause,
): StoredIntent {
  const { status } = intent.wire;
  if (status === "succeeded" || status === "canceled" || status === "processing") {
    throw unexpectedState(
      intent,
      `You cannot cancel this PaymentIntent because it has a status of ${status}. Only a PaymentIntent with one of the following statuses may be canceled: ${cancellable}.`,
    );
  }
  const session = sandbox.stripe.sessions.select("body->>'$.wire.payment_intent' = ?", intent.id)[0];
  if (session?.wire.status === "open") {
    throw unexpectedState(
      intent,
      `You cannot cancel this PaymentIntent because it belongs to the open Checkout Session ${session.id}. Expire the session instead.`,
    );
  }
  return sandbox.database.transaction(() => release(sandbox, intent, reason, cause));
}

function release(
  sandbox: Sandbox,
  intent: StoredIntent,
  reason: CancellationReason | null,
  cause?: Cause,
): StoredIntent {
  const canceled = saveIntent(sandbox, intent, {
    amount_capturable: 0,
    canceled_at: nowSeconds(),
    cancellation_reason: reason,
    next_action: null,
    status: "canceled",
  });
  sandbox.scheduler.cancel(expireJob, intent.id);
  emitEvent(sandbox, intent.account, "payment_intent.canceled", canceled.wire, cause);
  return canceled;
}

/** The session that the payment came from has its money now. */
function markPaid(sandbox: Sandbox, intentId: string): void {
  for (const session of sandbox.stripe.sessions.select("body->>'$.wire.payment_intent' = ?", intentId)) {
    sandbox.stripe.sessions.save({ ...session, wire: { ...session.wire, payment_status: "paid" } });
  }
}

function saveIntent(sandbox: Sandbox, intent: StoredIntent, change: Partial<IntentWire>): StoredIntent {
  const saved: StoredIntent = { ...intent, wire: { ...intent.wire, ...change } };
  sandbox.stripe.intents.save(saved);
  return saved;
}

function unexpectedState(intent: StoredIntent, message: string) {
  return refused(400, {
    code: "payment_intent_unexpected_state",
    message,
    payment_intent: intent.wire,
  });
}
