// What a runner reported, whichever runner it was.

import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { projectRoot } from "../stack/paths.ts";

export interface Report {
  readonly passed: number;
  readonly skipped: number;
  /** A line for each test, or file, that failed: where it is, what it is called, and why. */
  readonly failures: readonly string[];
}

export const NOTHING: Report = { passed: 0, skipped: 0, failures: [] };

interface VitestReport {
  readonly numPassedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

/** Reads the file that Vitest's JSON reporter writes. */
export function readVitest(json: string): Report {
  const { numPassedTests, numPendingTests, testResults } = JSON.parse(json) as VitestReport;
  const failures = testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults
      .filter((test) => test.status === "failed")
      .map((test) => toLine(name, test.fullName, test.failureMessages?.[0]));
    // A file that could not be loaded, or cleaned up after, has failed although no test of it has.
    return status === "failed" && failed.length === 0
      ? [toLine(name, "the file as a whole", message)]
      : failed;
  });
  return { passed: numPassedTests, skipped: numPendingTests, failures };
}

interface Suite {
  readonly suites?: readonly Suite[];
  readonly specs?: readonly {
    readonly file: string;
    readonly title: string;
    readonly tests: readonly {
      readonly status: string;
      readonly results: readonly { readonly error?: { readonly message?: string } }[];
    }[];
  }[];
}

/** Reads the file that Playwright's JSON reporter writes; a test that passes only at times has failed. */
export function readPlaywright(json: string): Report {
  const { suites, stats } = JSON.parse(json) as {
    readonly suites: readonly Suite[];
    readonly stats: { readonly expected: number; readonly skipped: number };
  };
  return { passed: stats.expected, skipped: stats.skipped, failures: suites.flatMap(failuresOf) };
}

function failuresOf({ suites = [], specs = [] }: Suite): string[] {
  const own = specs.flatMap(({ file, title, tests }) =>
    tests
      .filter(({ status }) => status === "unexpected" || status === "flaky")
      .map(({ results }) => toLine(file, title, results.find(({ error }) => error)?.error?.message)),
  );
  return [...own, ...suites.flatMap(failuresOf)];
}

function toLine(file: string, title: string, reason = ""): string {
  const place = file.startsWith("/") ? relative(projectRoot, file) : file;
  const [firstLine = ""] = stripVTControlCharacters(reason).split("\n");
  return `${place}: ${title}${firstLine === "" ? "" : `\n    ${firstLine.slice(0, 300)}`}`;
}
