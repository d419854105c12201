// Steps of tests about imports.

import { randomBytes } from "node:crypto";
import type { Import } from "#db/queries/imports.ts";
import type { ImportId } from "#lib/domain/ids.ts";
import type { ImportMapping } from "#lib/domain/import.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { checkImport } from "#lib/services/imports/check.ts";
import { createImport } from "#lib/services/imports/create.ts";
import { getImport, readImportRows } from "#lib/services/imports/get.ts";
import { openImportResult } from "#lib/services/imports/result.ts";
import { runImport } from "#lib/services/imports/run.ts";
import { startImport } from "#lib/services/imports/start.ts";
import { freshPhone } from "./helpers.ts";
import type { TestMerchant, TestSystem } from "./system.ts";

export const HEADER = "phone;amount;description;reference;due;expires;language;metadata.class";
export const MAPPING: ImportMapping = {
  columns: {
    phone: 0,
    amount: 1,
    description: 2,
    merchant_reference: 3,
    due_at: 4,
    expires_at: 5,
    locale: 6,
  },
  metadata: { class: 7 },
  amountNotation: "comma",
  currency: "NOK",
  shouldSendSms: false,
};
export const SENDING = { ...MAPPING, shouldSendSms: true };

/** A file that no other test has uploaded, with rows that are good where nothing else is said. */
export function fileOf(rows: readonly string[]): Uint8Array {
  return Buffer.from(`${HEADER};unique ${randomBytes(8).toString("hex")}\n${rows.join("\n")}\n`);
}
export const goodRow = (phone = freshPhone()) =>
  `${phone};249,00;Swimming gala;${randomBytes(6).toString("hex")};;;;`;
export const goodRows = (count: number) => Array.from({ length: count }, () => goodRow());

export const upload = (
  ctx: ServiceContext,
  bytes: Uint8Array,
  mapping: ImportMapping | null = MAPPING,
  again = false,
) => createImport(ctx, { fileName: "list.csv", bytes, mapping, currency: null, again });

/** Uploads and checks; the jobs are run here. */
export async function checked(merchant: TestMerchant, bytes: Uint8Array, mapping = MAPPING): Promise<Import> {
  const { import: made } = await upload(merchant.ctx, bytes, mapping);
  await checkImport(merchant.system, made.id);
  return await read(merchant, made.id);
}

export async function read({ ctx }: TestMerchant, id: ImportId): Promise<Import> {
  return (await getImport(ctx, id)).import;
}

export async function started(merchant: TestMerchant, bytes: Uint8Array, mapping = MAPPING): Promise<Import> {
  const { id, version } = await checked(merchant, bytes, mapping);
  return await startImport(merchant.ctx, id, version);
}

export async function resultOf({ ctx }: TestMerchant, id: ImportId): Promise<string[]> {
  const { chunks } = await openImportResult(ctx, id);
  let text = "";
  for await (const chunk of chunks) text += chunk;
  return text.split("\r\n").slice(0, -1);
}

export const allRows = (merchant: TestMerchant, id: ImportId) =>
  readImportRows(merchant.ctx, id, { afterRow: 0, limit: 500 });

export async function countInvoices(
  system: TestSystem,
  merchant: TestMerchant,
  table = "invoices",
): Promise<number> {
  const { rows } = await system.superuser.query(
    `select count(*)::int as n from ${table} where merchant_id = $1`,
    [merchant.merchantId],
  );
  return rows[0].n;
}

/** Runs jobs until all is done, as workers would that claim what is handed over. */
export async function runToEnd(merchant: TestMerchant, id: ImportId): Promise<void> {
  while ((await read(merchant, id)).state === "running") await runImport(merchant.system, id);
}
