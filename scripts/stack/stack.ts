// The whole system on this machine: database, migrations, first merchant, and the processes. Used by `npm start`
// and by the browser tests.

import { join } from "node:path";
import pg from "pg";
import { migrateDatabase, type RuntimeUrls } from "#db/migrate.ts";
import { parseConfig } from "#lib/config.ts";
import { createRuntime } from "#lib/context.ts";
import { webServerPath } from "./build.ts";
import { readCredentials } from "./credentials.ts";
import { type Demo, ensureDemo } from "./demo.ts";
import { ensureFirstMerchant, type FirstSecrets } from "./first-merchant.ts";
import { inviteFirstOwner } from "./first-owner.ts";
import { type DataPaths, dataPaths, projectRoot } from "./paths.ts";
import { freePort, requireFreePort } from "./ports.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./postgres.ts";
import { type RunningService, readyByHttp, readyByMessage, startService } from "./processes.ts";
import { loadSecrets, loginPassword, type Secrets } from "./secrets.ts";
import { Sentence } from "./sentence.ts";
import type { Settings } from "./settings.ts";

export interface StackOptions {
  readonly settings: Settings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
  /** Settings of the embedded database, for tests. */
  readonly postgresSettings?: Readonly<Record<string, string>>;
}

export interface Stack {
  readonly demo: Demo | null;
  /** The first live secrets, shown once; null where they were shown before, or in development. */
  readonly firstSecrets: FirstSecrets | null;
  /** Makes whoever opens it the first owner; live installations only, while there is none. */
  readonly ownerLink: string | null;
  readonly sandboxUrl: string | null;
  /** The address of the auditor's login. */
  readonly auditUrl: string;
  /** The embedded database that runs now, where there is one. */
  postgres(): EmbeddedPostgres | null;
  readonly services: readonly RunningService[];
  /** Ends every process, the database last. Safe to call again. */
  stop(): Promise<void>;
}

/** What the processes inherit from the environment: nothing of ours that they are not told on purpose. */
const INHERITED = [
  "PATH",
  "HOME",
  "LANG",
  "TZ",
  "NODE_EXTRA_CA_CERTS",
  "LOG_LEVEL",
  "RAIL_TIMEOUT_MS",
  "SMTP_URL",
  "MAIL_FROM",
  "CALLBACK_PORTS",
  "CALLBACK_TIMEOUT_MS",
  "CALLBACK_LOOPBACK",
  "BILLTEXT_FAILPOINTS",
  "DATABASE_CONNECTIONS_MAX",
  "DATABASE_ACQUIRE_TIMEOUT_MS",
  "TRUSTED_PROXY_HOPS",
  "RATE_LIMIT_LIVE_READS_PER_SECOND",
  "RATE_LIMIT_LIVE_WRITES_PER_SECOND",
  "RATE_LIMIT_TEST_READS_PER_SECOND",
  "RATE_LIMIT_TEST_WRITES_PER_SECOND",
  "RATE_LIMIT_LIVE_MERCHANT_READS_PER_SECOND",
  "RATE_LIMIT_LIVE_MERCHANT_WRITES_PER_SECOND",
  "RATE_LIMIT_TEST_MERCHANT_READS_PER_SECOND",
  "RATE_LIMIT_TEST_MERCHANT_WRITES_PER_SECOND",
  "RATE_LIMIT_REFUSED_KEYS_PER_SECOND",
];

