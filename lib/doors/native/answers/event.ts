// Answers about events; callbacks have the same body.

import { z } from "zod";
import { EVENT_TYPES } from "#lib/domain/events.ts";
import { MODES } from "#lib/domain/tenant.ts";

const about = (object: string) => z.looseObject({ id: z.string(), object: z.literal(object) }).optional();

export const eventAnswer = z.strictObject({
  id: z.string(),
  object: z.literal("event"),
  api_version: z.string(),
  type: z.enum(EVENT_TYPES),
  timestamp: z.iso.datetime(),
  sequence: z.int(),
  mode: z.enum(MODES),
  /** What it is about, each in its whole state at that moment. */
  data: z.strictObject({
    invoice: about("invoice"),
    payment: about("payment"),
    refund: about("refund"),
    dispute: about("dispute"),
    sms: about("sms"),
    endpoint: about("callback_endpoint"),
  }),
});

export const eventListAnswer = z.strictObject({
  data: z.array(eventAnswer),
  next_cursor: z.string(),
  has_more: z.boolean(),
});
