// Every look-up that comes before the tenant is known, in one place. Nothing here reads a tenant's rows.

import { and, eq, isNull, lt, or, type SQLWrapper, sql } from "drizzle-orm";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import type { ApiKeyId, InvoiceId, RailAccountId } from "#lib/domain/ids.ts";
import type { Scope, Tenant } from "#lib/domain/tenant.ts";
import type { Database } from "../../client.ts";
import { toServiceError } from "../../errors.ts";
import {
  apiKeyRoutes,
  invoiceDeadlines,
  linkRoutes,
  railAccountRoutes,
  smsCounters,
  testClocks,
} from "../../schema/routing.ts";
import type { Tx } from "../../transaction.ts";

const boundPools = new WeakMap<Database["pool"], NodePgDatabase>();

/** A single statement outside any transaction. */
async function ask<T>(db: Database, question: (sql: NodePgDatabase) => Promise<T>): Promise<T> {
  const bound = boundPools.get(db.pool) ?? drizzle({ client: db.pool });
  boundPools.set(db.pool, bound);
  try {
    return await question(bound);
  } catch (error) {
    throw toServiceError(error);
  }
}

export interface LinkRoute {
  readonly tenant: Tenant;
  readonly invoiceId: InvoiceId;
}

/** The invoice a link leads to, by the SHA-256 of its token. */
export async function findLinkRoute(db: Database, tokenHash: Uint8Array): Promise<LinkRoute | null> {
  const [row] = await ask(db, (q) => q.select().from(linkRoutes).where(eq(linkRoutes.tokenHash, tokenHash)));
  if (row === undefined) return null;
  return { tenant: { merchantId: row.merchantId, mode: row.mode }, invoiceId: row.invoiceId };
}

export interface ApiKeyRoute {
  readonly tenant: Tenant;
  readonly apiKeyId: ApiKeyId;
  readonly scopes: readonly Scope[];
}

/**
 * The owner of a key that can be used from `clientAddress`, by the SHA-256 of the key; notes its use, to the
 * minute. A key that is bound to networks is of no use where the address is not known (null).
 */
export async function findApiKeyRoute(
  db: Database,
  keyHash: Uint8Array,
  clientAddress: string | null,
): Promise<ApiKeyRoute | null> {
  const [row] = await ask(db, (q) =>
    q
      .select({
        merchantId: apiKeyRoutes.merchantId,
        mode: apiKeyRoutes.mode,
        apiKeyId: apiKeyRoutes.apiKeyId,
        scopes: apiKeyRoutes.scopes,
        isUsable: sql<boolean>`${apiKeyRoutes.revokedAt} is null and coalesce(${apiKeyRoutes.expiresAt} > now(), true)`,
        isAtHome: sql<boolean>`${apiKeyRoutes.allowedNetworks} is null or coalesce(${clientAddress}::inet <<= any(${apiKeyRoutes.allowedNetworks}::inet[]), false)`,
        isFresh: sql<boolean>`coalesce(${apiKeyRoutes.lastUsedAt} > now() - interval '1 minute', false)`,
      })
      .from(apiKeyRoutes)
      .where(eq(apiKeyRoutes.keyHash, keyHash)),
  );
  if (row === undefined || !row.isUsable || !row.isAtHome) return null;
  if (!row.isFresh) {
    await ask(db, (q) =>
      q
        .update(apiKeyRoutes)
        .set({ lastUsedAt: sql`now()` })
        .where(
          and(
            eq(apiKeyRoutes.keyHash, keyHash),
            or(
              isNull(apiKeyRoutes.lastUsedAt),
              lt(apiKeyRoutes.lastUsedAt, sql`now() - interval '1 minute'`),
            ),
          ),
        ),
    );
  }
  return {
    tenant: { merchantId: row.merchantId, mode: row.mode },
    apiKeyId: row.apiKeyId,
    scopes: row.scopes,
  };
}

/** Whose account a notification names in its address. */
export async function findRailAccountRoute(db: Database, id: RailAccountId): Promise<Tenant | null> {
  const [row] = await ask(db, (q) =>
    q.select().from(railAccountRoutes).where(eq(railAccountRoutes.railAccountId, id)),
  );
  return row === undefined ? null : { merchantId: row.merchantId, mode: row.mode };
}

