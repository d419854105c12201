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
  const subject = subjectOf(event);
  const names = [subject.session, subject.refund, subject.dispute].filter((name) => name !== undefined);
  if (!names.every(isName)) return null;
  return {
    eventId: event.id,
    eventType: event.type,
    paymentId: parseId("payment", subject.paymentId ?? ""),
    railReference: subject.session ?? null,
    refundId: parseId("refund", subject.refundId ?? ""),
    refundReference: subject.refund ?? null,
    disputeReference: subject.dispute ?? null,
  };
}

/** Stripe's ids and types are short ASCII; anything else is not of Stripe's making, whoever signed it. */
function isName(value: unknown): boolean {
  return typeof value === "string" && /^[\x21-\x7e]{1,255}$/.test(value);
}

interface Subject {
  readonly session?: string;
  readonly paymentId?: string;
  readonly refund?: string;
  readonly refundId?: string;
  readonly dispute?: string;
}

/** What an event is about. What is not ours to follow is stored and set aside. */
function subjectOf(event: Stripe.Event): Subject {
  switch (event.type) {
    case "checkout.session.completed":
    case "checkout.session.async_payment_succeeded":
    case "checkout.session.async_payment_failed":
    case "checkout.session.expired": {
      const session: Partial<Stripe.Checkout.Session> = event.data?.object ?? {};
      return {
        session: session.id ?? "",
        paymentId: session.client_reference_id ?? session.metadata?.payment_id ?? "",
      };
    }
    // Reserved, given back, and taken: the attempt is found by what we wrote on it.
    case "payment_intent.amount_capturable_updated":
    case "payment_intent.canceled":
    case "payment_intent.succeeded":
    // The money was taken in the background, and by now it is known what Stripe keeps of it.
    case "charge.updated":
      return { paymentId: event.data?.object?.metadata?.payment_id ?? "" };
    case "refund.created":
    case "refund.updated":
    case "refund.failed":
    case "charge.refund.updated": {
      const refund: Partial<Stripe.Refund> = event.data?.object ?? {};
      return { refund: refund.id ?? "", refundId: refund.metadata?.refund_id ?? "" };
    }
    case "charge.dispute.created":
    case "charge.dispute.updated":
    case "charge.dispute.funds_withdrawn":
    case "charge.dispute.funds_reinstated":
    case "charge.dispute.closed": {
      const dispute: Partial<Stripe.Dispute> = event.data?.object ?? {};
      return { dispute: dispute.id ?? "" };
    }
    default:
      return {};
  }
}
