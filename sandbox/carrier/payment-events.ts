// CloudEvents about payments: schema CloudEvent, posted to the payment's sink.
import { randomUUID } from "node:crypto";
import type { Verdict } from "../control/notifications.ts";
import { type Delivery, post } from "../http/outgoing.ts";
import type { Sandbox } from "../sandbox.ts";
import { writeInstant } from "./instants.ts";
import type { CarrierEvent, CarrierPayment, PaymentStatus } from "./records.ts";

/** Waits between deliveries. The definition names none; these are the sandbox's. */
const retryMs = [1_000, 5_000, 30_000, 120_000, 600_000];

/** Which event follows from entering a status; none for the first one of an asynchronous payment. */
const eventOf: Record<
  PaymentStatus,
  { type: string; status: "succeeded" | "failed"; description: string } | null
> = {
  processing: null,
  pending_validation: {
    type: "payment-pending-validation",
    status: "succeeded",
    description: "The payment waits for validation.",
  },
  reserved: { type: "payment-reserved", status: "succeeded", description: "The amount is reserved." },
  succeeded: { type: "payment-completed", status: "succeeded", description: "The payment is completed." },
  denied: { type: "payment-denied", status: "failed", description: "The payment was denied." },
  cancelled: { type: "payment-cancelled", status: "succeeded", description: "The payment was cancelled." },
};

/** Registers the sender of CloudEvents. */
export function startPaymentEvents(sandbox: Sandbox): void {
  sandbox.notifier.register("carrier", {
    retryMs,
    send: async (payload) => {
      const event = sandbox.carrier.events.find(String(payload));
      return event ? judge(sandbox, event, await deliverPaymentEvent(sandbox, event)) : "give_up";
    },
  });
}

/** Records the event that goes with the payment's status, and sends it when there is a sink. */
export function emitPaymentEvent(sandbox: Sandbox, payment: CarrierPayment, denialReason?: string): void {
  const meaning = eventOf[payment.status];
  if (!meaning) {
    return;
  }
  const id = randomUUID();
  const type = `org.camaraproject.carrier-billing.v0.${meaning.type}`;
  const event: CarrierEvent = {
    id,
    account: payment.account,
    paymentId: payment.id,
    wire: {
      id,
      source: `${sandbox.publicUrl}/carrier`,
      type,
      specversion: "1.0",
      datacontenttype: "application/json",
      time: writeInstant(Date.now()),
      data: {
        paymentId: payment.id,
        status: meaning.status,
        description: meaning.description,
        ...(payment.paidAt === null ? {} : { paymentDate: writeInstant(payment.paidAt) }),
        ...(denialReason ? { denialReason } : {}),
      },
    },
    isDelivered: false,
  };
  sandbox.carrier.events.insert(event);
  if (payment.sink) {
    const { url } = payment.sink;
    sandbox.notifier.notify({
      service: "carrier",
      account: payment.account,
      subject: id,
      type,
      url,
      payload: id,
    });
  }
}

/** POSTs one event; null when its payment has no sink, or one that wants or may have no more. */
export async function deliverPaymentEvent(sandbox: Sandbox, event: CarrierEvent): Promise<Delivery | null> {
  const payment = sandbox.carrier.payments.find(event.paymentId);
  const sink = payment?.sink;
  const isExpired = sink?.expiresAt != null && sink.expiresAt <= Date.now();
  if (!payment || !sink || sink.isGone || isExpired) {
    return null;
  }
  const authorization: Record<string, string> =
    sink.token === null ? {} : { authorization: `Bearer ${sink.token}` };
  return post(
    sink.url,
    {
      accept: "application/json",
      ...authorization,
      "content-type": "application/cloudevents+json",
      "x-correlator": payment.correlator,
    },
    JSON.stringify(event.wire),
  );
}

function judge(sandbox: Sandbox, event: CarrierEvent, delivery: Delivery | null): Verdict {
  if (!delivery) {
    return "give_up";
  }
  if (delivery.status === 410) {
    const payment = sandbox.carrier.payments.find(event.paymentId);
    if (payment?.sink) {
      sandbox.carrier.payments.save({ ...payment, sink: { ...payment.sink, isGone: true } });
    }
    return "give_up";
  }
  if (delivery.status < 200 || delivery.status > 299) {
    return "retry";
  }
  sandbox.carrier.events.save({ ...event, isDelivered: true });
  return "delivered";
}
