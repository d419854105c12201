// A Checkout Session as Stripe's record, in our words. Nothing is believed that does not name our attempt.

import type Stripe from "stripe";
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
      return session.payment_status === "paid" ? readPaid(session) : readUnpaid(session);
    default:
      return { kind: "unknown", reason: `Session status ${session.status ?? "missing"}.` };
  }
}

function readPaid(session: Stripe.Checkout.Session): RailOutcome {
  const amount =
    session.amount_total === null || session.currency === null
      ? null
      : fromStripeAmount(session.amount_total, session.currency);
  if (amount === null) {
    return { kind: "contradiction", reason: `Session ${session.id} is paid without an amount we can read.` };
  }
  return { kind: "succeeded", railReference: session.id, amount, details: detailsOf(session) };
}

/** Complete but unpaid: a method that confirms later, and may still fail. */
function readUnpaid(session: Stripe.Checkout.Session): RailOutcome {
  const intent = session.payment_intent;
  if (intent === null || typeof intent === "string") return { kind: "processing", railReference: session.id };
  if (intent.status === "canceled") return { kind: "cancelled", railReference: session.id };
  if (intent.status !== "requires_payment_method") return { kind: "processing", railReference: session.id };
  const railCode = intent.last_payment_error?.decline_code ?? intent.last_payment_error?.code ?? "declined";
  return {
    kind: "declined",
    railReference: session.id,
    code: DECLINES.get(railCode) ?? "card_declined",
    railCode,
  };
}

function detailsOf(session: Stripe.Checkout.Session): RailDetails {
  const intent = session.payment_intent;
  if (intent === null || typeof intent === "string") return {};
  const charge = intent.latest_charge;
  const card =
    charge === null || typeof charge === "string" ? undefined : charge.payment_method_details?.card;
  return {
    settlementReference: intent.id,
    ...(card?.brand == null ? {} : { cardBrand: card.brand }),
    ...(card?.last4 == null ? {} : { cardLast4: card.last4 }),
  };
}
