// The connection pool. `pg` with our own transaction helper: postgres.js and drizzle's helper were tried and
// lost work or clients when a backend died (docs/decisions).

import pg from "pg";

export interface Database {
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly url: string;
  readonly applicationName: string;
  /** Connections at most. */
  readonly connectionsMax: number;
  /** How long to wait for a free connection before giving up. */
  readonly acquireTimeoutMs: number;
  /** Told of an idle connection that broke; the pool replaces it. */
  readonly onConnectionLost: (error: Error) => void;
}

/** A statement that runs longer is ended by the server; ours gives up a little later, in case nobody answers. */
const STATEMENT_TIMEOUT_MS = 5_000;
const LOCK_TIMEOUT_MS = 4_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000;
/** Opens a pool; connects on first use. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.connectionsMax,
    connectionTimeoutMillis: options.acquireTimeoutMs,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS + 500,
  });
  pool.on("error", options.onConnectionLost);
  // A backend that dies is reported as an event too, also in the moments when a client changes hands and after
  // it was thrown away; an event that nobody listens to would end the process.
  pool.on("connect", (client) => client.on("error", () => undefined));
  return { pool, close: () => pool.end() };
}