/** The database's time (UTC). */
export async function readClock(db: Database): Promise<Date> {
  const [row] = await ask(db, async (q) => (await q.execute<{ now: Date }>(sql`select now() as now`)).rows);
  if (row === undefined) throw new Error("The database did not tell its time.");
  return new Date(row.now);
}

export interface DueInvoice {
  readonly tenant: Tenant;
  readonly invoiceId: InvoiceId;
}

/**
 * Takes deadlines that have passed, by each tenant's clock; each is taken by one sweeper only. Runs in the sweeper's
 * transaction, which is of no tenant and lives in real time.
 */
export async function takeDueDeadlines(tx: Tx, limit: number): Promise<DueInvoice[]> {
  // No clock is behind: what has passed in real time has passed for everybody.
  const inRealTime = tx.sql
    .select(DEADLINE)
    .from(invoiceDeadlines)
    .where(lt(invoiceDeadlines.dueAt, tx.now))
    .orderBy(invoiceDeadlines.dueAt)
    .limit(limit)
    .for("update", { skipLocked: true });
  const taken = await takeDeadlines(tx, inRealTime);
  const byClock = tx.sql
    .select(DEADLINE)
    .from(invoiceDeadlines)
    .innerJoin(testClocks, eq(testClocks.merchantId, invoiceDeadlines.merchantId))
    .where(
      and(
        eq(invoiceDeadlines.mode, "test"),
        sql`${invoiceDeadlines.dueAt} < ${tx.now.toISOString()}::timestamptz + ${testClocks.offsetMs} * interval '1 millisecond'`,
      ),
    )
    .limit(Math.max(0, limit - taken.length))
    .for("update", { of: invoiceDeadlines, skipLocked: true });
  return [...taken, ...(await takeDeadlines(tx, byClock))];
}

const DEADLINE = { merchantId: invoiceDeadlines.merchantId, invoiceId: invoiceDeadlines.invoiceId };

/** The rows are chosen and locked once, before any is deleted. */
async function takeDeadlines(tx: Tx, chosen: SQLWrapper): Promise<DueInvoice[]> {
  const due = tx.sql.$with("due", DEADLINE).as(sql`${chosen}`);
  const rows = await tx.sql
    .with(due)
    .delete(invoiceDeadlines)
    .where(sql`(${invoiceDeadlines.merchantId}, ${invoiceDeadlines.invoiceId}) in (select * from ${due})`)
    .returning();
  return rows.map((row) => ({
    tenant: { merchantId: row.merchantId, mode: row.mode },
    invoiceId: row.invoiceId,
  }));
}

/**
 * Counts one message to a number on a day (UTC), within `cap`; false, and nothing counted, where the cap is
 * reached. Exact under concurrency: the row is locked by the counting statement.
 */
export async function countSms(
  tx: Tx,
  input: {
    readonly phoneHash: Uint8Array;
    readonly day: string;
    readonly scope: string;
    readonly cap: number;
  },
): Promise<boolean> {
  const { cap, ...key } = input;
  if (cap < 1) return false;
  const counted = await tx.sql
    .insert(smsCounters)
    .values({ ...key, count: 1 })
    .onConflictDoUpdate({
      target: [smsCounters.phoneHash, smsCounters.day, smsCounters.scope],
      set: { count: sql`${smsCounters.count} + 1` },
      setWhere: lt(smsCounters.count, cap),
    })
    .returning({ count: smsCounters.count });
  return counted.length > 0;
}

/** Forgets counters of days that are over. */
export async function purgeSmsCounters(tx: Tx, beforeDay: string): Promise<void> {
  await tx.sql.delete(smsCounters).where(lt(smsCounters.day, beforeDay));
}

/** Every merchant and mode that has a key, for chores that must visit each. */
export async function listTenants(db: Database): Promise<Tenant[]> {
  return await ask(db, (q) =>
    q.selectDistinct({ merchantId: apiKeyRoutes.merchantId, mode: apiKeyRoutes.mode }).from(apiKeyRoutes),
  );
}
