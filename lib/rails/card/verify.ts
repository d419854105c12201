// Stripe's webhooks: verified on the raw bytes with the SDK's own verifier.

import Stripe from "stripe";
import { parseId } from "#lib/domain/ids.ts";
import type { InboundMessage } from "#lib/domain/ports/inbound.ts";
import type { OpenRailAccount, VerifiedNotification } from "#lib/domain/ports/rail.ts";
import { stripeCredentials } from "./client.ts";

/** The SDK refuses old timestamps only; we refuse those from the future by the same measure. */
const TOLERANCE_SECONDS = 300;

/** The event in our words, or null where it does not prove itself. */
export function verifyStripeEvent(
  account: OpenRailAccount,
  message: InboundMessage,
): VerifiedNotification | null {
  const signature = message.headers.get("stripe-signature");
  if (signature === undefined) return null;
  const timestamp = Number(/(?:^|,)t=(\d{1,12})(?:,|$)/.exec(signature)?.[1]);
  const nowSeconds = message.receivedAt.getTime() / 1000;
  if (!(timestamp - nowSeconds <= TOLERANCE_SECONDS)) return null;
  let event: Stripe.Event;
  try {
    event = Stripe.webhooks.constructEvent(
      Buffer.from(message.body),
      signature,
      stripeCredentials(account).webhookSecret,
      TOLERANCE_SECONDS,
      undefined,
      message.receivedAt.getTime(),
    );
  } catch {
    return null;
  }
  // The SDK proves who signed, not what.
  if (!isName(event?.id) || !isName(event?.type)) return null;
  const { reference, paymentId } = subjectOf(event);
  if (reference !== null && !isName(reference)) return null;
  return {
    eventId: event.id,
    eventType: event.type,
    paymentId: parseId("payment", paymentId),
    railReference: reference,
    refundId: null,
    refundReference: null,
    disputeReference: null,
  };
}

/** Stripe's ids and types are short ASCII; anything else is not of Stripe's making, whoever signed it. */
function isName(value: unknown): boolean {
  return typeof value === "string" && /^[\x21-\x7e]{1,255}$/.test(value);
}

/** Which of our attempts an event is about; what is not ours to follow is stored and set aside. */
function subjectOf(event: Stripe.Event): { readonly reference: string | null; readonly paymentId: string } {
  switch (event.type) {
    case "checkout.session.completed":
    case "checkout.session.async_payment_succeeded":
    case "checkout.session.async_payment_failed":
    case "checkout.session.expired": {
      const session: Partial<Stripe.Checkout.Session> = event.data?.object ?? {};
      return {
        reference: session.id ?? "",
        paymentId: session.client_reference_id ?? session.metadata?.payment_id ?? "",
      };
    }
    // Reserved, given back, and taken: the attempt is found by what we wrote on it.
    case "payment_intent.amount_capturable_updated":
    case "payment_intent.canceled":
    case "payment_intent.succeeded":
      return { reference: null, paymentId: event.data?.object?.metadata?.payment_id ?? "" };
    default:
      return { reference: null, paymentId: "" };
  }
}
