// Answers about deliveries.

import { z } from "zod";
import { EVENT_TYPES } from "#lib/domain/events.ts";
import { MODES } from "#lib/domain/tenant.ts";

const instant = z.iso.datetime();

const fields = {
  id: z.string(),
  object: z.literal("delivery"),
  mode: z.enum(MODES),
  event_id: z.string(),
  event_type: z.enum(EVENT_TYPES),
  invoice_id: z.string().nullable(),
  endpoint_id: z.string().nullable(),
  resend_of: z.string().nullable(),
  state: z.enum(["pending", "delivered", "failed"]),
  attempt_count: z.int(),
  next_attempt_at: instant.nullable(),
  completed_at: instant.nullable(),
  created_at: instant,
};

export const deliveryAnswer = z
  .strictObject(fields)
  .meta({ id: "Delivery", description: "One event for one receiver." });

export const deliveryDetailAnswer = z
  .strictObject({
    ...fields,
    attempts: z.array(
      z.strictObject({
        id: z.string(),
        number: z.int(),
        url: z.string(),
        is_delivered: z.boolean(),
        status: z.int().nullable(),
        failure: z.string().nullable(),
        response_text: z.string(),
        resolved_ip: z.string().nullable(),
        duration_ms: z.int(),
        attempted_at: instant,
      }),
    ),
  })
  .meta({ id: "DeliveryDetail", description: "One event for one receiver, with every try." });

export const deliveryListAnswer = z
  .strictObject({
    data: z.array(deliveryAnswer),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: "DeliveryList", description: "A page of deliveries, newest first." });

export const resendAnswer = z
  .strictObject({
    object: z.literal("resend"),
    resent: z.int(),
    has_more: z.boolean(),
    until: instant,
  })
  .meta({ id: "Resend", description: "What was sent again." });
