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
import { NOTHING, type Report, readPlaywright, readVitest } from "./reports.ts";

interface Step {
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Reads what the step's runner reported; a step without it is no test and counts only when it fails. */
  readonly read?: (report: string) => Report;
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
    read: readVitest,
  };
}

function browser(): Step {
  return {
    name: "browser",
    args: [join(projectRoot, "scripts", "test", "e2e.ts")],
    env: { CHROMIUM_PATH: ensureChromium(), PLAYWRIGHT_JSON: reportOf("browser") },
    read: readPlaywright,
  };
}

async function run(step: Step): Promise<Report> {
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
  const report = withEnding(read(step), step, code);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  process.stdout.write(
    `── ${step.name}: ${report.passed} passed, ${report.failures.length} failed, ${seconds} s ──\n`,
  );
  return report;
}

function read(step: Step): Report {
  const path = reportOf(step.name);
  if (step.read === undefined || !existsSync(path)) return NOTHING;
  return step.read(readFileSync(path, "utf8"));
}

/** A runner that ends badly without naming a failed test has failed as a whole. */
function withEnding(report: Report, { name }: Step, code: number | null): Report {
  if (code === 0 || report.failures.length > 0) return report;
  return { ...report, failures: [`${name}: ended with ${code ?? "a signal"}`] };
}

async function main(): Promise<number> {
  mkdirSync(reports, { recursive: true });
  const isQuick = process.argv.includes("--verify");
  const steps = isQuick ? CHECKS : [...CHECKS, ...SETS, browser()];
  const reported: Report[] = [];
  for (const step of steps) {
    const report = await run(step);
    reported.push(report);
    // What comes after the checks would only say the same at greater length.
    if (report.failures.length > 0 && CHECKS.includes(step)) break;
  }
  const sum = (count: (report: Report) => number) =>
    reported.reduce((total, report) => total + count(report), 0);
  const failures = reported.flatMap((report) => report.failures);
  for (const failure of failures) process.stdout.write(`\nfailed: ${failure}\n`);
  process.stdout.write(
    `\n${sum(({ passed }) => passed)} passed, ${failures.length} failed, ${sum(({ skipped }) => skipped)} skipped\n`,
  );
  return failures.length === 0 ? 0 : 1;
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
