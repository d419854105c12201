// Operations on deliveries.

import { ServiceError } from "#lib/domain/errors.ts";
import { type DeliveryId, type Id, type IdKind, parseId } from "#lib/domain/ids.ts";
import { type DeliveryDetail, getDelivery, listDeliveries } from "#lib/services/callbacks/get-deliveries.ts";
import { resendDeliveries, resendDelivery } from "#lib/services/callbacks/resend.ts";
import { once } from "#lib/services/idempotency/once.ts";
import {
  deliveryAnswer,
  deliveryDetailAnswer,
  deliveryListAnswer,
  resendAnswer,
} from "./answers/delivery.ts";
import { listDeliveriesQuery, resendDeliveriesBody } from "./callback-schemas.ts";
import { keyedOperation, operation, toAnswer } from "./operation.ts";
import { emptyBody, noQuery } from "./schemas.ts";

const TAG = "Callbacks";

export const listDeliveriesOperation = operation({
  query: listDeliveriesQuery,
  doc: {
    id: "listDeliveries",
    tag: TAG,
    summary: "What was called back to whom, newest first.",
    status: 200,
    answer: deliveryListAnswer,
    errors: ["event_type_unknown"],
  },
  run: async ({ ctx, query }) => {
    const endpointId = idFilter("endpoint", query.endpoint);
    const eventId = idFilter("event", query.event);
    const invoiceId = idFilter("invoice", query.invoice);
    const page =
      endpointId === null || eventId === null || invoiceId === null
        ? { items: [], nextCursor: null }
        : await listDeliveries(ctx, {
            filter: {
              ...(query.state === undefined ? {} : { state: query.state }),
              ...(endpointId === undefined ? {} : { endpointId }),
              ...(eventId === undefined ? {} : { eventId }),
              ...(invoiceId === undefined ? {} : { invoiceId }),
              ...(query.created_from === undefined ? {} : { createdFrom: query.created_from }),
              ...(query.created_to === undefined ? {} : { createdTo: query.created_to }),
            },
            eventType: query.event_type ?? null,
            cursor: query.cursor ?? null,
            limit: query.limit,
          });
    return { data: page.items.map(renderDelivery), next_cursor: page.nextCursor };
  },
});

export const getDeliveryOperation = operation({
  query: noQuery,
  doc: {
    id: "getDelivery",
    tag: TAG,
    summary: "One delivery with every try.",
    status: 200,
    answer: deliveryDetailAnswer,
    errors: ["delivery_not_found"],
  },
  run: async ({ ctx, params }) => renderDeliveryDetail(await getDelivery(ctx, deliveryId(params))),
});

export const resendDeliveryOperation = keyedOperation({
  scope: "callbacks:write",
  body: emptyBody,
  query: noQuery,
  doc: {
    id: "resendDelivery",
    tag: TAG,
    summary: "Send one delivery again, whatever became of it, up to 30 days later.",
    details: "Makes a new delivery of the same event with the same event id.",
    status: 202,
    answer: deliveryAnswer,
    errors: ["delivery_not_found", "delivery_in_progress", "endpoint_not_found", "endpoint_disabled"],
  },
  run: async ({ ctx, params, keyed }) => {
    const id = deliveryId(params);
    return await once(ctx, keyed, async (inTx) =>
      toAnswer(202, renderDelivery(await resendDelivery(inTx, id))),
    );
  },
});

export const resendDeliveriesOperation = keyedOperation({
  scope: "callbacks:write",
  body: resendDeliveriesBody,
  query: noQuery,
  doc: {
    id: "resendDeliveries",
    tag: TAG,
    summary: "Send again what was delivered or failed since a time, at most 1,000 at once.",
    details:
      "Oldest first, up to 30 days back; what is on its way, and what went to an endpoint that is off or deleted, is left out. While `has_more`, call again with the `until` of the answer.",
    status: 202,
    answer: resendAnswer,
    errors: ["event_type_unknown", "endpoint_not_found", "endpoint_disabled"],
  },
  run: async ({ ctx, body, keyed }) => {
    const endpointId = idFilter("endpoint", body.endpoint);
    if (endpointId === null) {
      throw new ServiceError("endpoint_not_found", "There is no such callback endpoint.", {
        pointer: "/endpoint",
      });
    }
    const input = {
      since: body.since,
      until: body.until ?? null,
      state: body.state ?? null,
      endpointId: endpointId ?? null,
      eventType: body.event_type ?? null,
    };
    return await once(ctx, keyed, async (inTx) => {
      const { resent, hasMore, until } = await resendDeliveries(inTx, input);
      return toAnswer(202, { object: "resend", resent, has_more: hasMore, until: until.toISOString() });
    });
  },
});

export function renderDelivery(delivery: DeliveryDetail["delivery"]) {
  return {
    id: delivery.id,
    object: "delivery",
    mode: delivery.mode,
    event_id: delivery.eventId,
    event_type: delivery.eventType,
    invoice_id: delivery.invoiceId,
    endpoint_id: delivery.endpointId,
    resend_of: delivery.resendOf,
    state: delivery.state,
    attempt_count: delivery.attempts,
    next_attempt_at: delivery.nextAttemptAt?.toISOString() ?? null,
    completed_at: delivery.completedAt?.toISOString() ?? null,
    created_at: delivery.createdAt.toISOString(),
  };
}

function renderDeliveryDetail({ delivery, attempts }: DeliveryDetail) {
  return {
    ...renderDelivery(delivery),
    attempts: attempts.map((attempt) => ({
      id: attempt.id,
      number: attempt.number,
      url: attempt.url,
      is_delivered: attempt.isDelivered,
      status: attempt.status,
      failure: attempt.failure,
      response_text: attempt.responseText,
      resolved_ip: attempt.resolvedIp,
      duration_ms: attempt.durationMs,
      attempted_at: attempt.at.toISOString(),
    })),
  };
}

/** The id that a filter names; undefined: it names none; null: nothing has such an id. */
export function idFilter<K extends IdKind>(kind: K, text: string | undefined): Id<K> | null | undefined {
  return text === undefined ? undefined : parseId(kind, text);
}

/** A malformed id reads as one that does not exist. */
function deliveryId(params: Readonly<Record<string, string>>): DeliveryId {
  const id = parseId("delivery", params.id ?? "");
  if (id === null) throw new ServiceError("delivery_not_found", "There is no such delivery.");
  return id;
}
