// The web process's build, made again only when a source is newer than it.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "./paths.ts";
import { explain, Sentence } from "./sentence.ts";

const SOURCES = [
  "app",
  "components",
  "db",
  "lib",
  "public",
  "instrumentation.ts",
  "instrumentation-node.ts",
  "next.config.mjs",
  "package-lock.json",
  "scripts/build-css.ts",
  "tsconfig.json",
];

const STAMP = join(projectRoot, ".next", "billtext-build");

export const webServerPath = join(projectRoot, ".next", "standalone", "server.js");

/** Builds where needed. `say` tells what is going on. */
export async function ensureBuilt(say: (line: string) => void): Promise<void> {
  const wanted = fingerprint();
  if (existsSync(STAMP) && existsSync(webServerPath) && readFileSync(STAMP, "utf8") === wanted) return;
  say("Building the web process (under a minute)…");
  rmSync(STAMP, { force: true });
  await run([join(projectRoot, "scripts", "build-css.ts")]);
  await run([join(projectRoot, "node_modules", "next", "dist", "bin", "next"), "build"]);
  const standalone = join(projectRoot, ".next", "standalone");
  cpSync(join(projectRoot, ".next", "static"), join(standalone, ".next", "static"), { recursive: true });
  if (existsSync(join(projectRoot, "public"))) {
    cpSync(join(projectRoot, "public"), join(standalone, "public"), { recursive: true });
  }
  writeFileSync(STAMP, wanted);
}

/** Changes with the name, size or time of any source. */
function fingerprint(): string {
  const hash = createHash("sha256");
  for (const source of SOURCES) {
    const path = join(projectRoot, source);
    if (!existsSync(path)) continue;
    const files = statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: "utf8" }).map((name) => join(path, name))
      : [path];
    for (const file of files.filter((name) => !name.endsWith(".generated.ts")).sort()) {
      const stat = statSync(file);
      if (stat.isFile()) hash.update(`${file} ${stat.size} ${stat.mtimeMs}\n`);
    }
  }
  return hash.digest("hex");
}

async function run(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...args], {
    cwd: projectRoot,
    env: { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const keep = (chunk: Buffer) => {
    output = `${output}${chunk.toString("utf8")}`.slice(-20_000);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  if (code === 0) return;
  process.stderr.write(output);
  throw (
    explain(output, "the web process could not be built") ??
    new Sentence("The web process could not be built; what the builder said is above.")
  );
}
