// A migration and the traffic beside it.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { migrateDatabase } from "#db/migrate.ts";
import { projectRoot } from "../../scripts/stack/paths.ts";
import { until } from "../until.ts";
import { openSystem, type TestSystem } from "./system.ts";

let system: TestSystem;
let folder: string;

beforeAll(async () => {
  system = await openSystem();
  folder = mkdtempSync(join(tmpdir(), "billtext-migrations-"));
  cpSync(join(projectRoot, "db/migrations"), folder, { recursive: true });
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await system.close();
});

/** One more step than the database has. */
function addStep(sql: string): void {
  const path = join(folder, "meta/_journal.json");
  const journal = JSON.parse(readFileSync(path, "utf8"));
  const idx = journal.entries.length;
  journal.entries.push({ idx, version: "7", when: Date.now() + 86_400_000, tag: "next", breakpoints: true });
  writeFileSync(path, JSON.stringify(journal));
  writeFileSync(join(folder, "next.sql"), sql);
}

it("a migration lets the traffic go first while a table that it changes is in use, and comes through in the end", async () => {
  addStep("alter table invoices add column added_later text");
  const url = String(system.superuser.options.connectionString);
  const holder = new pg.Client({ connectionString: url });
  const reader = new pg.Client({ connectionString: url });
  await Promise.all([holder.connect(), reader.connect()]);
  await holder.query("begin; select from invoices");
  const migration = migrateDatabase({ url, passwords: null, migrationsFolder: folder });
  await until("the migration to wait for its lock", async () => {
    const { rows } = await system.superuser.query(
      "select from pg_locks where relation = 'invoices'::regclass and mode = 'AccessExclusiveLock' and not granted",
    );
    return rows.length === 1;
  });
  // It would wait for the migration, and so for the holder: three seconds are no speed, but a queue's end.
  await reader.query("set lock_timeout = '3s'");
  await reader.query("select from invoices");
  await holder.query("commit");
  await migration;
  const { rows } = await reader.query(
    "select from information_schema.columns where table_name = 'invoices' and column_name = 'added_later'",
  );
  expect(rows).toHaveLength(1);
  await Promise.all([holder.end(), reader.end()]);
});
