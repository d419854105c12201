// From days as a merchant counts them to instants. The database knows the time zones and when clocks change.

import type { Tx } from "../../transaction.ts";

export interface Period {
  /** The first instant (UTC). */
  readonly from: Date;
  /** The first instant after it (UTC). */
  readonly to: Date;
}

export interface ReportRange extends Period {
  /** First and last day, YYYY-MM-DD in the merchant's time zone. */
  readonly firstDay: string;
  readonly lastDay: string;
  /**
   * As many days before it. Of a range that is not over yet, up to the same time of day, so that what is compared is
   * as long.
   */
  readonly before: Period;
}

/** Days counted back from today, today included; or given ones (YYYY-MM-DD), both included. */
export type AskedDays = { readonly days: number } | { readonly firstDay: string; readonly lastDay: string };

export async function readRange(tx: Tx, zone: string, asked: AskedDays): Promise<ReportRange> {
  const [days, firstDay, lastDay] =
    "days" in asked ? [asked.days, null, null] : [null, asked.firstDay, asked.lastDay];
  const { rows } = await tx.client.query<{
    firstDay: string;
    lastDay: string;
    from: Date;
    to: Date;
    beforeFrom: Date;
    beforeTo: Date;
  }>(
    `with today as (select ($2::timestamptz at time zone $1)::date as day),
     asked as (
       select coalesce($4::date, day - ($3::int - 1)) as first, coalesce($5::date, day) as last from today
     ),
     span as (
       select first, last, last - first + 1 as days, first::timestamp at time zone $1 as begins,
         (last + 1)::timestamp at time zone $1 as ends
       from asked
     ),
     cut as (select *, greatest(least(ends, $2::timestamptz), begins) as until from span)
     select first::text as "firstDay", last::text as "lastDay", begins as "from", until as "to",
       (first - days)::timestamp at time zone $1 as "beforeFrom",
       least(begins, ((until at time zone $1) - days * interval '1 day') at time zone $1) as "beforeTo"
     from cut`,
    [zone, tx.now, days, firstDay, lastDay],
  );
  const [row] = rows;
  if (row === undefined) throw new Error("The database did not count the days.");
  const { beforeFrom, beforeTo, ...range } = row;
  return { ...range, before: { from: beforeFrom, to: beforeTo } };
}