/**
 * Starts everything in order; whatever fails, what was started before is ended again.
 *
 * @throws Sentence  for anything that a person can put right
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { settings } = options;
  const paths = dataPaths(settings.dataDir);
  const secrets = loadSecrets(paths.secrets);
  const masterKeys = settings.masterKeys ?? secrets.masterKeys;
  const started: RunningService[] = [];
  let postgres: EmbeddedPostgres | null = null;
  let watch: NodeJS.Timeout | null = null;
  let ending: Promise<void> | null = null;
  const stop = () => {
    ending ??= (async () => {
      if (watch !== null) clearInterval(watch);
      await Promise.all(started.map((service) => service.stop()));
      await postgres?.stop();
    })();
    return ending;
  };

  try {
    await requireFreePort(settings.port, "PORT", settings.host);
    if (!settings.isLive) await requireFreePort(settings.sandboxPort, "SANDBOX_PORT", "127.0.0.1");
    if (settings.databaseUrl === null) {
      options.say("Starting the database…");
      postgres = await startEmbedded(options, paths, secrets);
      watch = watchPostgres(
        async () => {
          if (ending === null) postgres = await startEmbedded(options, paths, secrets);
        },
        () => postgres,
      );
    }
    const ownerUrl = settings.databaseUrl ?? (await ensureDatabase(postgres, "billtext"));
    const urls = await migrate(ownerUrl, masterKeys, options.environment);
    const sandboxUrl = settings.isLive ? null : `http://localhost:${settings.sandboxPort}`;
    // Only our own processes ask for it.
    const smtpPort = await freePort();
    const envFor = (databaseUrl: string) =>
      processEnvironment(options, { databaseUrl, masterKeys, sandboxUrl, smtpPort });
    if (sandboxUrl !== null) started.push(await startSandbox(settings, paths, sandboxUrl, smtpPort));
    const { demo, firstSecrets, ownerLink } = await seed(
      options,
      paths,
      envFor(urls.web),
      sandboxUrl,
      urls.web,
    );
    options.say("Starting the processes…");
    started.push(await startWeb(settings, paths, envFor(urls.web)));
    started.push(await startWorker(paths, envFor(urls.worker)));
    return {
      demo,
      firstSecrets,
      ownerLink,
      sandboxUrl,
      auditUrl: urls.audit,
      postgres: () => postgres,
      services: started,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startEmbedded(
  options: StackOptions,
  paths: DataPaths,
  secrets: Secrets,
): Promise<EmbeddedPostgres> {
  return await startEmbeddedPostgres({
    dir: paths.postgres,
    port: options.settings.pgPort,
    password: secrets.postgresPassword,
    ...(options.postgresSettings === undefined ? {} : { settings: options.postgresSettings }),
  });
}

const POSTGRES_WATCH_MS = 500;

/** Starts the embedded database again when it dies, as the other processes are. */
function watchPostgres(restart: () => Promise<void>, current: () => EmbeddedPostgres | null): NodeJS.Timeout {
  let isRestarting = false;
  const check = async () => {
    const running = current();
    if (isRestarting || running === null || running.isAlive()) return;
    isRestarting = true;
    // It is tried again at the next look where this one fails.
    await restart().catch(() => undefined);
    isRestarting = false;
  };
  return setInterval(() => void check(), POSTGRES_WATCH_MS);
}

