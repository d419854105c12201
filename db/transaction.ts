// The only way into the database. Every transaction names its tenant first, so that row-level security lets
// nothing else through; a broken connection is thrown away, never handed back.

import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import pg, { type PoolClient } from "pg";
import { ServiceError } from "#lib/domain/errors.ts";
import type { MerchantId } from "#lib/domain/ids.ts";
import type { Mode, Tenant } from "#lib/domain/tenant.ts";
import type { Database } from "./client.ts";
import { isRetryable, isUnavailable, toServiceError } from "./errors.ts";

export interface Tx {
  readonly sql: NodePgDatabase;
  readonly client: PoolClient;
  /**
   * The tenant's time at the start of the transaction (UTC): the database's, and in test mode as far ahead as the
   * merchant has moved its clock. Decisions about time use it.
   */
  readonly now: Date;
  /** How far the tenant's clock is ahead of the database's, in milliseconds; 0 in live mode and without a tenant. */
  readonly clockOffsetMs: number;
}

/** The database's own time (UTC), for what others judge by their clocks. */
export function realNow(tx: Tx): Date {
  return new Date(tx.now.getTime() - tx.clockOffsetMs);
}

const TRIES_MAX = 5;
const MERCHANT_ID = /^mer_[0-9A-Za-z]{22}$/;

// One for the process, however often a bundler loads this module.
const shared = globalThis as typeof globalThis & { billtextInsideTransaction?: AsyncLocalStorage<true> };
shared.billtextInsideTransaction ??= new AsyncLocalStorage<true>();
const insideTransaction = shared.billtextInsideTransaction;
const boundClients = new WeakMap<PoolClient, NodePgDatabase>();

/** True while a transaction is open in this call chain. Calls to the network refuse to run then. */
export function isInTransaction(): boolean {
  return insideTransaction.getStore() === true;
}

/**
 * Runs `work` in one transaction that sees and writes this tenant's rows only. Deadlocks and serialization
 * failures are run again, at most five times, so `work` must do nothing but database work.
 *
 * @throws service_unavailable  no connection, the database went away, or it is not known whether the commit
 *                              was durable: repeat the call with the same idempotency key to find out
 */
export function inTenant<T>(db: Database, tenant: Tenant, work: (tx: Tx) => Promise<T>): Promise<T> {
  return run(db, `begin; ${tenantOpening(tenant)}`, work);
}

/**
 * The same for work that only reads: everything as it was at one moment, so that an invoice and its payments never
 * contradict each other.
 *
 * @throws service_unavailable  no connection, or the database went away
 */
export function inTenantSnapshot<T>(db: Database, tenant: Tenant, work: (tx: Tx) => Promise<T>): Promise<T> {
  return run(db, `begin isolation level repeatable read read only; ${tenantOpening(tenant)}`, work);
}

function tenantOpening({ merchantId, mode }: Tenant): string {
  if (mode === "test") return testOpening(merchantId, "pg_advisory_xact_lock_shared");
  return `select set_config('app.merchant_id', '${checked(merchantId)}', true), set_config('app.mode', 'live', true), now() as now`;
}

/**
 * The same in test mode, alone: no other transaction of this merchant's test mode runs beside it. For moving its
 * clock, so that nothing is ever planned by the time that was before and kept after. It is tried again for a second
 * and a half, holding no connection between: whoever queued for the lock would hold up all that comes after.
 *
 * @throws clock_busy  there was something else all the while
 */
export async function aloneInTestMode<T>(
  db: Database,
  merchantId: MerchantId,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const givesUpAt = performance.now() + ALONE_PATIENCE_MS;
  for (;;) {
    try {
      return await run(db, `begin; ${testOpening(merchantId, "pg_try_advisory_xact_lock")}`, work);
    } catch (error) {
      if (!(error instanceof NotAloneError)) throw error;
      if (performance.now() > givesUpAt) {
        throw new ServiceError("clock_busy", "Other requests of your test mode are running: ask again.", {
          retryAfterSeconds: 1,
        });
      }
      await sleep(10 + 30 * Math.random());
    }
  }
}

const ALONE_PATIENCE_MS = 1_500;

class NotAloneError extends Error {}

