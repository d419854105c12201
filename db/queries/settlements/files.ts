// Settlement files and their lines.

import { and, asc, desc, eq, gt, inArray, ne, sql } from "drizzle-orm";
import type { RailAccountId, SettlementFileId } from "#lib/domain/ids.ts";
import type { SettlementLineState } from "#lib/domain/settlement.ts";
import type { Tenant } from "#lib/domain/tenant.ts";
import { settlementFiles, settlementLines } from "../../schema/settlements.ts";
import type { Tx } from "../../transaction.ts";
import { comesAfter } from "../newest-first.ts";

export type SettlementFile = typeof settlementFiles.$inferSelect;
export type SettlementLine = typeof settlementLines.$inferSelect;
export type NewSettlementLine = Omit<
  SettlementLine,
  "merchantId" | "mode" | "fileId" | "settledMinor" | "settledAt"
>;

/** Inserts the file, unless the same is there already for the account: null then. */
export async function insertSettlementFile(
  tx: Tx,
  tenant: Tenant,
  input: Pick<SettlementFile, "id" | "railAccountId" | "name" | "digest" | "lineCount" | "uploadedBy">,
): Promise<SettlementFile | null> {
  const [row] = await tx.sql
    .insert(settlementFiles)
    .values({ ...tenant, ...input, createdAt: tx.now })
    .onConflictDoNothing()
    .returning();
  return row ?? null;
}

const CHUNK = 1_000;

export async function insertSettlementLines(
  tx: Tx,
  tenant: Tenant,
  fileId: SettlementFileId,
  lines: readonly NewSettlementLine[],
): Promise<void> {
  for (let start = 0; start < lines.length; start += CHUNK) {
    const chunk = lines.slice(start, start + CHUNK);
    await tx.sql.insert(settlementLines).values(chunk.map((line) => ({ ...tenant, fileId, ...line })));
  }
}

export async function findSettlementFile(
  tx: Tx,
  tenant: Tenant,
  id: SettlementFileId,
): Promise<SettlementFile | null> {
  const [row] = await tx.sql.select().from(settlementFiles).where(byId(tenant, id));
  return row ?? null;
}

/** Reads and locks: one confirmation of a file runs at a time. */
export async function lockSettlementFile(
  tx: Tx,
  tenant: Tenant,
  id: SettlementFileId,
): Promise<SettlementFile | null> {
  const [row] = await tx.sql.select().from(settlementFiles).where(byId(tenant, id)).for("update");
  return row ?? null;
}

export async function findFileByDigest(
  tx: Tx,
  tenant: Tenant,
  railAccountId: RailAccountId,
  digest: Uint8Array,
): Promise<SettlementFile | null> {
  const [row] = await tx.sql
    .select()
    .from(settlementFiles)
    .where(
      and(
        eq(settlementFiles.merchantId, tenant.merchantId),
        eq(settlementFiles.mode, tenant.mode),
        eq(settlementFiles.railAccountId, railAccountId),
        eq(settlementFiles.digest, digest),
      ),
    );
  return row ?? null;
}

export async function markConfirmed(
  tx: Tx,
  tenant: Tenant,
  id: SettlementFileId,
  confirmedBy: string,
): Promise<void> {
  await tx.sql.update(settlementFiles).set({ confirmedBy, confirmedAt: tx.now }).where(byId(tenant, id));
}

/** One page, newest first. */
export async function listFileRows(
  tx: Tx,
  tenant: Tenant,
  after: { readonly createdAt: Date; readonly id: string } | null,
  limit: number,
): Promise<SettlementFile[]> {
  return await tx.sql
    .select()
    .from(settlementFiles)
    .where(
      and(
        eq(settlementFiles.merchantId, tenant.merchantId),
        eq(settlementFiles.mode, tenant.mode),
        comesAfter(settlementFiles.createdAt, settlementFiles.id, after ?? undefined),
      ),
    )
    .orderBy(desc(settlementFiles.createdAt), desc(settlementFiles.id))
    .limit(limit);
}

/** Lines after a number, in the order of the file. */
export async function listLineRows(
  tx: Tx,
  tenant: Tenant,
  fileId: SettlementFileId,
  filter: { readonly states?: readonly SettlementLineState[]; readonly afterNumber: number },
  limit: number,
): Promise<SettlementLine[]> {
  return await tx.sql
    .select()
    .from(settlementLines)
    .where(
      and(
        ofFile(tenant, fileId),
        gt(settlementLines.number, filter.afterNumber),
        filter.states === undefined ? undefined : inArray(settlementLines.state, [...filter.states]),
      ),
    )
    .orderBy(asc(settlementLines.number))
    .limit(limit);
}

export type LineSum = Pick<SettlementLine, "state" | "problem" | "kind" | "currency"> & {
  readonly count: number;
  readonly amountMinor: bigint;
  readonly feeMinor: bigint;
  readonly settledMinor: bigint;
};

/** All lines of a file together, by what became of them. */
export async function sumLines(tx: Tx, tenant: Tenant, fileId: SettlementFileId): Promise<LineSum[]> {
  const { state, problem, kind, currency } = settlementLines;
  const sum = (column: typeof settlementLines.amountMinor | typeof settlementLines.settledMinor) =>
    sql<bigint>`coalesce(sum(${column}), 0)`.mapWith(BigInt);
  return await tx.sql
    .select({
      state,
      problem,
      kind,
      currency,
      count: sql<number>`count(*)`.mapWith(Number),
      amountMinor: sum(settlementLines.amountMinor),
      feeMinor: sql<bigint>`coalesce(sum(${settlementLines.feeMinor}), 0)`.mapWith(BigInt),
      settledMinor: sum(settlementLines.settledMinor),
    })
    .from(settlementLines)
    .where(ofFile(tenant, fileId))
    .groupBy(state, problem, kind, currency)
    .orderBy(state, problem, kind, currency);
}

/** Writes what a line was matched with, or why not. A settled one stays as it is. */
export async function updateLine(
  tx: Tx,
  tenant: Tenant,
  fileId: SettlementFileId,
  number: number,
  changes: Partial<
    Pick<SettlementLine, "state" | "problem" | "paymentId" | "subjectId" | "settledMinor" | "settledAt">
  >,
): Promise<void> {
  await tx.sql
    .update(settlementLines)
    .set(changes)
    .where(
      and(ofFile(tenant, fileId), eq(settlementLines.number, number), ne(settlementLines.state, "settled")),
    );
}

function byId(tenant: Tenant, id: SettlementFileId) {
  return and(eq(settlementFiles.merchantId, tenant.merchantId), eq(settlementFiles.id, id));
}

function ofFile(tenant: Tenant, fileId: SettlementFileId) {
  return and(eq(settlementLines.merchantId, tenant.merchantId), eq(settlementLines.fileId, fileId));
}
