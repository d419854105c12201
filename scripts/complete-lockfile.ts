// Run after changing dependencies where the registry at hand lacks packages for other platforms: npm then leaves
// them out of the lock file, and `npm ci` refuses the file everywhere. Adds them by name, version and platform,
// so that the file is whole and machines of those platforms fetch them.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "./stack/paths.ts";

interface LockEntry {
  version?: string;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optional?: boolean;
  optionalDependencies?: Record<string, string>;
}

const SYSTEMS = [
  "darwin",
  "linux",
  "win32",
  "freebsd",
  "android",
  "openbsd",
  "netbsd",
  "sunos",
  "aix",
  "openharmony",
];
const PROCESSORS = [
  "x64",
  "arm64",
  "ia32",
  "arm",
  "ppc64",
  "riscv64",
  "s390x",
  "loong64",
  "mips64el",
  "wasm32",
];
const EXACT = /^\d+\.\d+\.\d+(?:-[\w.-]+)?$/;

const path = join(projectRoot, "package-lock.json");
const lock = JSON.parse(readFileSync(path, "utf8")) as { packages: Record<string, LockEntry> };
const added: string[] = [];

for (const [place, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const isThere =
      `${place}/node_modules/${name}` in lock.packages || `node_modules/${name}` in lock.packages;
    const platform = platformOf(name);
    if (isThere || platform === null || !EXACT.test(version)) continue;
    lock.packages[`node_modules/${name}`] = { version, optional: true, ...platform };
    added.push(`${name}@${version}`);
  }
}

const packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(path, `${JSON.stringify({ ...lock, packages }, null, 2)}\n`);
console.log(added.length === 0 ? "Nothing was missing." : `Added:\n${added.join("\n")}`);

/** What the name of a platform package says, or null where it names no platform. */
function platformOf(name: string): Pick<LockEntry, "os" | "cpu" | "libc"> | null {
  const words = (name.split("/").at(-1) ?? name).split(/[-.]/);
  const os = SYSTEMS.filter((system) => words.includes(system));
  const cpu = PROCESSORS.filter((processor) => words.includes(processor));
  if (os.length === 0 && cpu.length === 0) return null;
  const libc = words.includes("musl")
    ? ["musl"]
    : os.includes("linux") && words.includes("gnu")
      ? ["glibc"]
      : [];
  return {
    ...(os.length === 0 ? {} : { os }),
    ...(cpu.length === 0 ? {} : { cpu }),
    ...(libc.length === 0 ? {} : { libc }),
  };
}
