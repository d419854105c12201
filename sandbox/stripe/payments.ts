// What happens when somebody pays on the hosted page: the session's payment intent and its charges.
// Every function here is one transaction, so that no kill leaves a paid session without its events.
import type { Sandbox } from "../sandbox.ts";
import { scheduleAftermath } from "./aftermath.ts";
import { postCharge } from "./balance.ts";
import { expireAuthorizationLater } from "./captures.ts";
import type { Card, Decline } from "./cards.ts";
import { authorized, type ChargeWire, captured, failed, newCharge } from "./charge-object.ts";
import { emitEvent } from "./events.ts";
import { newId } from "./ids.ts";
import { type IntentWire, type LastPaymentError, newIntent } from "./intent-object.ts";
import type { StoredCharge, StoredIntent, StoredSession } from "./records.ts";
import { customerDetails } from "./session-object.ts";
import { stopSessionExpiry } from "./sessions.ts";

const settleJob = "stripe.settle_later";
const settleDelayMs = 5_000;

const bookJob = "stripe.book_charge";

const authenticationFailure: Decline = {
  code: "payment_intent_authentication_failure",
  declineCode: null,
  message:
    "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
};

const laterFailure: Decline = {
  code: "card_declined",
  declineCode: "generic_decline",
  message: "Your card was declined.",
};

export type Attempt =
  | { result: "complete" }
  | { result: "needs_authentication" }
  | { result: "declined"; message: string };

/** Registers the job that settles cards which confirm later. */
export function startLateSettlement(sandbox: Sandbox): void {
  sandbox.scheduler.handle(settleJob, (job) => {
    sandbox.database.transaction(() => settleLater(sandbox, job.subject, job.payload === true));
    return undefined;
  });
}

/** Registers the job that books what was captured in the background. */
export function startLateBooking(sandbox: Sandbox): void {
  sandbox.scheduler.handle(bookJob, (job) => {
    const charge = sandbox.stripe.charges.find(String(job.payload));
    if (charge && charge.wire.balance_transaction === null) {
      sandbox.database.transaction(() => {
        const movement = postCharge(sandbox, charge.account, charge.wire, charge.wire.amount_captured);
        const wire: ChargeWire = { ...charge.wire, balance_transaction: movement };
        sandbox.stripe.charges.save({ ...charge, wire });
        emitEvent(sandbox, charge.account, "charge.updated", wire);
      });
    }
    return undefined;
  });
}

/** Settles a card that confirms later, without waiting. */
export function settleNow(sandbox: Sandbox, sessionId: string, willSucceed: boolean): void {
  sandbox.database.transaction(() => {
    sandbox.scheduler.cancel(settleJob, sessionId);
    settleLater(sandbox, sessionId, willSucceed);
  });
}

/** Tries a card on an open session. */
export function attemptPayment(sandbox: Sandbox, session: StoredSession, card: Card): Attempt {
  return sandbox.database.transaction(() => {
    const { outcome } = card;
    const intent = intentOf(sandbox, session);
    if (outcome.kind === "needs_authentication") {
      saveIntent(sandbox, intent, {
        status: "requires_action",
        next_action: { type: "use_stripe_sdk", use_stripe_sdk: { type: "three_d_secure_redirect" } },
      });
      saveSession(sandbox, session, intent, { pendingCard: card });
      return { result: "needs_authentication" };
    }
    if (outcome.kind === "declined") {
      decline(sandbox, session, intent, card, outcome.decline);
      return { result: "declined", message: outcome.decline.message };
    }
    if (outcome.kind === "succeeds") {
      complete(sandbox, session, intent, card, false);
    } else {
      completeUnpaid(sandbox, session, intent, card, outcome.kind === "succeeds_later");
    }
    return { result: "complete" };
  });
}

