// The columns of an exported list: what each cell holds, and how it is written.

import { plainCell, textCell } from "#lib/domain/csv.ts";
import { type Money, toDecimal } from "#lib/domain/money.ts";
import type { ZoneClock } from "#lib/domain/zone.ts";

export interface Column<T> {
  readonly name: string;
  /** True for times: the name of the column says in which zone they are. */
  readonly isTime: boolean;
  readonly cell: (row: T, clock: ZoneClock) => string;
}

/** What people wrote. */
export function text<T>(name: string, read: (row: T) => string | null): Column<T> {
  return { name, isTime: false, cell: (row) => textCell(read(row)) };
}

/** Our own words, ids and counts. */
export function plain<T>(name: string, read: (row: T) => string | number | null): Column<T> {
  return { name, isTime: false, cell: (row) => plainCell(read(row)) };
}

/** Decimal text with the currency's decimals; the currency stands in a column of its own. */
export function amount<T>(name: string, read: (row: T) => Money): Column<T> {
  return { name, isTime: false, cell: (row) => toDecimal(read(row)) };
}

/** By the clock of the merchant's zone. */
export function time<T>(name: string, read: (row: T) => Date | null): Column<T> {
  const cell = (row: T, clock: ZoneClock) => {
    const instant = read(row);
    return instant === null ? "" : clock.format(instant);
  };
  return { name, isTime: true, cell };
}

export function flag<T>(name: string, read: (row: T) => boolean): Column<T> {
  return plain(name, (row) => (read(row) ? "yes" : "no"));
}
