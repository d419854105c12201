// Which database the auditor looks into, and as whom: the same settings as `npm start` reads.

import { existsSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { rootCause } from "#db/errors.ts";
import { urlOfLogin } from "#db/migrate.ts";
import { takeLock } from "../stack/lock.ts";
import { type DataPaths, dataPaths } from "../stack/paths.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../stack/postgres.ts";
import { preparePostgresFiles } from "../stack/postgres-files.ts";
import { loadSecrets, loginPassword, type Secrets } from "../stack/secrets.ts";
import { Sentence } from "../stack/sentence.ts";
import type { Settings } from "../stack/settings.ts";
import { databaseSentence } from "../stack/stack.ts";

const DATABASE = "billtext";

/**
 * Runs `work` with the address of a login that only reads: DATABASE_AUDIT_URL, else the auditor's own login at
 * DATABASE_URL or at the embedded database, which is started for as long as it takes where it is down.
 *
 * @throws Sentence  there is no database, it does not answer, or it is not of this version
 */
export async function withAuditUrl<T>(
  settings: Settings,
  environment: Readonly<Record<string, string | undefined>>,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const given = environment.DATABASE_AUDIT_URL;
  if (given !== undefined && given !== "") return await explained(given, work);
  const paths = dataPaths(settings.dataDir);
  const hasSecrets = existsSync(paths.secrets);
  if (!hasSecrets && (settings.databaseUrl === null || settings.masterKeys === null)) {
    throw new Sentence(`There is nothing to look at in ${paths.dir}: run \`npm start\` first.`);
  }
  const secrets = hasSecrets ? loadSecrets(paths.secrets) : null;
  const password = loginPassword(settings.masterKeys ?? secrets?.masterKeys ?? "", "audit");
  const look = (ownerUrl: string) => explained(urlOfLogin(ownerUrl, "audit", password), work);
  if (settings.databaseUrl !== null) return await look(settings.databaseUrl);
  if (secrets === null) throw new Error("The embedded database has lost its secrets.");
  return await withEmbedded(settings, paths, secrets, look);
}

async function withEmbedded<T>(
  settings: Settings,
  paths: DataPaths,
  secrets: Secrets,
  work: (ownerUrl: string) => Promise<T>,
): Promise<T> {
  const url = `postgres://127.0.0.1:${settings.pgPort}/${DATABASE}`;
  // While a launcher runs, the database is its to start and stop.
  const release = await takeLock(paths.lock, 0, "Billtext runs here").catch((error: unknown) => {
    if (error instanceof Sentence) return null;
    throw error;
  });
  if (release === null) return await work(url);
  let postgres: EmbeddedPostgres | null = null;
  try {
    if (!existsSync(join(preparePostgresFiles(paths.postgres).data, "PG_VERSION"))) {
      throw new Sentence(`There is no database in ${paths.dir}: run \`npm start\` first.`);
    }
    postgres = await startEmbeddedPostgres({
      dir: paths.postgres,
      port: settings.pgPort,
      password: secrets.postgresPassword,
    });
    return await work(url);
  } finally {
    await postgres?.stop();
    release();
  }
}

/** Says in a sentence what a person can put right. */
async function explained<T>(url: string, work: (url: string) => Promise<T>): Promise<T> {
  try {
    return await work(url);
  } catch (error) {
    const cause = rootCause(error);
    if (cause instanceof pg.DatabaseError) {
      if (cause.code === "28P01" || cause.code === "28000") {
        throw new Sentence(
          "The database refuses the auditor's login: start Billtext once, or set DATABASE_AUDIT_URL to a login that is a member of billtext_audit.",
        );
      }
      // An undefined table, column or role, or one that may not be read.
      if (["42P01", "42703", "42704", "42501", "22023"].includes(cause.code ?? "")) {
        throw new Sentence(
          `The database is not of this version (${cause.message}): start this version of Billtext once.`,
        );
      }
    }
    throw databaseSentence(url, cause) ?? error;
  }
}
