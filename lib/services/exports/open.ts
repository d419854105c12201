// A filtered list as a CSV file, made page by page while it is read: as flat in memory as one page is.

import { loadProfile } from "#db/queries/merchants.ts";
import type { PagePlace } from "#db/queries/newest-first.ts";
import { CSV_START, csvLine, plainCell } from "#lib/domain/csv.ts";
import { lastFour, type Msisdn } from "#lib/domain/msisdn.ts";
import type { JsonValue } from "#lib/domain/ports/json.ts";
import { zoneClock } from "#lib/domain/zone.ts";
import { look, requirePermission, type ServiceContext, transact } from "../context.ts";
import type { CsvDownload } from "../csv-download.ts";
import { recordAudit } from "../record-audit.ts";
import { EXPORT_LISTS, type ExportFilters, type ExportKind, type ExportList } from "./lists.ts";

export type ExportInput = {
  readonly [K in ExportKind]: {
    readonly kind: K;
    readonly filter: ExportFilters[K];
  } & (K extends "invoices" ? { /** A whole number, or null. */ readonly phone: Msisdn | null } : unknown);
}[ExportKind];

const ROWS_A_PAGE = 1_000;

/**
 * Notes in the audit log who exports what, and returns the file to be read at the reader's pace. Newest first; every
 * page is a short transaction of its own, so rows that are added meanwhile are not in it, and what changes meanwhile
 * is as it is when its page is read. Times are by the merchant's clock, and the column's name says in which zone;
 * amounts are decimal text, their currency beside them; of phone numbers the last four digits. Text that a
 * spreadsheet would take for a formula is led by an apostrophe.
 *
 * @throws permission_denied  the caller may not export, or not see this list
 */
export async function openExport(ctx: ServiceContext, input: ExportInput): Promise<CsvDownload> {
  requirePermission(ctx, "exports.make");
  switch (input.kind) {
    case "invoices": {
      const { phone, filter } = input;
      const hashes = phone === null ? {} : { phoneHashes: ctx.vault.phoneHashes(phone) };
      const told = phone === null ? {} : { phoneLast4: lastFour(phone) };
      return await open(
        ctx,
        input.kind,
        EXPORT_LISTS.invoices,
        { ...filter, ...hashes },
        { ...filter, ...told },
      );
    }
    case "payments":
      return await open(ctx, input.kind, EXPORT_LISTS.payments, input.filter, input.filter);
    case "refunds":
      return await open(ctx, input.kind, EXPORT_LISTS.refunds, input.filter, input.filter);
    case "disputes":
      return await open(ctx, input.kind, EXPORT_LISTS.disputes, input.filter, input.filter);
    case "deliveries":
      return await open(ctx, input.kind, EXPORT_LISTS.deliveries, input.filter, input.filter);
    case "ledger_entries":
      return await open(ctx, input.kind, EXPORT_LISTS.ledger_entries, input.filter, input.filter);
  }
}

/** `told` is the filter as the audit log may show it. */
async function open<F, R>(
  ctx: ServiceContext,
  kind: ExportKind,
  list: ExportList<F, R>,
  filter: F,
  told: object,
): Promise<CsvDownload> {
  requirePermission(ctx, list.permission);
  const { timeZone, day } = await transact(ctx, async (inTx) => {
    const { merchant } = await loadProfile(inTx.tx, inTx.tenant);
    const shown = Object.entries(told).filter(([name]) => name !== "phoneHashes");
    await recordAudit(inTx, "export.made", kind, { filter: toJson(Object.fromEntries(shown)) });
    const today = zoneClock(merchant.timeZone).format(inTx.tx.now).slice(0, 10);
    return { timeZone: merchant.timeZone, day: today };
  });
  const fileName = `${kind}-${ctx.tenant.mode}-${day}.csv`;
  return { fileName, chunks: write(ctx, list, filter, timeZone) };
}

async function* write<F, R>(
  ctx: ServiceContext,
  { columns, read }: ExportList<F, R>,
  filter: F,
  timeZone: string,
): AsyncGenerator<string> {
  const clock = zoneClock(timeZone);
  const names = columns.map(({ name, isTime }) => plainCell(isTime ? `${name} (${timeZone})` : name));
  yield CSV_START + csvLine(names);
  let after: PagePlace | undefined;
  for (;;) {
    const rows = await look(ctx, (inTx) => read(inTx, filter, after, ROWS_A_PAGE));
    if (rows.length === 0) return;
    yield rows.map((row) => csvLine(columns.map(({ cell }) => cell(row, clock)))).join("");
    const last = rows.at(-1);
    if (last === undefined || rows.length < ROWS_A_PAGE) return;
    after = { createdAt: last.createdAt, id: last.id };
  }
}

function toJson(value: object): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}
