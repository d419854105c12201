// Operations on events.

import { ServiceError } from "#lib/domain/errors.ts";
import { parseId } from "#lib/domain/ids.ts";
import { getEvent, listEvents } from "#lib/services/events/list.ts";
import { callbackBody, eventList } from "./answers/event.ts";
import { listEventsQuery } from "./callback-schemas.ts";
import { renderNativeCallback } from "./callback-view.ts";
import { idFilter } from "./deliveries.ts";
import { operation } from "./operation.ts";
import { noQuery } from "./schemas.ts";

const TAG = "Events";

export const listEventsOperation = operation({
  query: listEventsQuery,
  doc: {
    id: "listEvents",
    tag: TAG,
    summary: "Every event, oldest first, also those that are not called back.",
    details:
      "Go on with `after` and the `next_cursor` of the page before, which is there at the end too: whoever follows it sees every event once. With `type` a page may be short or empty although `has_more` is true.",
    status: 200,
    answer: eventList,
    errors: ["event_type_unknown"],
  },
  run: async ({ ctx, query }) => {
    const invoiceId = idFilter("invoice", query.invoice);
    const paymentId = idFilter("payment", query.payment);
    const page = await listEvents(ctx, {
      filter: {
        ...(invoiceId === undefined ? {} : { invoiceId }),
        ...(paymentId === undefined ? {} : { paymentId }),
      },
      types: query.type ?? null,
      after: query.after ?? null,
      limit: query.limit,
    });
    return {
      data: page.items.map(renderNativeCallback),
      next_cursor: page.nextCursor,
      has_more: page.hasMore,
    };
  },
});

export const getEventOperation = operation({
  query: noQuery,
  doc: {
    id: "getEvent",
    tag: TAG,
    summary: "One event, as callbacks have it.",
    status: 200,
    answer: callbackBody,
    errors: ["event_not_found"],
  },
  run: async ({ ctx, params }) => {
    const id = parseId("event", params.id ?? "");
    if (id === null) throw new ServiceError("event_not_found", "There is no such event.");
    return renderNativeCallback(await getEvent(ctx, id));
  },
});
