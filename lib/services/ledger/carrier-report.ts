// What happened with phone bills in a month, carrier by carrier, to lay beside the carrier's own settlement.

import { listRailAccountNames, type RailAccountName } from "#db/queries/reports/attempts.ts";
import { sumCarriers } from "#db/queries/reports/ledger.ts";
import { preferIndexes } from "#db/queries/reports/planner.ts";
import { type ReportRange, readRange } from "#db/queries/reports/range.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { LedgerKind } from "#lib/domain/ledger.ts";
import { look, requirePermission, type ServiceContext } from "../context.ts";
import { parseDay } from "../reports/asked-range.ts";
import { readTimeZone } from "../reports/time-zone.ts";

/** Minor units; positive is money that came, at the carrier or to the merchant. */
export interface CarrierLine {
  readonly kind: LedgerKind;
  readonly count: number;
  /** What the carrier took from its customers, or gave back. */
  readonly atCarrierMinor: bigint;
  /** What of it is the merchant's, after the platform's fee. */
  readonly pendingMinor: bigint;
  /** What the carrier settled. */
  readonly settledMinor: bigint;
}

export interface CarrierReport {
  readonly account: RailAccountName | null;
  readonly currency: string;
  readonly lines: readonly CarrierLine[];
  /** All lines together. What was settled may be of months before. */
  readonly atCarrierMinor: bigint;
  /** What became pending in the month, whether or not it was settled since. */
  readonly earnedMinor: bigint;
  readonly settledMinor: bigint;
}

/**
 * One report for each account at a carrier and currency. The month is the merchant's (YYYY-MM), by the time of
 * booking; one that is not over is reported until now.
 *
 * @throws permission_denied  the caller may not see balances
 * @throws invalid_request    no such month
 */
export async function getCarrierReports(
  ctx: ServiceContext,
  month: string,
): Promise<{ readonly range: ReportRange; readonly reports: readonly CarrierReport[] }> {
  requirePermission(ctx, "balances.read");
  const days = daysOf(month);
  return await look(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    await preferIndexes(tx);
    const range = await readRange(tx, await readTimeZone(inTx), days);
    const names = await listRailAccountNames(tx, tenant);
    const rows = await sumCarriers(tx, tenant, range);
    const groups = Map.groupBy(rows, ({ railAccountId, currency }) => `${railAccountId} ${currency}`);
    const reports = [...groups.values()].map((group) => {
      const lines = group.map(
        (row): CarrierLine => ({
          kind: row.kind,
          count: row.count,
          atCarrierMinor: row.clearingMinor,
          pendingMinor: -row.pendingMinor,
          settledMinor: -row.availableMinor,
        }),
      );
      const add = (of: (line: CarrierLine) => bigint) => lines.reduce((sum, line) => sum + of(line), 0n);
      const settledMinor = add((line) => line.settledMinor);
      return {
        account: names.find(({ id }) => id === group[0]?.railAccountId) ?? null,
        currency: group[0]?.currency ?? "",
        lines,
        atCarrierMinor: add((line) => line.atCarrierMinor),
        // Settling takes from pending what it gives to available.
        earnedMinor: add((line) => line.pendingMinor) + settledMinor,
        settledMinor,
      };
    });
    return { range, reports };
  });
}

function daysOf(month: string): { readonly firstDay: string; readonly lastDay: string } {
  if (!/^\d{4}-\d{2}$/.test(month)) {
    throw new ServiceError("invalid_request", "A month is written as YYYY-MM.", { pointer: "?month" });
  }
  const firstDay = `${month}-01`;
  const first = new Date(parseDay(firstDay, "?month"));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0));
  return { firstDay, lastDay: last.toISOString().slice(0, 10) };
}
