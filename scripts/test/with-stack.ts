// A whole built system on free ports, in a folder of its own that is thrown away afterwards.

import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeLine, runAudit } from "#lib/services/audit/run.ts";
import { ensureBuilt } from "../stack/build.ts";
import { freePort } from "../stack/ports.ts";
import { readSettings } from "../stack/settings.ts";
import { type Stack, startStack } from "../stack/stack.ts";

export interface TestStack extends Stack {
  readonly dir: string;
  /** Path of the file that scripts drive the system with. */
  readonly demoPath: string;
  /** Looks whether everything that must hold does, then ends every process. */
  stop(): Promise<void>;
}

export interface TestStackOptions {
  /** Settings as in the environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A folder that is kept; else one is made and removed. */
  readonly dir?: string;
}

/** Builds where needed, and starts. `stop` also removes the folder, unless it was given. */
export async function startTestStack(options: TestStackOptions = {}): Promise<TestStack> {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  await ensureBuilt(say);
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), "billtext-stack-"));
  chmodSync(dir, 0o755);
  const environment = {
    PATH: process.env.PATH ?? "",
    BILLTEXT_DATA_DIR: dir,
    PORT: String(await freePort()),
    SANDBOX_PORT: String(await freePort()),
    PG_PORT: String(await freePort()),
    LOG_LEVEL: "info",
    // Calls by the dozen on a slow machine wait; what happens when none is free has a test of its own.
    DATABASE_ACQUIRE_TIMEOUT_MS: "5000",
    // Tests fire in a second what callers do in a minute; those of the limits set their own.
    RATE_LIMIT_TEST_READS_PER_SECOND: "100000",
    RATE_LIMIT_TEST_WRITES_PER_SECOND: "100000",
    RATE_LIMIT_REFUSED_KEYS_PER_SECOND: "100000",
    ...options.environment,
  };
  const stack = await startStack({ settings: readSettings(environment), environment, say: () => undefined });
  return {
    ...stack,
    dir,
    demoPath: join(dir, "demo.json"),
    async stop() {
      // A failure to look is told after everything has ended.
      const found = await findViolations(stack.auditUrl).catch((error: unknown) => String(error));
      await stack.stop();
      if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
      if (found !== "") throw new Error(`The audit found:\n${found}`);
    },
  };
}

async function findViolations(auditUrl: string): Promise<string> {
  const lines = await runAudit(auditUrl);
  return lines
    .filter((line) => line.violations > 0)
    .map(describeLine)
    .join("\n");
}
