// The launcher's own settings, from the environment and `.env`.

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { projectRoot } from "./paths.ts";
import { Sentence } from "./sentence.ts";

const port = z.coerce.number().int().min(1).max(65_535);

const SCHEMA = z.object({
  BILLTEXT_ENV: z.enum(["development", "live"]).default("development"),
  BILLTEXT_DATA_DIR: z.string().default(join(projectRoot, ".billtext")),
  BILLTEXT_ORIGIN: z.string().optional(),
  BILLTEXT_MASTER_KEYS: z.string().optional(),
  DATABASE_URL: z.string().optional(),
  HOST: z.string().default("127.0.0.1"),
  PORT: port.default(3000),
  SANDBOX_PORT: port.default(4000),
  PG_PORT: port.default(54_320),
});

export interface Settings {
  readonly isLive: boolean;
  readonly dataDir: string;
  readonly origin: string;
  readonly masterKeys: string | null;
  readonly databaseUrl: string | null;
  readonly host: string;
  readonly port: number;
  readonly sandboxPort: number;
  readonly pgPort: number;
}

/** Loads `.env` where there is one; what the environment has already wins. */
export function loadEnvFile(): void {
  const path = join(projectRoot, ".env");
  if (existsSync(path)) process.loadEnvFile(path);
}

/**
 * @throws Sentence  naming the setting that is wrong
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = SCHEMA.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Sentence(`The setting ${issue?.path.join(".")} is wrong: ${issue?.message}.`);
  }
  const env = parsed.data;
  const isLive = env.BILLTEXT_ENV === "live";
  if (isLive && env.DATABASE_URL === undefined) {
    throw new Sentence("A live installation needs a PostgreSQL of its own: set DATABASE_URL.");
  }
  if (isLive && env.BILLTEXT_ORIGIN === undefined) {
    throw new Sentence("A live installation needs its public address: set BILLTEXT_ORIGIN.");
  }
  if (isLive && env.BILLTEXT_MASTER_KEYS === undefined) {
    throw new Sentence("A live installation needs its own keys: set BILLTEXT_MASTER_KEYS.");
  }
  return {
    isLive,
    dataDir: resolve(env.BILLTEXT_DATA_DIR),
    origin: env.BILLTEXT_ORIGIN ?? `http://localhost:${env.PORT}`,
    masterKeys: env.BILLTEXT_MASTER_KEYS ?? null,
    databaseUrl: env.DATABASE_URL ?? null,
    host: env.HOST,
    port: env.PORT,
    sandboxPort: env.SANDBOX_PORT,
    pgPort: env.PG_PORT,
  };
}
