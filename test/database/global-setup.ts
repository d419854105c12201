// One PostgreSQL and one sandbox for all database tests; every test file gets its own copy of a migrated
// database.

import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { migrateDatabase } from "#db/migrate.ts";
import { projectRoot } from "../../scripts/stack/paths.ts";
import { freePort } from "../../scripts/stack/ports.ts";
import { startEmbeddedPostgres } from "../../scripts/stack/postgres.ts";
import { ensureDatabase } from "../../scripts/stack/stack.ts";

export interface TestServers {
  readonly superuserUrl: string;
  readonly template: string;
  readonly webUrl: string;
  readonly workerUrl: string;
  readonly auditUrl: string;
  readonly sandboxUrl: string;
  /** Where the sandbox takes mail. */
  readonly smtpUrl: string;
}

declare module "vitest" {
  export interface ProvidedContext {
    servers: TestServers;
  }
}

const TEMPLATE = "billtext_template";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = mkdtempSync(join(tmpdir(), "billtext-test-"));
  chmodSync(dir, 0o755);
  mkdirSync(join(dir, "postgres"));
  const postgres = await startEmbeddedPostgres({
    dir: join(dir, "postgres"),
    port: await freePort(),
    password: randomBytes(12).toString("hex"),
    // Durability is for the fault tests; here a crash loses nothing that anyone wants.
    settings: { fsync: "off", synchronous_commit: "off", full_page_writes: "off" },
  });
  const sandboxPort = await freePort();
  const sandboxUrl = `http://127.0.0.1:${sandboxPort}`;
  const smtpPort = await freePort();
  const sandbox = await startSandbox(sandboxPort, sandboxUrl, smtpPort);
  const ownerUrl = await ensureDatabase(postgres, TEMPLATE);
  const urls = await migrateDatabase({
    url: ownerUrl,
    passwords: {
      web: randomBytes(12).toString("hex"),
      worker: randomBytes(12).toString("hex"),
      audit: randomBytes(12).toString("hex"),
    },
  });
  await forbidConnections(postgres.url);
  project.provide("servers", {
    superuserUrl: postgres.url,
    template: TEMPLATE,
    webUrl: urls.web,
    workerUrl: urls.worker,
    auditUrl: urls.audit,
    sandboxUrl,
    smtpUrl: `smtp://127.0.0.1:${smtpPort}`,
  });
  return async () => {
    sandbox.kill("SIGTERM");
    await postgres.crash();
    rmSync(dir, { recursive: true, force: true });
  };
}

/** A template can be copied only while nobody is connected to it. */
async function forbidConnections(superuserUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  await client.query(`alter database ${TEMPLATE} with allow_connections false is_template true`);
  await client.end();
}

async function startSandbox(port: number, publicUrl: string, smtpPort: number): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", join(projectRoot, "sandbox/main.ts")],
    {
      env: {
        PATH: process.env.PATH,
        NODE_ENV: "test",
        SANDBOX_PORT: String(port),
        SANDBOX_PUBLIC_URL: publicUrl,
        SANDBOX_SMTP_PORT: String(smtpPort),
      },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    },
  );
  await new Promise<void>((resolve, reject) => {
    child.once("message", () => resolve());
    child.once("exit", () => reject(new Error("The sandbox did not start.")));
  });
  return child;
}