/** The lock comes first, in a statement of its own, so that the clock is read as its last mover left it. */
function testOpening(
  merchantId: MerchantId,
  lock: "pg_try_advisory_xact_lock" | "pg_advisory_xact_lock_shared",
): string {
  const id = checked(merchantId);
  return `select ${lock}(hashtextextended('test_clock:${id}', 0)) as lock;
    select set_config('app.merchant_id', '${id}', true), set_config('app.mode', 'test', true), now() as now,
      set_config('app.clock_offset_ms', coalesce(max(offset_ms), 0)::text, true) as offset
    from test_clocks where merchant_id = '${id}'`;
}

function checked(merchantId: MerchantId): MerchantId {
  if (!MERCHANT_ID.test(merchantId)) throw new Error("A tenant was made without a parser.");
  return merchantId;
}

/** Runs `work` in one transaction without a tenant: only the routing tables are visible. */
export function withoutTenant<T>(db: Database, work: (tx: Tx) => Promise<T>): Promise<T> {
  return run(db, "begin; select now() as now", work);
}

/** Goes on in the other mode of the same merchant, for the few acts that concern both; `tx.now` stays. */
export async function actInMode(tx: Tx, mode: Mode): Promise<void> {
  const offset = mode === "test" ? tx.clockOffsetMs : 0;
  await tx.client.query(
    "select set_config('app.mode', $1, true), set_config('app.clock_offset_ms', $2, true)",
    [mode, String(offset)],
  );
}

async function run<T>(db: Database, opening: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await runOnce(db, opening, work);
    } catch (error) {
      if (attempt < TRIES_MAX && isRetryable(error)) {
        await sleep(2 ** attempt * 5 * (1 + Math.random()));
        continue;
      }
      throw toServiceError(error);
    }
  }
}

async function runOnce<T>(db: Database, opening: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await db.pool.connect();
  let isBroken = false;
  const onError = () => {
    isBroken = true;
  };
  client.on("error", onError);
  const giveBack = () => {
    client.off("error", onError);
    client.release(isBroken);
  };
  try {
    const tx = await begin(client, opening);
    const result = await insideTransaction.run(true, () => work(tx));
    await commit(client).catch((cause: unknown) => {
      // What the server itself refuses at commit was surely not saved, and is a defect to be seen.
      if (isRefusedByServer(cause)) throw cause;
      isBroken = true;
      throw new ServiceError(
        "service_unavailable",
        "It is not known yet whether this was saved. Repeat it.",
        {
          retryAfterSeconds: 2,
          cause,
        },
      );
    });
    return result;
  } catch (error) {
    if (!isBroken) {
      await client.query("rollback").catch(() => {
        isBroken = true;
      });
    }
    throw error;
  } finally {
    giveBack();
  }
}

function isRefusedByServer(cause: unknown): boolean {
  const isAnswer = cause instanceof pg.DatabaseError || cause instanceof RolledBackError;
  return isAnswer && !isUnavailable(cause);
}

class RolledBackError extends Error {}

/** The server answers a commit of an aborted transaction without an error, by rolling it back. */
async function commit(client: PoolClient): Promise<void> {
  const { command } = await client.query("commit");
  if (command !== "COMMIT") throw new RolledBackError(`The transaction ended by ${command}.`);
}

async function begin(client: PoolClient, opening: string): Promise<Tx> {
  // Several statements in one message: one round trip. pg answers such a message with a list of results.
  const results = (await client.query(opening)) as unknown as {
    rows: { now: Date; offset?: string; lock?: unknown }[];
  }[];
  if (results.some(({ rows }) => rows[0]?.lock === false)) throw new NotAloneError();
  const row = results.at(-1)?.rows[0];
  if (row?.now === undefined) throw new Error("The database did not tell its time.");
  const clockOffsetMs = Number(row.offset ?? 0);
  return { sql: boundTo(client), client, now: new Date(row.now.getTime() + clockOffsetMs), clockOffsetMs };
}

function boundTo(client: PoolClient): NodePgDatabase {
  const known = boundClients.get(client);
  if (known !== undefined) return known;
  const bound = drizzle({ client });
  boundClients.set(client, bound);
  return bound;
}
