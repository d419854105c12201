// Brings a database up to date: schema, guards, queue, and the logins of the processes. Safe to run again,
// and safe twice at once. Runs as the database's owner; nothing else does.

import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
import { isLockTimeout } from "./errors.ts";
import { continueEventOrder } from "./event-order.ts";
import { installQueue } from "./queue.ts";

export interface MigrateOptions {
  /** The owner's address. */
  readonly url: string;
  /** Passwords for the logins to create, or null where an operator made the logins. */
  readonly passwords: { readonly web: string; readonly worker: string; readonly audit: string } | null;
  /** The folder of migrations; the one beside this file unless told. */
  readonly migrationsFolder?: string;
}

export interface RuntimeUrls {
  readonly web: string;
  readonly worker: string;
  /** For the auditor, which only reads. */
  readonly audit: string;
}

const LOCK_KEY = 7_203_114;

/** Whoever waits for a table's lock holds up all who come after: for a second, then they go first. */
const LOCK_TIMEOUT_MS = 1_000;
const LOCK_TRIES_MAX = 60;
const LOCK_PAUSE_MS = 1_000;

/** Each try is one transaction that leaves nothing behind, or repeats what is there already. */
async function untilLocked(work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await work();
      return;
    } catch (error) {
      if (!isLockTimeout(error) || tries === LOCK_TRIES_MAX) throw error;
      await sleep(LOCK_PAUSE_MS);
    }
  }
}

/**
 * Migrates and returns the addresses that web and worker connect with: members of roles that own nothing and
 * bypass nothing. Without passwords it returns the owner's address for all, for the operator to replace.
 */
export async function migrateDatabase(options: MigrateOptions): Promise<RuntimeUrls> {
  const client = new pg.Client({ connectionString: options.url, application_name: "billtext-migrate" });
  // A connection that breaks also rejects the query in flight; without a listener it would end the process.
  client.on("error", () => undefined);
  await client.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [LOCK_KEY]);
    await client.query(`set lock_timeout = '${LOCK_TIMEOUT_MS}ms'`);
    const migrationsFolder =
      options.migrationsFolder ?? fileURLToPath(new URL("./migrations", import.meta.url));
    await untilLocked(async () => {
      await migrate(drizzle({ client }), { migrationsFolder });
      await continueEventOrder(client);
      await installQueue(client);
      await grantQueue(client);
    });
    if (options.passwords === null) return { web: options.url, worker: options.url, audit: options.url };
    return {
      web: await createLogin(client, options.url, "web", options.passwords.web),
      worker: await createLogin(client, options.url, "worker", options.passwords.worker),
      audit: await createLogin(client, options.url, "audit", options.passwords.audit),
    };
  } finally {
    await client.end();
  }
}

async function grantQueue(client: pg.Client): Promise<void> {
  await client.query(`
    grant usage on schema pgboss to billtext_web, billtext_worker;
    grant select on all tables in schema pgboss to billtext_web, billtext_worker;
    grant insert on pgboss.job, pgboss.job_common to billtext_web;
    grant insert, update, delete on all tables in schema pgboss to billtext_worker;
    grant execute on all functions in schema pgboss to billtext_worker;
  `);
}

async function createLogin(
  client: pg.Client,
  ownerUrl: string,
  role: keyof RuntimeUrls,
  password: string,
): Promise<string> {
  const database = await client.query<{ name: string }>("select current_database() as name");
  const login = loginName(database.rows[0]?.name ?? "billtext", role);
  const quoted = pg.escapeIdentifier(login);
  const exists = await client.query("select from pg_roles where rolname = $1", [login]);
  if (exists.rowCount === 0) await client.query(`create role ${quoted} login`);
  await client.query(`alter role ${quoted} with login password ${pg.escapeLiteral(password)}`);
  await client.query(`grant billtext_${role} to ${quoted}`);
  return loginUrl(ownerUrl, login, password);
}

function loginName(database: string, role: keyof RuntimeUrls): string {
  return `${database}_${role}_login`;
}

/** The address of a login that a migration has made, without asking the database. */
export function urlOfLogin(ownerUrl: string, role: keyof RuntimeUrls, password: string): string {
  const database = decodeURIComponent(new URL(ownerUrl).pathname.slice(1));
  return loginUrl(ownerUrl, loginName(database, role), password);
}

function loginUrl(ownerUrl: string, login: string, password: string): string {
  const url = new URL(ownerUrl);
  url.username = encodeURIComponent(login);
  url.password = encodeURIComponent(password);
  return url.href;
}
