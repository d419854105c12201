// What the operations on callback endpoints, deliveries and events take.

import { z } from "zod";
import { OVERLAP_HOURS_DEFAULT, OVERLAP_HOURS_MAX } from "#lib/domain/endpoint.ts";
import { EVENT_TYPES } from "#lib/domain/events.ts";
import { rule } from "../faults.ts";
import { line } from "../text.ts";
import { cursor, instant, limit, webAddress } from "./fields.ts";

/** Longer than any type's name; whether it is one is decided where the types are known. */
const typeName = z.string().min(1).max(64);

const eventTypes = z
  .array(typeName)
  .min(1)
  .max(EVENT_TYPES.length)
  .refine((list) => new Set(list).size === list.length, rule("repeated", "must not name a type twice"));

export const createEndpointBody = z.strictObject({
  url: webAddress,
  description: line(200).optional(),
  event_types: eventTypes.nullable().default(null),
  is_enabled: z.boolean().default(true),
});

export const updateEndpointBody = z.strictObject({
  url: webAddress.optional(),
  description: line(200).nullable().optional(),
  event_types: eventTypes.nullable().optional(),
  is_enabled: z.boolean().optional(),
  version: z.int().min(1).max(2_147_483_647).optional(),
});

export const rotateSecretBody = z
  .strictObject({ overlap_hours: z.int().min(0).max(OVERLAP_HOURS_MAX).default(OVERLAP_HOURS_DEFAULT) })
  .default({ overlap_hours: OVERLAP_HOURS_DEFAULT });

/** An id in a filter; one that is malformed is one that nothing belongs to. */
const idFilter = z.string().min(1).max(64);

export const listDeliveriesQuery = z.strictObject({
  state: z.enum(["pending", "delivered", "failed"]).optional(),
  endpoint: idFilter.optional(),
  event: idFilter.optional(),
  invoice: idFilter.optional(),
  event_type: typeName.optional(),
  created_from: instant.optional(),
  created_to: instant.optional(),
  cursor: cursor.optional(),
  limit,
});

export const resendDeliveriesBody = z.strictObject({
  since: instant,
  until: instant.optional(),
  state: z.enum(["delivered", "failed"]).optional(),
  endpoint: idFilter.optional(),
  event_type: typeName.optional(),
});

export const listEventsQuery = z.strictObject({
  /** Several with commas between them. */
  type: z
    .string()
    .max(64 * EVENT_TYPES.length)
    .transform((text) => text.split(","))
    .optional(),
  invoice: idFilter.optional(),
  payment: idFilter.optional(),
  after: cursor.optional(),
  limit,
});
