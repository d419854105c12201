// The browser tests against a whole system of their own: started, driven over HTTP and the browser, ended.
// Arguments go on to Playwright: `node scripts/test/e2e.ts card.spec.ts --repeat-each 5`.

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { projectRoot } from "../stack/paths.ts";
import { Sentence } from "../stack/sentence.ts";
import { ensureChromium } from "./chromium.ts";
import { startTestStack, type TestStack } from "./with-stack.ts";

const PLAYWRIGHT = join(projectRoot, "node_modules", "@playwright", "test", "cli.js");

let stack: TestStack | null = null;
let tests: ChildProcess | null = null;
let isInterrupted = false;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    isInterrupted = true;
    // Playwright ends its browsers on SIGINT; its exit then lets everything else end in order.
    tests?.kill("SIGINT");
  });
}

/** Playwright's exit code; 130 when a signal came before it could give one. */
async function run(): Promise<number> {
  const chromium = ensureChromium();
  stack = await startTestStack();
  if (isInterrupted) return 130;
  const child = spawn(process.execPath, [PLAYWRIGHT, "test", ...process.argv.slice(2)], {
    cwd: projectRoot,
    env: { ...process.env, E2E_DEMO: stack.demoPath, CHROMIUM_PATH: chromium },
    stdio: "inherit",
  });
  tests = child;
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 130));
  });
}

try {
  process.exitCode = await run();
} catch (error) {
  const text =
    error instanceof Sentence ? error.message : String(error instanceof Error ? error.stack : error);
  process.stderr.write(`\n${text}\n`);
  process.exitCode = 1;
} finally {
  await (stack as TestStack | null)?.stop();
}
// What the stack leaves open, such as log files, must not keep the process.
process.exit();
