// The sandbox's memory: one SQLite file, or nothing on disk when no folder is given.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";

/** Every table holds JSON bodies in the order they were made. */
const tables = [
  "accounts",
  "stripe_sessions",
  "stripe_payment_intents",
  "stripe_charges",
  "stripe_refunds",
  "stripe_disputes",
  "stripe_balance_transactions",
  "stripe_events",
  "stripe_idempotency",
  "mails",
  "messages",
  "carrier_tokens",
  "carrier_payments",
  "carrier_refunds",
  "carrier_events",
  "prompts",
  "requests",
];

/** Fields that requests look entries up by. */
const indexes = [
  ["stripe_sessions", "account"],
  ["stripe_sessions", "body->>'$.wire.payment_intent'"],
  ["stripe_events", "account"],
  ["messages", "account"],
  ["messages", "body->>'$.to'"],
  ["carrier_payments", "account"],
  ["carrier_payments", "body->>'$.clientCorrelator'"],
  ["carrier_payments", "body->>'$.referenceCode'"],
  ["carrier_payments", "body->>'$.phone'"],
  ["prompts", "body->>'$.phone'"],
  ["stripe_refunds", "account"],
  ["stripe_refunds", "body->>'$.wire.charge'"],
  ["stripe_balance_transactions", "account"],
  ["stripe_disputes", "account"],
  ["stripe_disputes", "body->>'$.wire.charge'"],
  ["carrier_refunds", "account"],
  ["carrier_refunds", "body->>'$.paymentId'"],
];

const jobsTable = `
create table if not exists jobs (
  id integer primary key autoincrement, kind text not null, subject text not null,
  due_at integer not null, attempt integer not null, payload text not null
);
create index if not exists jobs_due on jobs (due_at, id);
create index if not exists jobs_subject on jobs (subject);`;

function schema(): string {
  const columns =
    "seq integer primary key, id text unique not null, account text not null, body text not null";
  const statements = tables.map((table) => `create table if not exists ${table} (${columns});`);
  for (const [index, [table, expression]] of indexes.entries()) {
    statements.push(`create index if not exists ${table}_${index} on ${table} (${expression});`);
  }
  return statements.join("\n") + jobsTable;
}

export type Database = {
  /** Prepares a statement once and hands out the same one afterwards. */
  prepare: (sql: string) => StatementSync;
  /** Runs `work` so that all of it is kept or none of it. Nested calls join the outer one. */
  transaction: <T>(work: () => T) => T;
  close: () => void;
};

/**
 * Opens the database. What was acknowledged before a SIGKILL is there afterwards: with the write-ahead
 * log every finished statement has reached the operating system.
 */
export function openDatabase(folder: string | undefined): Database {
  if (folder) {
    mkdirSync(folder, { recursive: true });
  }
  const connection = new DatabaseSync(folder ? join(folder, "sandbox.sqlite") : ":memory:");
  connection.exec("pragma journal_mode = wal; pragma synchronous = normal; pragma busy_timeout = 5000;");
  connection.exec(schema());
  const statements = new Map<string, StatementSync>();
  let depth = 0;
  return {
    prepare(sql) {
      const known = statements.get(sql);
      if (known) {
        return known;
      }
      const statement = connection.prepare(sql);
      statements.set(sql, statement);
      return statement;
    },
    transaction(work) {
      if (depth > 0) {
        return work();
      }
      depth += 1;
      connection.exec("begin immediate");
      try {
        const result = work();
        connection.exec("commit");
        return result;
      } catch (error) {
        connection.exec("rollback");
        throw error;
      } finally {
        depth -= 1;
      }
    },
    close: () => connection.close(),
  };
}
