// What happened to an invoice, in words.

import type { TimelineItem } from "#components/dashboard/timeline.tsx";
import { EVENT_CATALOGUE } from "#lib/domain/events.ts";
import type { TimelineEntry } from "#lib/services/invoices/timeline.ts";
import type { Format } from "./format.ts";

const ACTORS: Readonly<Record<string, string>> = {
  api_key: "by an API key",
  user: "by a person",
  payer: "by the payer",
  rail: "by the rail",
  system: "by Billtext",
};

export function describeEntry({ event, callbackAttempts }: TimelineEntry, format: Format): TimelineItem {
  const kind = EVENT_CATALOGUE.find(({ type }) => type === event.type);
  return {
    id: event.id,
    at: format.time(event.occurredAt),
    atIso: event.occurredAt.toISOString(),
    title: event.type.replaceAll("_", " ").replace(".", ": "),
    details: [
      `${kind?.note ?? ""} (${ACTORS[event.actorKind] ?? event.actorKind})`,
      ...callbackAttempts.map(
        ({ number, url, isDelivered, status, failure }) =>
          `Callback, try ${number}, to ${new URL(url).host}: ${isDelivered ? "taken" : (failure ?? "not taken")}${status === null ? "" : ` (${status})`}.`,
      ),
    ],
  };
}
