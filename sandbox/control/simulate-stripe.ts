// `/control/simulate/stripe`: payers, banks and the clock, for checkouts, refunds and disputes.
import { invalid, jsonObject } from "../http/body.ts";
import { json } from "../http/message.ts";
import { type Route, route } from "../http/router.ts";
import type { Sandbox } from "../sandbox.ts";
import { settleMovement } from "../stripe/balance.ts";
import { cancelIntent, captureIntent, expireAuthorization } from "../stripe/captures.ts";
import { type Card, readCard } from "../stripe/cards.ts";
import { type DisputeReason, disputeReasons } from "../stripe/dispute-object.ts";
import {
  appealDispute,
  chargeDisputeFee,
  decideDispute,
  openDispute,
  overturnDispute,
  withdrawAgain,
} from "../stripe/disputes.ts";
import { answerAuthentication, attemptPayment, settleNow } from "../stripe/payments.ts";
import type { StoredDispute, StoredIntent, StoredSession } from "../stripe/records.ts";
import { failRefund, reviveRefund, succeedRefund } from "../stripe/refunds.ts";
import { currentSession, expireOnRequest } from "../stripe/sessions.ts";
import { impossible, type Outcome, simulation, unknown } from "./simulate.ts";

const goodCard = "4242424242424242";
const declinedCard = "4000000000000002";

const sessionActions = ["approve", "decline", "expire", "capture", "cancel"] as const;

const disputeActions = ["win", "lose", "escalate", "appeal", "overturn", "withdraw", "fee"] as const;

type SessionAction = (typeof sessionActions)[number];

/** Routes that act on Stripe's objects. */
export function stripeSimulations(sandbox: Sandbox): Route[] {
  const { balance, disputes, refunds } = sandbox.stripe;
  return [
    simulation({
      path: "/stripe/sessions/:id",
      noun: "session",
      actions: sessionActions,
      find: (id) => currentSession(sandbox, id),
      act: (session, action, body) => actOnSession(sandbox, session, action, body),
      show: (id) => showSession(sandbox, id),
    }),
    simulation({
      path: "/stripe/refunds/:id",
      noun: "refund",
      actions: ["succeed", "fail", "revive"],
      find: refunds.find,
      act: (refund, action) => {
        if (action === "revive") {
          return reviveRefund(sandbox, refund);
        }
        return action === "succeed"
          ? succeedRefund(sandbox, refund)
          : failRefund(sandbox, refund, "expired_or_canceled_card");
      },
      show: (id) => ({ status: refunds.find(id)?.wire.status }),
    }),
    simulation({
      path: "/stripe/disputes/:id",
      noun: "dispute",
      actions: disputeActions,
      find: disputes.find,
      act: (dispute, action, body) => actOnDispute(sandbox, dispute, action, body),
      show: (id) => ({ status: disputes.find(id)?.wire.status }),
    }),
    simulation({
      path: "/stripe/balance-transactions/:id",
      noun: "balance transaction",
      actions: ["settle"],
      find: balance.find,
      act: (movement) => settleMovement(sandbox, movement),
      show: (id) => ({ status: balance.find(id)?.wire.status }),
    }),
    route("POST", "/control/simulate/stripe/payment-intents/:id/dispute", (request, { id = "" }) => {
      const { reason = "fraudulent", inquiry = false } = jsonObject(request);
      if (!isReason(reason)) {
        const reasons = Object.keys(disputeReasons).join(", ");
        throw invalid("invalid_reason", `reason must be one of ${reasons}.`);
      }
      if (typeof inquiry !== "boolean") {
        throw invalid("invalid_inquiry", "inquiry must be true or false.");
      }
      const intent = sandbox.stripe.intents.find(id);
      if (!intent) {
        throw unknown("payment intent");
      }
      const charge = intent.wire.latest_charge && sandbox.stripe.charges.find(intent.wire.latest_charge);
      const dispute = charge ? openDispute(sandbox, charge, reason, inquiry) : null;
      return dispute
        ? json(200, { id: dispute.id, payment_intent: id, status: dispute.wire.status })
        : impossible({ status: intent.wire.status });
    }),
  ];
}

