// The dry run: every row is held against the rules that hold when its invoice is made.

import { setImmediate as letOthersRun } from "node:timers/promises";
import {
  type CheckedRow,
  type Import,
  type ImportRow,
  listImportRows,
  lockImport,
  markRepeatedRows,
  updateImport,
  writeCheckedRows,
} from "#db/queries/imports.ts";
import { loadProfile, type MerchantProfile } from "#db/queries/merchants.ts";
import type { ImportId } from "#lib/domain/ids.ts";
import { addSummaries, EMPTY_SUMMARY, type ImportSummary } from "#lib/domain/import.ts";
import type { ServiceContext, TxContext } from "../context.ts";
import { type CreateInvoiceInput, draftInvoice, smsTemplateOf } from "../invoices/create.ts";
import { composeText, requireSmsAccount } from "../sms/queue-sms.ts";
import { type RowReader, readRow } from "./read-row.ts";
import { faultOf, openCells, readerOf } from "./rows.ts";
import { type Batch, workInSlices } from "./slices.ts";

const ROWS_A_BATCH = 500;
const ROWS_AT_ONCE = 25;

/** The job: checks rows until all are checked, or the mapping has changed and another such job goes on. */
export async function checkImport(ctx: ServiceContext, id: ImportId): Promise<void> {
  await workInSlices(
    ctx,
    "import.check",
    id,
    (inTx) => checkBatch(inTx, id),
    (error) => {
      throw error;
    },
  );
}

async function checkBatch(ctx: TxContext, id: ImportId): ReturnType<Batch> {
  const { tx, tenant } = ctx;
  const found = await lockImport(tx, tenant, id);
  if (found === null || found.state !== "checking") return { isMore: false };
  const profile = await loadProfile(tx, tenant);
  const rows = await listImportRows(tx, tenant, id, { afterRow: found.checkedRows }, ROWS_A_BATCH);
  const { checked, summary } = await checkRows(ctx, found, profile, rows);
  await writeCheckedRows(tx, tenant, id, checked);
  const checkedRows = found.checkedRows + rows.length;
  const isLast = checkedRows >= found.totalRows;
  const valid = checked.filter(({ state }) => state === "valid").length;
  await updateImport(tx, tenant, id, {
    checkedRows,
    validRows: found.validRows + valid,
    invalidRows: found.invalidRows + checked.length - valid,
    summary: addSummaries(found.summary, summary),
    ...(isLast ? { state: "checked", repeatedRows: await markRepeatedRows(tx, tenant, id) } : {}),
  });
  return { isMore: !isLast };
}

async function checkRows(
  ctx: TxContext,
  found: Import,
  profile: MerchantProfile,
  rows: readonly ImportRow[],
): Promise<{ readonly checked: readonly CheckedRow[]; readonly summary: ImportSummary }> {
  const reader = readerOf(found, profile);
  const checked: CheckedRow[] = [];
  let summary = EMPTY_SUMMARY;
  for (const [index, row] of rows.entries()) {
    const { row: result, adds } = checkRow(ctx, profile, reader, row);
    checked.push(result);
    summary = addSummaries(summary, adds);
    if (index % ROWS_AT_ONCE === 0) await letOthersRun();
  }
  return { checked, summary };
}

function checkRow(
  ctx: TxContext,
  profile: MerchantProfile,
  reader: RowReader,
  row: ImportRow,
): { readonly row: CheckedRow; readonly adds: ImportSummary } {
  const { rowNumber } = row;
  let merchantReference: string | null = null;
  const refused = (faults: CheckedRow["faults"]) => ({
    row: { rowNumber, state: "invalid" as const, faults, merchantReference },
    adds: EMPTY_SUMMARY,
  });
  try {
    const { input, faults } = readRow(openCells(ctx.vault, row), reader);
    if (input === null) return refused(faults);
    merchantReference = input.merchantReference;
    const adds = tryInvoice(ctx, profile, input);
    return { row: { rowNumber, state: "valid", faults: [], merchantReference }, adds };
  } catch (error) {
    return refused([faultOf(ctx, row, error)]);
  }
}

/** What createInvoice checks, without writing; what it adds to the sums. */
function tryInvoice(ctx: TxContext, profile: MerchantProfile, input: CreateInvoiceInput): ImportSummary {
  const { draft: invoice } = draftInvoice(ctx, profile, input);
  const { amountMinor, currency } = input.amount;
  const sums = { [currency]: String(amountMinor) };
  if (!input.shouldSendSms) return { sums, smsMessages: 0, smsParts: 0 };
  requireSmsAccount(profile);
  const template = smsTemplateOf(profile, invoice);
  const { segments } = composeText(ctx, profile, { invoice, kind: "invoice", template });
  return { sums, smsMessages: 1, smsParts: segments };
}