/** The card's holder has answered their bank. Null when no card waits. */
export function answerAuthentication(
  sandbox: Sandbox,
  session: StoredSession,
  isPassed: boolean,
): Attempt | null {
  const card = session.pendingCard;
  if (session.wire.status !== "open" || !card) {
    return null;
  }
  return sandbox.database.transaction((): Attempt => {
    const intent = intentOf(sandbox, session);
    if (isPassed) {
      complete(sandbox, session, intent, card, true);
      return { result: "complete" };
    }
    fail(sandbox, intent, authenticationFailure, null);
    saveSession(sandbox, session, intent, { pendingCard: null });
    return { result: "declined", message: authenticationFailure.message };
  });
}

/** The session's payment intent, made now when this is the first attempt. */
function intentOf(sandbox: Sandbox, session: StoredSession): StoredIntent {
  const known = session.wire.payment_intent && sandbox.stripe.intents.find(session.wire.payment_intent);
  if (known) {
    return known;
  }
  const wire = newIntent(session);
  const intent: StoredIntent = { id: wire.id, account: session.account, wire };
  sandbox.stripe.intents.insert(intent);
  return intent;
}

function complete(
  sandbox: Sandbox,
  session: StoredSession,
  intent: StoredIntent,
  card: Card,
  isAuthenticated: boolean,
): void {
  const { account } = session;
  const isCaptured = intent.wire.capture_method !== "manual";
  const paymentMethod = newId("pm_");
  const undecided = newCharge({ ...intent.wire, payment_method: paymentMethod }, card, isAuthenticated);
  const bookingMs = sandbox.accounts.find(account)?.stripeBookingMs ?? 0;
  const isBookedLater = bookingMs > 0 && intent.wire.capture_method === "automatic_async";
  const movement =
    isCaptured && !isBookedLater ? postCharge(sandbox, account, undecided, undecided.amount) : null;
  const charge = isCaptured ? captured(undecided, undecided.amount, movement) : authorized(undecided);
  const stored = insertCharge(sandbox, account, charge, card);
  const paid = saveIntent(sandbox, intent, {
    amount_capturable: isCaptured ? 0 : intent.wire.amount,
    amount_received: isCaptured ? intent.wire.amount : 0,
    last_payment_error: null,
    latest_charge: charge.id,
    next_action: null,
    payment_method: paymentMethod,
    status: isCaptured ? "succeeded" : "requires_capture",
  });
  const done = closeSession(sandbox, session, paid, card, isCaptured);
  if (isBookedLater) {
    sandbox.scheduler.schedule({
      kind: bookJob,
      subject: intent.id,
      payload: charge.id,
      delayMs: bookingMs,
    });
  }
  if (isCaptured) {
    scheduleAftermath(sandbox, stored);
  } else {
    expireAuthorizationLater(sandbox, intent.id);
  }
  emitEvent(sandbox, account, "charge.succeeded", charge);
  const change = isCaptured ? "payment_intent.succeeded" : "payment_intent.amount_capturable_updated";
  emitEvent(sandbox, account, change, paid.wire);
  emitEvent(sandbox, account, "checkout.session.completed", done.wire);
}

function completeUnpaid(
  sandbox: Sandbox,
  session: StoredSession,
  intent: StoredIntent,
  card: Card,
  willSucceed: boolean,
): void {
  const paymentMethod = newId("pm_");
  const charge = newCharge({ ...intent.wire, payment_method: paymentMethod }, card, false);
  insertCharge(sandbox, session.account, charge, card);
  const processing = saveIntent(sandbox, intent, {
    last_payment_error: null,
    latest_charge: charge.id,
    payment_method: paymentMethod,
    status: "processing",
  });
  const done = closeSession(sandbox, session, processing, card, false);
  emitEvent(sandbox, session.account, "checkout.session.completed", done.wire);
  sandbox.scheduler.schedule({
    kind: settleJob,
    subject: session.id,
    payload: willSucceed,
    delayMs: settleDelayMs,
  });
}