function actOnDispute(
  sandbox: Sandbox,
  dispute: StoredDispute,
  action: (typeof disputeActions)[number],
  body: Record<string, unknown>,
): boolean {
  const decisions = { win: "won", lose: "lost", escalate: "escalated" } as const;
  if (action === "appeal") {
    return appealDispute(sandbox, dispute);
  }
  if (action === "overturn") {
    return overturnDispute(sandbox, dispute);
  }
  if (action === "withdraw") {
    return withdrawAgain(sandbox, dispute);
  }
  if (action !== "fee") {
    return decideDispute(sandbox, dispute, decisions[action]);
  }
  const { amount } = body;
  if (typeof amount !== "number" || !Number.isInteger(amount) || amount === 0) {
    throw invalid("invalid_amount", "amount must be a whole number of minor units; below 0: given back.");
  }
  chargeDisputeFee(sandbox, dispute, amount);
  return true;
}

function actOnSession(
  sandbox: Sandbox,
  session: StoredSession,
  action: SessionAction,
  body: Record<string, unknown>,
): boolean {
  const intent = intentOf(sandbox, session);
  if (session.wire.status === "open") {
    return actOnOpen(sandbox, session, action, body);
  }
  if (intent?.wire.status === "processing" && (action === "approve" || action === "decline")) {
    settleNow(sandbox, session.id, action === "approve");
    return true;
  }
  return intent?.wire.status === "requires_capture" && actOnReserved(sandbox, intent, action, body);
}

/** On the hosted page, or at the payer's bank where a card waits for it. */
function actOnOpen(
  sandbox: Sandbox,
  session: StoredSession,
  action: SessionAction,
  body: Record<string, unknown>,
): boolean {
  if (action === "expire") {
    expireOnRequest(sandbox, session);
  } else if (action !== "approve" && action !== "decline") {
    return false;
  } else if (session.pendingCard) {
    answerAuthentication(sandbox, session, action === "approve");
  } else {
    const number = action === "decline" ? declinedCard : (body.card ?? goodCard);
    attemptPayment(sandbox, session, cardOf(number));
  }
  return true;
}

function actOnReserved(
  sandbox: Sandbox,
  intent: StoredIntent,
  action: SessionAction,
  body: Record<string, unknown>,
): boolean {
  if (action === "capture") {
    const { amount = intent.wire.amount_capturable } = body;
    const isWhole = typeof amount === "number" && Number.isInteger(amount);
    if (!isWhole || amount < 1 || amount > intent.wire.amount_capturable) {
      throw invalid(
        "invalid_amount",
        "amount must be a whole number of minor units, at most what is reserved.",
      );
    }
    captureIntent(sandbox, intent, amount, intent.wire.metadata);
    return true;
  }
  if (action === "cancel") {
    cancelIntent(sandbox, intent, "requested_by_customer");
    return true;
  }
  return action === "expire" && expireAuthorization(sandbox, intent);
}

function cardOf(number: unknown): Card {
  const fields = { number: String(number), exp: "12/40", cvc: "123", name: "Simulated Payer" };
  const { card, problem } = readCard(new URLSearchParams(fields));
  if (problem) {
    throw invalid("invalid_card", problem.message);
  }
  return card;
}

function showSession(sandbox: Sandbox, id: string): Outcome {
  const session = sandbox.stripe.sessions.find(id);
  return {
    status: session?.wire.status,
    payment_status: session?.wire.payment_status,
    payment_intent: session?.wire.payment_intent,
    payment_intent_status: (session && intentOf(sandbox, session)?.wire.status) ?? null,
  };
}

function intentOf(sandbox: Sandbox, session: StoredSession): StoredIntent | null {
  return session.wire.payment_intent ? sandbox.stripe.intents.find(session.wire.payment_intent) : null;
}

function isReason(value: unknown): value is DisputeReason {
  return typeof value === "string" && Object.hasOwn(disputeReasons, value);
}
