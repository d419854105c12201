// An event as the native door's callback body. The same for every try: it is rendered from the event's snapshot.

import type { JsonValue } from "#lib/domain/ports/json.ts";
import type { CallbackEvent } from "#lib/services/context.ts";
import { renderEventData } from "./views.ts";

/** The version of this shape; fields are added without changing it, never removed. */
export const API_VERSION = "2026-11-01";

export function renderNativeCallback(event: CallbackEvent): JsonValue {
  return {
    id: event.id,
    object: "event",
    api_version: API_VERSION,
    type: event.type,
    timestamp: event.occurredAt.toISOString(),
    sequence: event.sequence,
    mode: event.mode,
    data: renderEventData(event.data),
  };
}
