// The days that a report is asked for.

import type { AskedDays } from "#db/queries/reports/range.ts";
import { ServiceError } from "#lib/domain/errors.ts";

export const RANGE_DAYS = { today: 1, "7d": 7, "30d": 30, "90d": 90 } as const;

/** A range by its name, or days as the merchant counts them (YYYY-MM-DD), both included. */
export type AskedRange = keyof typeof RANGE_DAYS | { readonly from: string; readonly to: string };

const DAYS_MAX = 366;
const DAY_MS = 86_400_000;

/**
 * @throws invalid_request  no such days, more than a year of them, or the last before the first
 */
export function parseAskedRange(asked: AskedRange): AskedDays {
  if (typeof asked === "string") return { days: RANGE_DAYS[asked] };
  const [from, to] = [parseDay(asked.from, "?from"), parseDay(asked.to, "?to")];
  if (to < from) throw refusal("The last day is before the first.", "?to");
  if ((to - from) / DAY_MS + 1 > DAYS_MAX) throw refusal("A range has a year of days at most.", "?to");
  return { firstDay: asked.from, lastDay: asked.to };
}

/**
 * A calendar day from 2000 to 2099, as milliseconds since 1970.
 *
 * @throws invalid_request  it is none
 */
export function parseDay(text: string, pointer: string): number {
  const ms = /^20\d\d-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // A day that a month does not have is read as one of the next.
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(text)) {
    throw refusal("A day is written as YYYY-MM-DD.", pointer);
  }
  return ms;
}

function refusal(detail: string, pointer: string): ServiceError {
  return new ServiceError("invalid_request", detail, { pointer });
}
