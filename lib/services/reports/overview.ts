// The figures of the dashboard's first page. Each is a sum or count of rows that the lists show.

import {
  countAttempts,
  type FailingEndpoint,
  listFailingEndpoints,
  listRailAccountNames,
  type SmsSum,
  sumMessages,
} from "#db/queries/reports/attempts.ts";
import { type Funnel, readFunnel } from "#db/queries/reports/funnel.ts";
import {
  type OpenSum,
  type PaidDay,
  type PaidSum,
  type Sum,
  type SurplusSum,
  sumOpen,
  sumPaidByDay,
  sumRefunds,
  sumSurplus,
} from "#db/queries/reports/money.ts";
import { preferIndexes } from "#db/queries/reports/planner.ts";
import { type Period, type ReportRange, readRange } from "#db/queries/reports/range.ts";
import { look, requirePermission, type ServiceContext, type TxContext } from "../context.ts";
import { type AskedRange, parseAskedRange } from "./asked-range.ts";
import { type AccountSuccess, type MethodSuccess, toSuccess } from "./success.ts";
import { readTimeZone } from "./time-zone.ts";

/** What happened in a period. */
export interface Figures {
  /** Invoices by the time they were paid. */
  readonly paid: readonly PaidSum[];
  /** Refunds of merchants and rails by their end; surplus that goes back is told of with it. */
  readonly refunds: readonly Sum[];
  readonly surplus: readonly SurplusSum[];
  /** Invoices that were made in the period, by how far they have come until now. */
  readonly funnel: Funnel;
  /** Attempts that were made in the period. */
  readonly methods: readonly MethodSuccess[];
  readonly accounts: readonly AccountSuccess[];
  /** Messages that the provider took. It tells us no prices: parts are what it charges by. */
  readonly messages: readonly SmsSum[];
}

export interface Overview {
  /** IANA name of the zone that days are counted in. */
  readonly timeZone: string;
  readonly range: ReportRange;
  readonly figures: Figures;
  /** The same of the period before. */
  readonly before: Figures;
  /** Only days on which something was paid. */
  readonly paidByDay: readonly PaidDay[];
  /** Now, whatever the range. */
  readonly open: readonly OpenSum[];
  readonly failingEndpoints: readonly FailingEndpoint[];
}

/**
 * Everything as it was at one moment. Amounts: minor units of the currency beside them; instants: UTC.
 *
 * @throws permission_denied  the caller lacks invoices:read
 * @throws invalid_request    no such days, more than a year of them, or the last before the first
 */
export async function getOverview(ctx: ServiceContext, asked: AskedRange): Promise<Overview> {
  requirePermission(ctx, "invoices.read");
  const days = parseAskedRange(asked);
  return await look(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    await preferIndexes(tx);
    const timeZone = await readTimeZone(inTx);
    const range = await readRange(tx, timeZone, days);
    const paidByDay = await sumPaidByDay(tx, tenant, range, timeZone);
    return {
      timeZone,
      range,
      figures: await readFigures(inTx, range, paidByDay),
      before: await readFigures(inTx, range.before, await sumPaidByDay(tx, tenant, range.before, timeZone)),
      paidByDay,
      open: await sumOpen(tx, tenant),
      failingEndpoints: await listFailingEndpoints(tx, tenant),
    };
  });
}

async function readFigures(
  { tx, tenant }: TxContext,
  period: Period,
  paidByDay: readonly PaidDay[],
): Promise<Figures> {
  const names = await listRailAccountNames(tx, tenant);
  return {
    paid: addUp(paidByDay),
    refunds: await sumRefunds(tx, tenant, period),
    surplus: await sumSurplus(tx, tenant, period),
    funnel: await readFunnel(tx, tenant, period),
    ...toSuccess(await countAttempts(tx, tenant, period), names),
    messages: await sumMessages(tx, tenant, period),
  };
}

/** Days of one currency together, in the order of currencies. */
function addUp(days: readonly PaidDay[]): PaidSum[] {
  const sums = new Map<string, PaidSum>();
  for (const { currency, count, amountMinor, outsideMinor } of days) {
    const sum = sums.get(currency);
    sums.set(currency, {
      currency,
      count: (sum?.count ?? 0) + count,
      amountMinor: (sum?.amountMinor ?? 0n) + amountMinor,
      outsideMinor: (sum?.outsideMinor ?? 0n) + outsideMinor,
    });
  }
  return [...sums.values()].sort((a, b) => (a.currency < b.currency ? -1 : 1));
}
