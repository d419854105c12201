// The events themselves: the second way to the truth for who was not reached by callbacks.

import {
  type EventFilter,
  type EventPlace,
  findEvent,
  listEventsAfter,
  type StoredEvent,
} from "#db/queries/events.ts";
import { parseEventTypes } from "#lib/domain/endpoint.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { EventId } from "#lib/domain/ids.ts";
import { requirePermission, type ServiceContext, transact } from "../context.ts";

export interface ListEventsInput {
  readonly filter: Omit<EventFilter, "types">;
  /** Null: every type. */
  readonly types: readonly string[] | null;
  /** Where the page before ended; null: the beginning. */
  readonly after: string | null;
  /** 1 to 100. */
  readonly limit: number;
}

export interface EventPage {
  readonly items: readonly StoredEvent[];
  /** Always there, and beyond all that was looked at: at the end it is where the next events will begin. */
  readonly nextCursor: string;
  /** Of a rare type there may be more although the page is short or empty. */
  readonly hasMore: boolean;
}

/**
 * Events oldest first. Who goes on from each cursor sees every event once, in an order that never changes; an
 * event is here as soon as every transaction that began to write before its own has ended.
 *
 * @throws permission_denied   the key lacks events:read
 * @throws event_type_unknown
 * @throws invalid_request     the cursor is not ours
 */
export async function listEvents(ctx: ServiceContext, input: ListEventsInput): Promise<EventPage> {
  requirePermission(ctx, "events.read");
  const { limit } = input;
  const after = input.after === null ? BEGINNING : decodePlace(input.after);
  const filter =
    input.types === null
      ? input.filter
      : { ...input.filter, types: parseEventTypes(input.types, () => "?type") };
  const { events, end, isWhole } = await transact(ctx, ({ tx, tenant }) =>
    listEventsAfter(tx, tenant, filter, after, limit),
  );
  return { items: events, nextCursor: encodePlace(end ?? events.at(-1) ?? after), hasMore: !isWhole };
}

/**
 * @throws permission_denied  the key lacks events:read
 * @throws event_not_found    also for another merchant's or the other mode's
 */
export async function getEvent(ctx: ServiceContext, id: EventId): Promise<StoredEvent> {
  requirePermission(ctx, "events.read");
  const event = await transact(ctx, ({ tx, tenant }) => findEvent(tx, tenant, id));
  if (event === null) throw new ServiceError("event_not_found", "There is no such event.");
  return event;
}

const BEGINNING: EventPlace = { writtenBy: "0", position: 0n };

const TRANSACTION_MAX = 2n ** 64n - 1n;
const POSITION_MAX = 2n ** 63n - 1n;

function encodePlace({ writtenBy, position }: EventPlace): string {
  return Buffer.from(`${writtenBy}.${position}`).toString("base64url");
}

function decodePlace(text: string): EventPlace {
  const match = /^(\d{1,20})\.(\d{1,19})$/.exec(Buffer.from(text, "base64url").toString("latin1"));
  const writtenBy = BigInt(match?.[1] ?? "0");
  const position = BigInt(match?.[2] ?? "0");
  if (match === null || writtenBy > TRANSACTION_MAX || position > POSITION_MAX)
    throw new ServiceError("invalid_request", "The cursor is malformed.", { pointer: "?after" });
  return { writtenBy: String(writtenBy), position };
}
