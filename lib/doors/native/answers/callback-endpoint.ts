// Answers about callback endpoints.

import { z } from "zod";
import { DISABLED_REASONS } from "#lib/domain/endpoint.ts";
import { EVENT_TYPES } from "#lib/domain/events.ts";
import { MODES } from "#lib/domain/tenant.ts";

const instant = z.iso.datetime();

const fields = {
  id: z.string(),
  object: z.literal("callback_endpoint"),
  mode: z.enum(MODES),
  url: z.string(),
  description: z.string().nullable(),
  event_types: z.array(z.enum(EVENT_TYPES)).nullable(),
  is_default: z.boolean(),
  is_enabled: z.boolean(),
  failing_since: instant.nullable(),
  last_delivered_at: instant.nullable(),
  disabled_at: instant.nullable(),
  disabled_reason: z.enum(DISABLED_REASONS).nullable(),
  previous_secret_expires_at: instant.nullable(),
  version: z.int(),
  created_at: instant,
  updated_at: instant,
};

export const endpointAnswer = z
  .strictObject(fields)
  .meta({ id: "CallbackEndpoint", description: "An address that is called back, without its secret." });

export const endpointWithSecretAnswer = z
  .strictObject({ ...fields, secret: z.string().regex(/^whsec_/) })
  .meta({ id: "NewCallbackEndpoint", description: "A callback endpoint with a secret that was just made." });

export const endpointListAnswer = z
  .strictObject({ data: z.array(endpointAnswer), next_cursor: z.null() })
  .meta({ id: "CallbackEndpointList", description: "All callback endpoints of the mode." });

export const endpointDeletedAnswer = z.strictObject({
  id: z.string(),
  object: z.literal("callback_endpoint"),
  is_deleted: z.literal(true),
});
