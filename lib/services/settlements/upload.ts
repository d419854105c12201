// A rail's settlement file is stored and compared with our records. Nothing is posted yet.

import { createHash } from "node:crypto";
import { findRailAccount } from "#db/queries/merchants.ts";
import {
  findFileByDigest,
  insertSettlementFile,
  insertSettlementLines,
  type NewSettlementLine,
  type SettlementFile,
} from "#db/queries/settlements/files.ts";
import { parseCsv } from "#lib/csv/parse.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { RailAccountId } from "#lib/domain/ids.ts";
import { newId, requirePermission, type ServiceContext, type TxContext, transact } from "../context.ts";
import { recordAudit } from "../record-audit.ts";
import { type Match, matchClaims } from "./match.ts";
import { type ParsedLines, parseSettlementLines, type SettlementColumns } from "./parse-lines.ts";

export interface UploadSettlementInput {
  readonly railAccountId: RailAccountId;
  /** As the person's computer calls it. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly columns: SettlementColumns;
}

export interface UploadedFile {
  readonly file: SettlementFile;
  /** True where the same file was there already: it is answered as it is. */
  readonly isKnown: boolean;
}

const BYTES_MAX = 5_000_000;
const BOUNDS = { rowsMax: 10_000, columnsMax: 100 } as const;
const NAME_MAX = 200;
/** Lines that are matched by one statement. */
const BATCH = 500;

/**
 * Reads and stores a file with what each line was matched with. The same file with the same columns for the same
 * account is stored once.
 *
 * @throws permission_denied  the caller may not match settlement files
 * @throws not_found          there is no such account at a rail
 * @throws import_file_invalid  it cannot be read
 * @throws invalid_request    it lacks a column that is needed
 */
export async function uploadSettlementFile(
  ctx: ServiceContext,
  input: UploadSettlementInput,
): Promise<UploadedFile> {
  requirePermission(ctx, "settlements.write");
  const { railAccountId, bytes, columns } = input;
  if (bytes.byteLength > BYTES_MAX) {
    throw new ServiceError("import_file_invalid", "The file is too large.", { pointer: "/file" });
  }
  const lines = parseSettlementLines(await parseCsv(bytes, BOUNDS), columns);
  const name = input.name.normalize("NFC").replaceAll("\0", "").trim().slice(0, NAME_MAX);
  const digest = createHash("sha256")
    .update(JSON.stringify(Object.entries(columns).sort()))
    .update("\0")
    .update(bytes)
    .digest();
  return await transact(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    await requireAccount(inTx, railAccountId);
    const id = newId(inTx, "settlementFile");
    const lineCount = lines.read.length + lines.refused.length;
    const uploadedBy = `${inTx.actor.kind}:${inTx.actor.id}`;
    const file = await insertSettlementFile(tx, tenant, {
      id,
      railAccountId,
      name: name === "" ? "settlement.csv" : name,
      digest,
      lineCount,
      uploadedBy,
    });
    if (file === null) {
      const known = await findFileByDigest(tx, tenant, railAccountId, digest);
      if (known === null) throw new Error("A settlement file is there and cannot be found.");
      return { file: known, isKnown: true };
    }
    await insertSettlementLines(tx, tenant, id, await compare(inTx, railAccountId, lines));
    await recordAudit(inTx, "settlement.uploaded", id, { railAccountId, name: file.name, lines: lineCount });
    return { file, isKnown: false };
  });
}

async function requireAccount({ tx, tenant }: TxContext, id: RailAccountId): Promise<void> {
  const account = await findRailAccount(tx, tenant, id);
  if (account === null || account.mode !== tenant.mode || account.kind === "sms") {
    throw new ServiceError("not_found", "There is no such account at a rail.", {
      pointer: "/rail_account_id",
    });
  }
}

async function compare(
  ctx: TxContext,
  railAccountId: RailAccountId,
  lines: ParsedLines,
): Promise<NewSettlementLine[]> {
  const days = new Map(lines.read.map(({ number, day }) => [number, day]));
  const rows: NewSettlementLine[] = lines.refused.map((line) => ({
    ...EMPTY,
    ...line,
    state: "refused",
  }));
  const taken = new Set<string>();
  for (let start = 0; start < lines.read.length; start += BATCH) {
    const batch = lines.read.slice(start, start + BATCH);
    const matches = await matchClaims(ctx, railAccountId, batch, taken, false);
    rows.push(...matches.map((match) => toRow(match, days.get(match.number) ?? null)));
  }
  return rows;
}

const EMPTY = {
  field: null,
  reference: null,
  kind: null,
  amountMinor: null,
  currency: null,
  feeMinor: null,
  day: null,
  paymentId: null,
  subjectId: null,
} as const;

function toRow({ number, claim, subject, problem }: Match, day: string | null): NewSettlementLine {
  return {
    ...EMPTY,
    ...claim,
    number,
    state: problem === null ? "matched" : "different",
    problem,
    day,
    paymentId: subject?.paymentId ?? null,
    subjectId: subject?.id ?? null,
  };
}
