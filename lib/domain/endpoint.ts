// Callback endpoints: how many, what they may be called about, and when one counts as failing. Pure.

import { ServiceError } from "./errors.ts";
import { EVENT_TYPES, type EventType, isCalledBack } from "./events.ts";
import type { EndpointId } from "./ids.ts";
import type { EndpointSnapshot } from "./records.ts";

/** A merchant's endpoints in one mode, the default one among them. */
export const ENDPOINTS_MAX = 20;

/** For how long a delivery can be sent again. */
export const RESEND_DAYS = 30;

/** Deliveries sent again by one call at most. */
export const RESEND_MAX = 1_000;

/** Both secrets sign for as long, in hours. */
export const OVERLAP_HOURS_MAX = 168;
export const OVERLAP_HOURS_DEFAULT = 24;

/** Switched off by its owner; by its own 410; after five days of nothing but failures. */
export const DISABLED_REASONS = ["merchant", "gone", "failing"] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];

export type EndpointEventType = Extract<EventType, `endpoint.${string}`>;

const HOUR_MS = 3_600_000;
const NOTICE_AFTER_MS = 24 * HOUR_MS;
const DISABLE_AFTER_MS = 5 * 24 * HOUR_MS;
/** A failure that comes later after the one before says nothing of the time between: longer than any pause between
 * two tries of one delivery. */
const SILENCE_MAX_MS = 36 * HOUR_MS;
/** A busy endpoint's row is not written at every delivery. */
const NOTE_MS = 60_000;

/** An answer that takes longer, taken or not, makes others wait. */
const SLOW_MS = 2_000;
/** Slow tries less quick ones; from the first number on it is slow, and beyond the second nothing is counted. */
const SLOW_FROM = 3;
const SLOW_MAX = 5;

export interface EndpointHealth {
  readonly isEnabled: boolean;
  /** Since when it has taken nothing, tried all the while; null while it takes callbacks, or was never called. */
  readonly failingSince: Date | null;
  /** To the minute. */
  readonly lastFailedAt: Date | null;
  /** When its owner was told. */
  readonly failingNoticeAt: Date | null;
  readonly lastDeliveredAt: Date | null;
}

/** What one try changes. */
export interface HealthStep {
  readonly changes: Partial<Omit<EndpointHealth, "isEnabled">>;
  readonly disabledReason: DisabledReason | null;
  readonly event: EndpointEventType | null;
}

/**
 * What a try says of its endpoint, or null where it says nothing new. Told once after a day of nothing but
 * failures, and off after five, or at once where the receiver answers 410. A time without any try is none of
 * failures: what fails after it begins anew.
 */
export function healthAfterTry(
  health: EndpointHealth,
  { isDelivered, status }: { readonly isDelivered: boolean; readonly status: number | null },
  now: Date,
): HealthStep | null {
  if (!health.isEnabled) return null;
  const step = (rest: Partial<HealthStep>): HealthStep => ({
    changes: {},
    disabledReason: null,
    event: null,
    ...rest,
  });
  const ageMs = (since: Date | null) =>
    since === null ? Number.POSITIVE_INFINITY : now.getTime() - since.getTime();
  if (isDelivered) {
    if (health.failingSince === null && ageMs(health.lastDeliveredAt) < NOTE_MS) return null;
    return step({
      changes: { failingSince: null, lastFailedAt: null, failingNoticeAt: null, lastDeliveredAt: now },
      event: health.failingNoticeAt === null ? null : "endpoint.recovered",
    });
  }
  const isUnbroken = health.failingSince !== null && ageMs(health.lastFailedAt) <= SILENCE_MAX_MS;
  const failingSince = (isUnbroken ? health.failingSince : null) ?? now;
  const changes = { failingSince, lastFailedAt: now };
  const off = (disabledReason: DisabledReason) =>
    step({ changes, disabledReason, event: "endpoint.disabled" });
  if (status === 410) return off("gone");
  if (ageMs(failingSince) >= DISABLE_AFTER_MS) return off("failing");
  if (ageMs(failingSince) >= NOTICE_AFTER_MS && health.failingNoticeAt === null) {
    return step({ changes: { ...changes, failingNoticeAt: now }, event: "endpoint.failing" });
  }
  return isUnbroken && ageMs(health.lastFailedAt) < NOTE_MS ? null : step({ changes });
}

/** The count of slow tries after one more: most of the last ones decide, and a steady endpoint is not written. */
export function slowTriesAfter(slowTries: number, durationMs: number): number {
  return durationMs > SLOW_MS ? Math.min(slowTries + 1, SLOW_MAX) : Math.max(slowTries - 1, 0);
}

/** True where calls to it wait with others of their kind, so that they hold up no one: it fails, or is slow. */
export function isHeldApart(endpoint: {
  readonly failingSince: Date | null;
  readonly slowTries: number;
}): boolean {
  return endpoint.failingSince !== null || endpoint.slowTries >= SLOW_FROM;
}

/** True where the endpoint wants to hear of such events. */
export function isWanted(eventTypes: readonly EventType[] | null, type: EventType): boolean {
  return eventTypes === null || eventTypes.includes(type);
}

/**
 * The names as types of events.
 *
 * @throws event_type_unknown  a name that is none, at its place under `pointer`
 */
export function parseEventTypes(names: readonly string[], pointerOf: (index: number) => string): EventType[] {
  return names.map((name, index) => {
    const type = EVENT_TYPES.find((candidate) => candidate === name);
    if (type !== undefined) return type;
    throw new ServiceError("event_type_unknown", "There is no such type of event.", {
      pointer: pointerOf(index),
    });
  });
}

/**
 * The same for what an endpoint is called about.
 *
 * @throws event_type_unknown  a name that is none, or whose events are never called back
 */
export function parseCalledBackTypes(
  names: readonly string[],
  pointerOf: (index: number) => string,
): EventType[] {
  const types = parseEventTypes(names, pointerOf);
  const index = types.findIndex((type) => !isCalledBack(type));
  if (index === -1) return types;
  throw new ServiceError("event_type_unknown", "Events of this type are not called back.", {
    pointer: pointerOf(index),
  });
}

export function snapshotEndpoint(endpoint: {
  readonly id: EndpointId;
  readonly url: string;
  readonly isEnabled: boolean;
  readonly failingSince: Date | null;
  readonly disabledReason: string | null;
}): EndpointSnapshot {
  const { id, url, isEnabled, failingSince, disabledReason } = endpoint;
  return { id, url, isEnabled, failingSince: failingSince?.toISOString() ?? null, disabledReason };
}
