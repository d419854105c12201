// The embedded PostgreSQL: started where it is not running, adopted where it is, recovered after a kill.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { takeLock } from "./lock.ts";
import { isAnswering } from "./ports.ts";
import { type PostgresFiles, preparePostgresFiles } from "./postgres-files.ts";
import { explain, Sentence } from "./sentence.ts";

export interface EmbeddedPostgres {
  /** Address of its superuser's own database. */
  readonly url: string;
  readonly pid: number;
  isAlive(): boolean;
  /** Ends it as PostgreSQL wants to be ended: no new work, what runs is rolled back, all is written. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would; it recovers at the next start. */
  crash(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  readonly dir: string;
  readonly port: number;
  readonly password: string;
  /** Further settings, for tests. */
  readonly settings?: Readonly<Record<string, string>>;
}

const USER = "billtext";
const START_MS = 30_000;
const STOP_MS = 20_000;

/**
 * Starts it, or adopts the one that already serves this folder. Two launches at once start one.
 *
 * @throws Sentence  the port belongs to something else, the disk is full, a library is missing
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const files = preparePostgresFiles(options.dir);
  const release = await takeLock(
    join(options.dir, "start.lock"),
    START_MS,
    "Another start of the database is under way",
  );
  try {
    const running = await adopt(options, files);
    if (running !== null) return handle(options, running);
    if (await isAnswering(options.port)) {
      throw new Sentence(
        `Port ${options.port} is in use by something else. Stop it, or choose another: PG_PORT=${options.port + 1} npm start`,
      );
    }
    removeStalePidFile(files);
    initialise(options, files);
    return handle(options, await launch(options, files));
  } finally {
    release();
  }
}

function urlOf({ port, password }: EmbeddedPostgresOptions): string {
  return `postgres://${USER}:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
}

/** The process number of the server on our port where it serves our data, else null. */
async function adopt(options: EmbeddedPostgresOptions, files: PostgresFiles): Promise<number | null> {
  const client = new pg.Client({ connectionString: urlOf(options), connectionTimeoutMillis: 2_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ folder: string }>(
      "select current_setting('data_directory') as folder",
    );
    return rows[0]?.folder === files.data ? readPid(files) : null;
  } catch {
    return null;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function readPid(files: PostgresFiles): number | null {
  try {
    return Number(readFileSync(join(files.data, "postmaster.pid"), "utf8").split("\n")[0]);
  } catch {
    return null;
  }
}

/** After a kill the file stays and may name a process that is something else by now. */
function removeStalePidFile(files: PostgresFiles): void {
  const pid = readPid(files);
  if (pid === null || isPostgres(pid, files)) return;
  rmSync(join(files.data, "postmaster.pid"), { force: true });
}

function isPostgres(pid: number, files: PostgresFiles): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\u0000").includes(files.data);
  } catch {
    return false;
  }
}

function ownerOptions(files: PostgresFiles) {
  return files.owner === null ? { cwd: "/" } : { cwd: "/", uid: files.owner.uid, gid: files.owner.gid };
}

/** Made beside its place and moved into it, so that a kill in between leaves nothing half made. */
function initialise(options: EmbeddedPostgresOptions, files: PostgresFiles): void {
  if (existsSync(join(files.data, "PG_VERSION"))) return;
  const draft = `${files.data}.new`;
  rmSync(draft, { recursive: true, force: true });
  const passwordFile = `${files.data}.password`;
  writeFileSync(passwordFile, options.password, { mode: 0o600 });
  if (files.owner !== null) chownSync(passwordFile, files.owner.uid, files.owner.gid);
  try {
    const result = spawnSync(
      join(files.programs, "bin", "initdb"),
      [
        "-D",
        draft,
        "-U",
        USER,
        "-A",
        "scram-sha-256",
        `--pwfile=${passwordFile}`,
        "-E",
        "UTF8",
        "--locale=C",
      ],
      { ...ownerOptions(files), encoding: "utf8" },
    );
    if (result.status !== 0) {
      const output = `${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`;
      throw (
        explain(output, "the database could not be made") ??
        new Sentence(`The database could not be made: ${output.trim().split("\n").at(-1)}`)
      );
    }
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(draft, files.data);
}

async function launch(options: EmbeddedPostgresOptions, files: PostgresFiles): Promise<number> {
  const settings: Record<string, string> = {
    listen_addresses: "127.0.0.1",
    port: String(options.port),
    unix_socket_directories: "",
    max_connections: "200",
    timezone: "UTC",
    log_timezone: "UTC",
    ...options.settings,
  };
  writeFileSync(files.log, "");
  const log = openSync(files.log, "a");
  const child = spawn(
    join(files.programs, "bin", "postgres"),
    ["-D", files.data, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
    { ...ownerOptions(files), detached: true, stdio: ["ignore", log, log] },
  );
  child.unref();
  await waitUntilServing(options, files, child);
  return child.pid ?? 0;
}

async function waitUntilServing(
  options: EmbeddedPostgresOptions,
  files: PostgresFiles,
  child: ChildProcess,
): Promise<void> {
  let exited: string | null = null;
  child.once("exit", (code) => {
    exited = `exit code ${code}`;
  });
  child.once("error", (error) => {
    exited = error.message;
  });
  const deadline = performance.now() + START_MS;
  while (performance.now() < deadline) {
    if (exited !== null) {
      const output = `${exited}\n${readFileSync(files.log, "utf8")}`;
      const last = output.trim().split("\n").at(-1);
      throw (
        explain(output, "the database could not start") ??
        new Sentence(`The database could not start: ${last} (more in ${files.log})`)
      );
    }
    if ((await adopt(options, files)) !== null) return;
    await sleep(30);
  }
  throw new Sentence(`The database did not start within ${START_MS / 1000} seconds; see ${files.log}.`);
}

function handle(options: EmbeddedPostgresOptions, pid: number): EmbeddedPostgres {
  const isAlive = () => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  const end = async (signal: "SIGINT" | "SIGQUIT") => {
    if (isAlive()) process.kill(pid, signal);
    const deadline = performance.now() + STOP_MS;
    while (isAlive() && performance.now() < deadline) await sleep(20);
  };
  return { url: urlOf(options), pid, isAlive, stop: () => end("SIGINT"), crash: () => end("SIGQUIT") };
}
