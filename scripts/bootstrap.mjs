// What must run on an older Node with nothing installed: install from the lock file, then hand over to the
// project's own Node.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const NODE_MAJOR = 24;

/** Ends with one clear sentence. */
export function fail(sentence) {
  process.stderr.write(`\n${sentence}\n`);
  process.exit(1);
}

/** Ours, and what npm itself noted last of what it put into node_modules. */
const LOCK = join(root, "package-lock.json");
const INSTALLED = join(root, "node_modules", ".package-lock.json");

const packagesOf = (path) => JSON.parse(readFileSync(path, "utf8")).packages;

/**
 * Whether a package must be there. An optional one must where it is made for this machine; what others of them
 * depend on, and which C library is here, is npm's to know.
 */
function isNeeded({ optional, os, cpu, libc }) {
  if (!optional) return true;
  const isMadeForHere = os?.includes(process.platform) && cpu?.includes(process.arch);
  return isMadeForHere === true && libc === undefined;
}

/** Whether exactly what the lock file names is installed, by whoever ran npm. */
function isInstalled() {
  if (!existsSync(INSTALLED)) return false;
  const installed = packagesOf(INSTALLED);
  return Object.entries(packagesOf(LOCK)).every(
    ([path, wanted]) =>
      path === "" || installed[path]?.version === wanted.version || !(path in installed || isNeeded(wanted)),
  );
}

/** Installs from the lock file, unless that is what is installed. */
export function ensureInstalled() {
  if (isInstalled()) return;
  process.stdout.write("Installing packages from the lock file (about a minute the first time)…\n");
  const result = spawnSync(
    "npm",
    ["ci", "--no-audit", "--no-fund", "--loglevel=error", "--include=dev", "--include=optional"],
    {
      cwd: root,
      stdio: ["ignore", "inherit", "pipe"],
      encoding: "utf8",
      shell: process.platform === "win32",
    },
  );
  const errors = result.stderr ?? "";
  if (result.status !== 0) {
    process.stderr.write(errors);
    if (/ENOSPC|no space left/i.test(errors)) fail("The disk is full: packages could not be installed.");
    fail("Packages could not be installed; what npm said is above.");
  }
}

/** The Node to run on: the one the project installs, else this one where it is new enough. */
export function projectNode() {
  const own = join(root, "node_modules", ".bin", "node");
  if (existsSync(own) && spawnSync(own, ["--version"]).status === 0) return own;
  if (Number(process.versions.node.split(".")[0]) >= NODE_MAJOR) return process.execPath;
  return fail(
    `Billtext runs on Node ${NODE_MAJOR}; none is packaged for ${process.platform} ${process.arch}. Install it and start again.`,
  );
}

/**
 * Runs a script on the project's Node until it ends, and ends with its exit code. It ends when we are told to,
 * and also when whoever started us is gone.
 */
export function handOver(script, args) {
  const node = projectNode();
  const child = spawn(node, ["--disable-warning=ExperimentalWarning", join(root, script), ...args], {
    cwd: root,
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` },
  });
  const pass = (signal) => child.kill(signal);
  process.on("SIGTERM", pass);
  process.on("SIGHUP", () => pass("SIGTERM"));
  // Ctrl-C reaches the whole group by itself; it must not end us before the child has cleaned up.
  process.on("SIGINT", () => undefined);
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    pass("SIGTERM");
  }, 500);
  child.on("exit", (code, signal) => {
    clearInterval(watch);
    process.exit(code ?? (signal === "SIGINT" || signal === "SIGTERM" ? 0 : 1));
  });
}
