// What callers are told of their budget: the fields of draft-ietf-httpapi-ratelimit-headers (06).

import { ServiceError } from "#lib/domain/errors.ts";
import type { RateStanding } from "#lib/domain/ports/rate-limiter.ts";

/**
 * @throws rate_limited
 */
export function requireWithin({ isWithin, limit, windowSeconds, resetMs }: RateStanding): void {
  if (isWithin) return;
  throw new ServiceError("rate_limited", `More than ${limit} requests of this kind in ${windowSeconds} s.`, {
    retryAfterSeconds: Math.max(1, inSeconds(resetMs)),
  });
}

/** On every answer to a key that is known, refusals included. */
export function stampStanding({ headers }: Response, standing: RateStanding): void {
  headers.set("ratelimit-limit", String(standing.limit));
  headers.set("ratelimit-remaining", String(standing.remaining));
  headers.set("ratelimit-reset", String(inSeconds(standing.resetMs)));
  headers.set("ratelimit-policy", `${standing.limit};w=${standing.windowSeconds}`);
}

function inSeconds(ms: number): number {
  return Math.ceil(ms / 1000);
}
