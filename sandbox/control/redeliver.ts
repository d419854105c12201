// `/events/redeliver` and `/carrier-events`: stored notifications sent again, many times at once if wanted.
import { deliverCarrierEvent } from "../carrier/deliver.ts";
import { invalid, jsonObject } from "../http/body.ts";
import { type Answer, AnswerError, failure, json, type Request } from "../http/message.ts";
import type { Delivery } from "../http/outgoing.ts";
import { type Route, route } from "../http/router.ts";
import type { Sandbox } from "../sandbox.ts";
import { deliverEvent } from "../stripe/events.ts";

const copiesLimit = 1_000;

/** Routes for sending stored notifications again. */
export function redeliverRoutes(sandbox: Sandbox): Route[] {
  return [
    route("POST", "/events/redeliver", (request) =>
      redeliver(request, (id) => {
        const event = sandbox.stripe.events.find(id);
        return event && (() => deliverEvent(sandbox, event));
      }),
    ),
    route("POST", "/carrier-events/redeliver", (request) =>
      redeliver(request, (id) => {
        const event = sandbox.carrier.events.find(id);
        return event && (() => deliverCarrierEvent(sandbox, event));
      }),
    ),
    route("GET", "/carrier-events", ({ query }) => {
      const paymentId = query.get("payment_id");
      const found = sandbox.carrier.events.select(
        "(?1 is null or body->>'$.paymentId' = ?1) and (?2 is null or body->>'$.refundId' = ?2)",
        paymentId,
        query.get("refund_id"),
      );
      const events = found.map((event) => ({
        id: event.id,
        type: event.wire.type,
        time: event.wire.time,
        payment_id: event.paymentId,
        refund_id: event.refundId ?? null,
        account: event.account,
        delivered: event.isDelivered,
      }));
      return json(200, { events });
    }),
  ];
}

/** Statuses in the order the copies were sent; 0 where there was no answer, null where nothing could be sent. */
async function redeliver(
  request: Request,
  senderOf: (id: string) => (() => Promise<Delivery | null>) | null,
): Promise<Answer> {
  const { event_id: id, copies = 1 } = jsonObject(request);
  if (typeof id !== "string") {
    throw invalid("invalid_event_id", "event_id must be a text.");
  }
  if (typeof copies !== "number" || !Number.isInteger(copies) || copies < 1 || copies > copiesLimit) {
    throw invalid("invalid_copies", `copies must be a whole number from 1 to ${copiesLimit}.`);
  }
  const send = senderOf(id);
  if (!send) {
    const message = "There is no such event.";
    throw new AnswerError(failure(404, "event_not_found", message), message);
  }
  const deliveries = await Promise.all(Array.from({ length: copies }, send));
  return json(200, { event_id: id, statuses: deliveries.map((delivery) => delivery?.status ?? null) });
}
