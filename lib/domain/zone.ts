// Instants as clocks in a time zone show them, and back. Zones are IANA names that the runtime knows.

const QUARTER_MS = 900_000;
const KNOWN_MAX = 50_000;

export interface LocalTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

export interface ZoneClock {
  /** As `2027-01-31 23:59:59`; the hour that comes twice in autumn reads the same both times. */
  format(instant: Date): string;
  /** The instant (UTC) of a local time, the earlier of two; null where the calendar has no such day or hour. */
  toInstant(local: LocalTime): Date | null;
}

/** A clock in one zone. Offsets are remembered by the quarter of an hour, since they change at no other times. */
export function zoneClock(timeZone: string): ZoneClock {
  const format = new Intl.DateTimeFormat("en", {
    timeZone,
    calendar: "iso8601",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const known = new Map<number, number>();

  function offsetAt(ms: number): number {
    const quarter = Math.floor(ms / QUARTER_MS);
    const remembered = known.get(quarter);
    if (remembered !== undefined) return remembered;
    const start = quarter * QUARTER_MS;
    const part = new Map(format.formatToParts(start).map(({ type, value }) => [type, Number(value)]));
    const get = (name: Intl.DateTimeFormatPartTypes) => part.get(name) ?? 0;
    const shown = Date.UTC(
      get("year"),
      get("month") - 1,
      get("day"),
      get("hour"),
      get("minute"),
      get("second"),
    );
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(quarter, shown - start);
    return shown - start;
  }

  return {
    format(instant) {
      const ms = instant.getTime();
      return new Date(ms + offsetAt(ms)).toISOString().slice(0, 19).replace("T", " ");
    },
    toInstant(local) {
      const shown = utcOf(local);
      if (shown === null) return null;
      // One of the offsets around it is the right one, and both are where the clock is put back.
      const candidates = [shown - 86_400_000, shown + 86_400_000].map((ms) => shown - offsetAt(ms));
      const right = candidates.filter((ms) => ms + offsetAt(ms) === shown);
      return right.length === 0 ? null : new Date(Math.min(...right));
    },
  };
}

/** The same reading on a clock in UTC; null for a day or hour that there is not. */
export function utcOf({ year, month, day, hour, minute, second }: LocalTime): number | null {
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(ms);
  const isSame =
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second;
  return isSame ? ms : null;
}