function settleLater(sandbox: Sandbox, sessionId: string, willSucceed: boolean): void {
  const session = sandbox.stripe.sessions.find(sessionId);
  const intent = session?.wire.payment_intent
    ? sandbox.stripe.intents.find(session.wire.payment_intent)
    : null;
  const charge = intent?.wire.latest_charge ? sandbox.stripe.charges.find(intent.wire.latest_charge) : null;
  if (!session || !intent || !charge || intent.wire.status !== "processing") {
    return;
  }
  const { account } = session;
  if (!willSucceed) {
    sandbox.stripe.charges.save({ ...charge, wire: failed(charge.wire, laterFailure) });
    const refusedIntent = fail(sandbox, intent, laterFailure, charge.id);
    emitEvent(sandbox, account, "payment_intent.payment_failed", refusedIntent.wire);
    emitEvent(sandbox, account, "checkout.session.async_payment_failed", session.wire);
    return;
  }
  const movement = postCharge(sandbox, account, charge.wire, charge.wire.amount);
  const paidCharge = captured(charge.wire, charge.wire.amount, movement);
  sandbox.stripe.charges.save({ ...charge, wire: paidCharge });
  const paid = saveIntent(sandbox, intent, { amount_received: intent.wire.amount, status: "succeeded" });
  const done: StoredSession = { ...session, wire: { ...session.wire, payment_status: "paid" } };
  sandbox.stripe.sessions.save(done);
  emitEvent(sandbox, account, "charge.succeeded", paidCharge);
  emitEvent(sandbox, account, "payment_intent.succeeded", paid.wire);
  emitEvent(sandbox, account, "checkout.session.async_payment_succeeded", done.wire);
}

function decline(
  sandbox: Sandbox,
  session: StoredSession,
  intent: StoredIntent,
  card: Card,
  reason: Decline,
): void {
  const charge = failed(newCharge(intent.wire, card, false), reason);
  insertCharge(sandbox, session.account, charge, card);
  const refusedIntent = fail(sandbox, intent, reason, charge.id);
  saveSession(sandbox, session, intent, { pendingCard: null });
  emitEvent(sandbox, session.account, "payment_intent.payment_failed", refusedIntent.wire);
}

function insertCharge(sandbox: Sandbox, account: string, wire: ChargeWire, card: Card): StoredCharge {
  const charge: StoredCharge = { id: wire.id, account, wire, aftermath: card.aftermath };
  sandbox.stripe.charges.insert(charge);
  return charge;
}

/** Sets the intent back to where another card may be tried. */
function fail(
  sandbox: Sandbox,
  intent: StoredIntent,
  reason: Decline,
  chargeId: string | null,
): StoredIntent {
  const error: LastPaymentError = {
    ...(chargeId ? { charge: chargeId } : {}),
    code: reason.code,
    ...(reason.declineCode ? { decline_code: reason.declineCode } : {}),
    doc_url: `https://docs.stripe.com/error-codes/${reason.code.replaceAll("_", "-")}`,
    message: reason.message,
    payment_method_type: "card",
    type: chargeId ? "card_error" : "invalid_request_error",
  };
  return saveIntent(sandbox, intent, {
    last_payment_error: error,
    latest_charge: chargeId ?? intent.wire.latest_charge,
    next_action: null,
    payment_method: null,
    status: "requires_payment_method",
  });
}

function closeSession(
  sandbox: Sandbox,
  session: StoredSession,
  intent: StoredIntent,
  card: Card,
  isPaid: boolean,
): StoredSession {
  stopSessionExpiry(sandbox, session);
  return saveSession(
    sandbox,
    {
      ...session,
      wire: {
        ...session.wire,
        customer_details: customerDetails(session.wire.customer_email, card.name),
        payment_status: isPaid ? "paid" : "unpaid",
        status: "complete",
        url: null,
      },
    },
    intent,
    { pendingCard: null },
  );
}

function saveSession(
  sandbox: Sandbox,
  session: StoredSession,
  intent: StoredIntent,
  change: Pick<StoredSession, "pendingCard">,
): StoredSession {
  const saved: StoredSession = {
    ...session,
    ...change,
    wire: { ...session.wire, payment_intent: intent.id },
  };
  sandbox.stripe.sessions.save(saved);
  return saved;
}

function saveIntent(sandbox: Sandbox, intent: StoredIntent, change: Partial<IntentWire>): StoredIntent {
  const saved: StoredIntent = { ...intent, wire: { ...intent.wire, ...change } };
  sandbox.stripe.intents.save(saved);
  return saved;
}
