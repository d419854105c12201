// Runs the test sets one after another and adds up what they counted.
//   verify  lint, types, unit and architecture: no database, under a minute
//   test    verify, and the sandbox, contract, database, HTTP, fault and browser sets

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../stack/paths.ts";
import { Sentence } from "../stack/sentence.ts";
import { ensureChromium } from "./chromium.ts";

interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Step {
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Reads what the step's runner counted; a step without it is no test and counts only when it fails. */
  readonly count?: (report: string) => Count;
}

const bin = (name: string) => join(projectRoot, "node_modules", ".bin", name);
const reports = mkdtempSync(join(tmpdir(), "billtext-reports-"));
const reportOf = (name: string) => join(reports, `${name}.json`);

const CHECKS: readonly Step[] = [
  { name: "style", args: [join(projectRoot, "scripts", "build-css.ts")] },
  { name: "lint", args: [bin("biome"), "check", "."] },
  { name: "types", args: [bin("tsc"), "--noEmit"] },
  vitest("unit"),
];

const SETS: readonly Step[] = [
  vitest("sandbox"),
  vitest("contracts"),
  vitest("database"),
  vitest("http"),
  vitest("faults"),
];

function vitest(project: string): Step {
  return {
    name: project,
    args: [
      bin("vitest"),
      "run",
      "--project",
      project,
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${reportOf(project)}`,
    ],
    count: (report) => {
      const { numPassedTests, numFailedTests, numPendingTests, numFailedTestSuites } = JSON.parse(
        report,
      ) as Record<string, number>;
      // A file that could not be loaded has no tests to fail, but has failed.
      const failed = Math.max(numFailedTests ?? 0, (numFailedTestSuites ?? 0) > 0 ? 1 : 0);
      return { passed: numPassedTests ?? 0, failed, skipped: numPendingTests ?? 0 };
    },
  };
}

function browser(): Step {
  return {
    name: "browser",
    args: [join(projectRoot, "scripts", "test", "e2e.ts")],
    env: { CHROMIUM_PATH: ensureChromium(), PLAYWRIGHT_JSON: reportOf("browser") },
    count: (report) => {
      const { stats } = JSON.parse(report) as {
        stats: { expected: number; unexpected: number; flaky: number; skipped: number };
      };
      return { passed: stats.expected, failed: stats.unexpected + stats.flaky, skipped: stats.skipped };
    },
  };
}

async function run(step: Step): Promise<Count> {
  const startedAt = performance.now();
  process.stdout.write(`\n── ${step.name} ──\n`);
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...step.args], {
    cwd: projectRoot,
    env: { ...process.env, ...step.env, NODE_ENV: "test", NEXT_TELEMETRY_DISABLED: "1" },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const stop = (signal: NodeJS.Signals) => child.kill(signal);
  process.on("SIGTERM", stop);
  const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  process.off("SIGTERM", stop);
  const counted = read(step);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  process.stdout.write(
    `── ${step.name}: ${counted.passed} passed, ${counted.failed} failed, ${seconds} s ──\n`,
  );
  // A runner that ends badly without naming a failed test has failed as a whole.
  return code === 0 || counted.failed > 0 ? counted : { ...counted, failed: 1 };
}

function read(step: Step): Count {
  const path = reportOf(step.name);
  if (step.count === undefined || !existsSync(path)) return { passed: 0, failed: 0, skipped: 0 };
  return step.count(readFileSync(path, "utf8"));
}

async function main(): Promise<number> {
  mkdirSync(reports, { recursive: true });
  const isQuick = process.argv.includes("--verify");
  const total = { passed: 0, failed: 0, skipped: 0 };
  const steps = isQuick ? CHECKS : [...CHECKS, ...SETS, browser()];
  for (const step of steps) {
    const counted = await run(step);
    total.passed += counted.passed;
    total.failed += counted.failed;
    total.skipped += counted.skipped;
    // What comes after the checks would only say the same at greater length.
    if (counted.failed > 0 && CHECKS.includes(step)) break;
  }
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
  return total.failed === 0 ? 0 : 1;
}

let exitCode = 1;
try {
  exitCode = await main();
} catch (error) {
  if (!(error instanceof Sentence)) throw error;
  process.stderr.write(`\n${error.message}\n`);
} finally {
  rmSync(reports, { recursive: true, force: true });
}
process.exit(exitCode);
