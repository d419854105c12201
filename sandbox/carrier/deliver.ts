// CloudEvents on their way out: schema CloudEvent of both definitions, posted to the sink of the payment or
// the refund that they are about.
import { randomUUID } from "node:crypto";
import type { Verdict } from "../control/notifications.ts";
import { type Delivery, post } from "../http/outgoing.ts";
import type { Sandbox } from "../sandbox.ts";
import { writeInstant } from "./instants.ts";
import type { CarrierEvent, CarrierPayment, CarrierRefund, Sink } from "./records.ts";

/** Waits between deliveries. The definitions name none; these are the sandbox's. */
const retryMs = [1_000, 5_000, 30_000, 120_000, 600_000];

type News = {
  account: string;
  paymentId: string;
  refundId: string | null;
  type: string;
  data: Record<string, unknown>;
  sink: Sink | null;
};

/** Registers the sender of CloudEvents. */
export function startDeliveries(sandbox: Sandbox): void {
  sandbox.notifier.register("carrier", {
    retryMs,
    send: async (payload) => {
      const event = sandbox.carrier.events.find(String(payload));
      return event ? judge(sandbox, event, await deliverCarrierEvent(sandbox, event)) : "give_up";
    },
  });
}

/** Records an event, and sends it when there is a sink. */
export function keepEvent(sandbox: Sandbox, news: News): void {
  const { account, paymentId, refundId, type, data, sink } = news;
  const id = randomUUID();
  const event: CarrierEvent = {
    id,
    account,
    paymentId,
    refundId,
    wire: {
      id,
      source: `${sandbox.publicUrl}/carrier`,
      type,
      specversion: "1.0",
      datacontenttype: "application/json",
      time: writeInstant(Date.now()),
      data,
    },
    isDelivered: false,
  };
  sandbox.carrier.events.insert(event);
  if (sink) {
    sandbox.notifier.notify({ service: "carrier", account, subject: id, type, url: sink.url, payload: id });
  }
}

/** POSTs one event; null when what it is about has no sink, or one that wants or may have no more. */
export async function deliverCarrierEvent(sandbox: Sandbox, event: CarrierEvent): Promise<Delivery | null> {
  const subject = subjectOf(sandbox, event);
  const sink = subject?.sink;
  const isExpired = sink?.expiresAt != null && sink.expiresAt <= Date.now();
  if (!subject || !sink || sink.isGone || isExpired) {
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
      "x-correlator": subject.correlator,
    },
    JSON.stringify(event.wire),
  );
}

function judge(sandbox: Sandbox, event: CarrierEvent, delivery: Delivery | null): Verdict {
  if (!delivery) {
    return "give_up";
  }
  if (delivery.status === 410) {
    closeSink(sandbox, event);
    return "give_up";
  }
  if (delivery.status < 200 || delivery.status > 299) {
    return "retry";
  }
  sandbox.carrier.events.save({ ...event, isDelivered: true });
  return "delivered";
}

function subjectOf(sandbox: Sandbox, event: CarrierEvent): CarrierPayment | CarrierRefund | null {
  const { payments, refunds } = sandbox.carrier;
  return event.refundId ? refunds.find(event.refundId) : payments.find(event.paymentId);
}

/** The client has answered that it wants no more. */
function closeSink(sandbox: Sandbox, event: CarrierEvent): void {
  const { payments, refunds } = sandbox.carrier;
  const refund = event.refundId ? refunds.find(event.refundId) : null;
  const payment = event.refundId ? null : payments.find(event.paymentId);
  if (refund?.sink) {
    refunds.save({ ...refund, sink: { ...refund.sink, isGone: true } });
  }
  if (payment?.sink) {
    payments.save({ ...payment, sink: { ...payment.sink, isGone: true } });
  }
}