/** Makes the database on the embedded server where it is not there yet. Returns its address. */
export async function ensureDatabase(postgres: EmbeddedPostgres | null, name: string): Promise<string> {
  if (postgres === null) throw new Error("There is no embedded database.");
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  try {
    const { rowCount } = await client.query("select from pg_database where datname = $1", [name]);
    if (rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
  const url = new URL(postgres.url);
  url.pathname = `/${name}`;
  return url.href;
}

async function migrate(
  ownerUrl: string,
  masterKeys: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<RuntimeUrls> {
  const { DATABASE_WEB_URL: web, DATABASE_WORKER_URL: worker } = environment;
  const password = (role: string) => loginPassword(masterKeys, role);
  const hasLogins = web !== undefined && worker !== undefined;
  try {
    const urls = await migrateDatabase({
      url: ownerUrl,
      passwords: hasLogins
        ? null
        : { web: password("web"), worker: password("worker"), audit: password("audit") },
    });
    return hasLogins ? { ...urls, web, worker } : urls;
  } catch (error) {
    throw databaseSentence(ownerUrl, error) ?? error;
  }
}

/** A database that cannot be used, in one sentence without its password. */
export function databaseSentence(url: string, error: unknown): Sentence | null {
  const { hostname, port, pathname } = new URL(url);
  const where = `${hostname}:${port || "5432"}${pathname}`;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (["ECONNREFUSED", "ENOTFOUND", "ETIMEDOUT", "EHOSTUNREACH", "EAI_AGAIN", "ECONNRESET"].includes(code)) {
    return new Sentence(`The database at ${where} does not answer: check DATABASE_URL.`);
  }
  if (["28P01", "28000"].includes(code))
    return new Sentence(`The database at ${where} refuses the login of DATABASE_URL.`);
  if (code === "3D000") return new Sentence(`There is no database at ${where}: create it first.`);
  if (code === "53100") return new Sentence(`The disk of the database at ${where} is full.`);
  if (code === "42501")
    return new Sentence(`The login of DATABASE_URL may not create tables and roles at ${where}.`);
  return null;
}

interface EnvironmentInput {
  readonly databaseUrl: string;
  readonly masterKeys: string;
  readonly sandboxUrl: string | null;
  /** Where the sandbox takes mail. */
  readonly smtpPort: number;
}

function processEnvironment(options: StackOptions, input: EnvironmentInput): Record<string, string> {
  const { settings, environment } = options;
  const inherited = INHERITED.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(inherited),
    NODE_ENV: "production",
    NEXT_TELEMETRY_DISABLED: "1",
    BILLTEXT_ENV: settings.isLive ? "live" : "development",
    BILLTEXT_ORIGIN: settings.origin,
    BILLTEXT_MASTER_KEYS: input.masterKeys,
    BILLTEXT_EMBEDDED_DATABASE: settings.databaseUrl === null ? "1" : "0",
    DATABASE_URL: input.databaseUrl,
    ...(input.sandboxUrl === null
      ? {}
      : {
          SANDBOX_URL: input.sandboxUrl,
          // Mail goes to the sandbox's mailbox, unless a server was named.
          SMTP_URL: environment.SMTP_URL ?? `smtp://127.0.0.1:${input.smtpPort}`,
        }),
  };
}

interface Seeded {
  readonly demo: Demo | null;
  readonly firstSecrets: FirstSecrets | null;
  /** Makes whoever opens it the first owner. */
  readonly ownerLink: string | null;
}

async function seed(
  options: StackOptions,
  paths: DataPaths,
  env: Readonly<Record<string, string>>,
  sandboxUrl: string | null,
  databaseUrl: string,
): Promise<Seeded> {
  const realAccounts = readCredentials(options.environment, options.settings.isLive);
  const runtime = createRuntime("seed", parseConfig({ ...env, LOG_LEVEL: "warn" }));
  try {
    if (sandboxUrl === null) {
      return {
        demo: null,
        firstSecrets: await ensureFirstMerchant(runtime.deps, options.environment, realAccounts),
        ownerLink: await inviteFirstOwner(runtime.deps, options.environment),
      };
    }
    const demo = await ensureDemo(runtime.deps, { path: paths.demo, sandboxUrl, databaseUrl, realAccounts });
    return { demo, firstSecrets: null, ownerLink: null };
  } finally {
    await runtime.close();
  }
}

const NODE_FLAGS = ["--disable-warning=ExperimentalWarning"];

async function startSandbox(
  settings: Settings,
  paths: DataPaths,
  url: string,
  smtpPort: number,
): Promise<RunningService> {
  return await startService(
    {
      name: "sandbox",
      args: [...NODE_FLAGS, join(projectRoot, "sandbox", "main.ts")],
      cwd: projectRoot,
      env: {
        PATH: process.env.PATH ?? "",
        SANDBOX_PORT: String(settings.sandboxPort),
        SANDBOX_SMTP_PORT: String(smtpPort),
        SANDBOX_PUBLIC_URL: url,
        SANDBOX_DATA_DIR: paths.sandbox,
      },
      isReady: readyByMessage(),
    },
    paths.logs,
  );
}

async function startWeb(
  settings: Settings,
  paths: DataPaths,
  env: Readonly<Record<string, string>>,
): Promise<RunningService> {
  return await startService(
    {
      name: "web",
      args: [...NODE_FLAGS, webServerPath],
      cwd: projectRoot,
      env: { ...env, PORT: String(settings.port), HOSTNAME: settings.host },
      isReady: readyByHttp(`http://${localHost(settings.host)}:${settings.port}/api/health/ready`),
    },
    paths.logs,
  );
}

/** Where a process that listens on `host` can be asked from this machine, as it stands in an address. */
function localHost(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}

async function startWorker(paths: DataPaths, env: Readonly<Record<string, string>>): Promise<RunningService> {
  return await startService(
    {
      name: "worker",
      args: [...NODE_FLAGS, join(projectRoot, "worker", "main.ts")],
      cwd: projectRoot,
      env,
      isReady: readyByMessage(),
    },
    paths.logs,
  );
}
