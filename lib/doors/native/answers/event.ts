// Answers about events, and the body of a callback.

import { z } from "zod";
import { EVENT_TYPES } from "#lib/domain/events.ts";
import { dispute } from "./dispute.ts";
import { invoiceSnapshot } from "./invoice.ts";
import { paymentSnapshot } from "./payment.ts";
import { refund } from "./refund.ts";
import { id, instant, mode } from "./shared.ts";
import { sms } from "./sms.ts";

const endpointSnapshot = z
  .strictObject({
    id: id("endpoint"),
    object: z.literal("callback_endpoint"),
    url: z.url(),
    is_enabled: z.boolean(),
    failing_since: instant.nullable(),
    disabled_reason: z.string().nullable(),
  })
  .meta({ id: "EndpointSnapshot", description: "A callback endpoint as events hold it." });

export const eventData = z
  .strictObject({
    invoice: invoiceSnapshot.optional(),
    payment: paymentSnapshot.optional(),
    refund: refund.optional(),
    dispute: dispute.optional(),
    sms: sms.optional(),
    endpoint: endpointSnapshot.optional(),
  })
  .meta({ id: "EventData", description: "What the event is about, each in its whole state at that moment." });

export const callbackAttempt = z
  .strictObject({
    id: id("deliveryAttempt"),
    delivery_id: id("delivery"),
    number: z.int().min(1),
    url: z.url(),
    is_delivered: z.boolean(),
    status: z.int().nullable(),
    failure: z.string().nullable(),
    duration_ms: z.int().min(0),
    attempted_at: instant,
  })
  .meta({ id: "CallbackAttempt", description: "One try to call back." });

const timelineEntry = z
  .strictObject({
    id: id("event"),
    object: z.literal("event"),
    type: z.enum(EVENT_TYPES),
    sequence: z.int().min(0),
    occurred_at: instant,
    actor: z.strictObject({ kind: z.enum(["api_key", "user", "payer", "rail", "system"]), id: z.string() }),
    request_id: z.string(),
    data: eventData,
    callback_attempts: z.array(callbackAttempt),
  })
  .meta({
    id: "TimelineEntry",
    description: "One event of an invoice, with every try to call back about it.",
  });

export const timeline = z
  .strictObject({ data: z.array(timelineEntry), next_sequence: z.int().nullable() })
  .meta({ id: "Timeline", description: "What happened to an invoice, oldest first." });

/** What a callback's body is. */
export const callbackBody = z
  .strictObject({
    id: id("event"),
    object: z.literal("event"),
    api_version: z.string(),
    type: z.enum(EVENT_TYPES),
    timestamp: instant,
    sequence: z.int().min(0),
    mode,
    data: eventData,
  })
  .meta({ id: "Event", description: "The body of a callback; the same for every try." });

/** Oldest first; the cursor is there at the end too. */
export const eventList = z
  .strictObject({ data: z.array(callbackBody), next_cursor: z.string(), has_more: z.boolean() })
  .meta({ id: "EventList", description: "Events of the merchant, oldest first." });
