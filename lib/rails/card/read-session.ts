// A Checkout Session as Stripe's record, in our words. Nothing is believed that does not name our attempt.

import type Stripe from "stripe";
import type { Money } from "#lib/domain/money.ts";
import type { DeclineCode } from "#lib/domain/payment.ts";
import type { OpenRailAccount, RailAttempt, RailDetails, RailOutcome } from "#lib/domain/ports/rail.ts";
import { fromStripeAmount } from "./amounts.ts";

/** Stripe's decline codes that payers can act on; all others are a plain decline. */
const DECLINES: ReadonlyMap<string, DeclineCode> = new Map([
  ["insufficient_funds", "insufficient_funds"],
  ["card_velocity_exceeded", "limit_exceeded"],
  ["withdrawal_count_limit_exceeded", "limit_exceeded"],
]);

/** Total over what a session in payment mode can be. */
export function readSession(
  session: Stripe.Checkout.Session,
  account: Pick<OpenRailAccount, "mode">,
  attempt: Pick<RailAttempt, "paymentId">,
): RailOutcome {
  if (session.client_reference_id !== attempt.paymentId) {
    return { kind: "contradiction", reason: `Session ${session.id} belongs to another payment.` };
  }
  if (session.livemode !== (account.mode === "live")) {
    return { kind: "contradiction", reason: `Session ${session.id} is in the other mode.` };
  }
  const railReference = session.id;
  switch (session.status) {
    case "open":
      if (session.url === null) return { kind: "unknown", reason: "An open session without an address." };
      return {
        kind: "redirect",
        railReference,
        url: session.url,
        expiresAt: new Date(session.expires_at * 1000),
      };
    case "expired":
      return { kind: "expired", railReference };
    case "complete":
      return readComplete(session);
    default:
      return { kind: "unknown", reason: `Session status ${session.status ?? "missing"}.` };
  }
}

function readComplete(session: Stripe.Checkout.Session): RailOutcome {
  const intent = session.payment_intent;
  const isKnown = intent !== null && typeof intent !== "string";
  // What was reserved may have been taken in part, which the session's total does not show.
  const isWhole = !isKnown || intent.capture_method !== "manual";
  if (session.payment_status === "paid" && isWhole) return readPaid(session);
  return isKnown ? readIntent(intent, session.id) : { kind: "processing", railReference: session.id };
}

function readPaid(session: Stripe.Checkout.Session): RailOutcome {
  const amount =
    session.amount_total === null || session.currency === null
      ? null
      : fromStripeAmount(session.amount_total, session.currency);
  if (amount === null) return unreadable(session.id);
  const intent = session.payment_intent;
  if (intent === null || typeof intent === "string") {
    return { kind: "succeeded", railReference: session.id, amount, details: {} };
  }
  return {
    kind: "succeeded",
    railReference: session.id,
    amount,
    details: detailsOf(intent),
    ...costOf(intent),
  };
}

/** The payment behind a completed session: reserved, taken, given back, or of a method that confirms later. */
function readIntent(intent: Stripe.PaymentIntent, railReference: string): RailOutcome {
  switch (intent.status) {
    case "succeeded": {
      const amount = fromStripeAmount(intent.amount_received, intent.currency);
      if (amount === null) return unreadable(railReference);
      return { kind: "succeeded", railReference, amount, details: detailsOf(intent), ...costOf(intent) };
    }
    case "requires_capture": {
      const amount = fromStripeAmount(intent.amount_capturable, intent.currency);
      if (amount === null) return unreadable(railReference);
      const captureBefore = cardOf(intent)?.capture_before;
      const expiresAt = captureBefore === undefined ? null : new Date(captureBefore * 1000);
      return { kind: "authorized", railReference, amount, details: detailsOf(intent), expiresAt };
    }
    case "canceled":
      // Stripe's own word for a reservation that nobody took in time.
      return { kind: intent.cancellation_reason === "automatic" ? "expired" : "cancelled", railReference };
    case "requires_payment_method": {
      const error = intent.last_payment_error;
      const railCode = error?.decline_code ?? error?.code ?? "declined";
      return { kind: "declined", railReference, code: DECLINES.get(railCode) ?? "card_declined", railCode };
    }
    default:
      return { kind: "processing", railReference };
  }
}

/** The answer to a capture or a release, as the same kind of outcome. */
export function readOwnIntent(
  intent: Stripe.PaymentIntent,
  account: Pick<OpenRailAccount, "mode">,
  attempt: Pick<RailAttempt, "paymentId">,
  railReference: string,
): RailOutcome {
  const isOurs =
    intent.metadata.payment_id === attempt.paymentId && intent.livemode === (account.mode === "live");
  if (isOurs) return readIntent(intent, railReference);
  return { kind: "contradiction", reason: `PaymentIntent ${intent.id} belongs to another payment.` };
}

function unreadable(railReference: string): RailOutcome {
  return { kind: "contradiction", reason: `The amount of ${railReference} cannot be read.` };
}

function detailsOf(intent: Stripe.PaymentIntent): RailDetails {
  const card = cardOf(intent);
  return {
    settlementReference: intent.id,
    ...(card?.brand == null ? {} : { cardBrand: card.brand }),
    ...(card?.last4 == null ? {} : { cardLast4: card.last4 }),
  };
}

/** What Stripe kept of the payment, where it has said so in the currency that was charged. */
function costOf({ latest_charge: charge, currency }: Stripe.PaymentIntent): { readonly cost?: Money } {
  if (charge === null || typeof charge === "string") return {};
  const movement = charge.balance_transaction;
  if (movement == null || typeof movement === "string" || movement.currency !== currency) return {};
  const cost = fromStripeAmount(movement.fee, movement.currency);
  return cost === null ? {} : { cost };
}

function cardOf({ latest_charge: charge }: Stripe.PaymentIntent) {
  return charge === null || charge === undefined || typeof charge === "string"
    ? undefined
    : charge.payment_method_details?.card;
}
