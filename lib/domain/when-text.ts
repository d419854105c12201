// Times as people write them in a table: a day, a day with an hour, or an exact instant.

import { utcOf, type ZoneClock } from "./zone.ts";

const INSTANT =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
const YEAR_FIRST = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?$/;
const DAY_FIRST = /^(\d{1,2})\.(\d{1,2})\.(\d{4})(?: (\d{1,2}):(\d{2})(?::(\d{2}))?)?$/;

/**
 * Reads `2027-01-31T12:00:00Z`, `2027-01-31`, `2027-01-31 12:00`, `31.01.2027` or `31.01.2027 12:00`. Those without
 * a zone are by the given clock; a day alone means its end. Null for anything else: `01/02/2027` is one day here and
 * another there.
 */
export function readWhen(text: string, clock: ZoneClock): Date | null {
  const instant = INSTANT.exec(text);
  if (instant !== null) return readInstant(instant);
  const yearFirst = YEAR_FIRST.exec(text);
  if (yearFirst !== null) {
    const [, year, month, day, hour, minute, second] = yearFirst;
    return readLocal([year, month, day, hour, minute, second], clock);
  }
  const dayFirst = DAY_FIRST.exec(text);
  if (dayFirst === null) return null;
  const [, day, month, year, hour, minute, second] = dayFirst;
  return readLocal([year, month, day, hour, minute, second], clock);
}

type Parts = readonly (string | undefined)[];

function readLocal([year, month, day, hour, minute, second]: Parts, clock: ZoneClock): Date | null {
  const isDayAlone = hour === undefined;
  return clock.toInstant({
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: isDayAlone ? 23 : Number(hour),
    minute: isDayAlone ? 59 : Number(minute),
    second: isDayAlone ? 59 : Number(second ?? 0),
  });
}

function readInstant(match: Parts): Date | null {
  const [text, year, month, day, hour, minute, second, sign, zoneHour, zoneMinute] = match;
  const isDay = utcOf({
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second ?? 0),
  });
  if (isDay === null || text === undefined) return null;
  if (sign !== undefined && (Number(zoneHour) > 23 || Number(zoneMinute) > 59)) return null;
  const ms = Date.parse(text.toUpperCase());
  return Number.isNaN(ms) ? null : new Date(ms);
}
