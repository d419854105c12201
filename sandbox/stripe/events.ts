// Stripe's events: kept, listable, and sent to the account's webhook.
import { createHmac } from "node:crypto";
import type { Verdict } from "../control/notifications.ts";
import { type Delivery, post } from "../http/outgoing.ts";
import type { Sandbox } from "../sandbox.ts";
import { newId, nowSeconds } from "./ids.ts";
import type { StoredEvent } from "./records.ts";
import { defaultVersion } from "./versions.ts";

export type EventType =
  | "checkout.session.completed"
  | "checkout.session.expired"
  | "checkout.session.async_payment_succeeded"
  | "checkout.session.async_payment_failed"
  | "payment_intent.succeeded"
  | "payment_intent.payment_failed"
  | "payment_intent.amount_capturable_updated"
  | "payment_intent.canceled"
  | "charge.succeeded"
  | "charge.captured"
  | "charge.updated"
  | "charge.expired"
  | "charge.refunded"
  | "charge.refund.updated"
  | "charge.dispute.created"
  | "charge.dispute.updated"
  | "charge.dispute.funds_withdrawn"
  | "charge.dispute.funds_reinstated"
  | "charge.dispute.closed"
  | "radar.early_fraud_warning.created"
  | "refund.created"
  | "refund.updated"
  | "refund.failed";

export type EventWire = {
  id: string;
  object: "event";
  api_version: string;
  created: number;
  data: { object: Record<string, unknown> };
  livemode: false;
  pending_webhooks: number;
  request: { id: string | null; idempotency_key: string | null };
  type: EventType;
};

/** The API request that caused an event; none when the payer or the clock did. */
export type Cause = { requestId: string; idempotencyKey: string | null };

/** Waits between deliveries; after the last one the event stays listable. */
const retryMs = [1_000, 5_000, 30_000, 120_000, 600_000];

/** Records that `object` changed and sends the news. The object is copied as it is now. */
export function emitEvent(
  sandbox: Sandbox,
  account: string,
  type: EventType,
  object: Record<string, unknown>,
  cause?: Cause,
): void {
  const url = sandbox.accounts.find(account)?.stripeWebhookUrl ?? null;
  const wire: EventWire = {
    id: newId("evt_"),
    object: "event",
    api_version: defaultVersion,
    created: nowSeconds(),
    data: { object },
    livemode: false,
    pending_webhooks: url ? 1 : 0,
    request: { id: cause?.requestId ?? null, idempotency_key: cause?.idempotencyKey ?? null },
    type,
  };
  sandbox.stripe.events.insert({ id: wire.id, account, wire, isDelivered: false });
  if (url) {
    sandbox.notifier.notify({ service: "stripe", account, subject: wire.id, type, url, payload: wire.id });
  }
}

/** Registers the sender of webhooks. */
export function startWebhooks(sandbox: Sandbox): void {
  sandbox.notifier.register("stripe", {
    retryMs,
    async send(payload): Promise<Verdict> {
      const event = sandbox.stripe.events.find(String(payload));
      const delivery = event && (await deliverEvent(sandbox, event));
      if (!event || !delivery) {
        return "give_up";
      }
      if (delivery.status < 200 || delivery.status > 299) {
        return "retry";
      }
      sandbox.stripe.events.save({ ...event, isDelivered: true });
      return "delivered";
    },
  });
}

/**
 * POSTs one event to its account's webhook, signed at this moment; null when the account has none.
 * The body is indented as Stripe's is, so that a receiver that re-serialises before it verifies fails here too.
 */
export async function deliverEvent(sandbox: Sandbox, event: StoredEvent): Promise<Delivery | null> {
  const account = sandbox.accounts.find(event.account);
  if (!account?.stripeWebhookUrl) {
    return null;
  }
  const body = JSON.stringify(event.wire, null, 2);
  const timestamp = nowSeconds();
  const signature = createHmac("sha256", account.stripeWebhookSecret)
    .update(`${timestamp}.${body}`)
    .digest("hex");
  return post(
    account.stripeWebhookUrl,
    {
      accept: "*/*; q=0.5, application/xml",
      "cache-control": "no-cache",
      "content-type": "application/json; charset=utf-8",
      "stripe-signature": `t=${timestamp},v1=${signature}`,
      "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    },
    body,
  );
}

/** An event as the API shows it. */
export function renderEvent(event: StoredEvent): EventWire {
  return event.isDelivered ? { ...event.wire, pending_webhooks: 0 } : event.wire;
}
