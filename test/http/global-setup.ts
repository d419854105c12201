// One whole built system for all tests over HTTP.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startTestStack } from "../../scripts/test/with-stack.ts";
import { type ApiDocument, descriptionOf } from "../description.ts";

declare module "vitest" {
  export interface ProvidedContext {
    demoPath: string;
    /** Where the tests note which operation answered with which status. */
    seenPath: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startTestStack();
  project.provide("demoPath", stack.demoPath);
  const seenPath = join(stack.dir, "answers-seen.txt");
  project.provide("seenPath", seenPath);
  const { document } = await descriptionOf(stack.demo?.base_url ?? "");
  return async () => {
    report(document, existsSync(seenPath) ? readFileSync(seenPath, "utf8") : "");
    await stack.stop();
  };
}

/** Says which successes that are described were answered in no test. */
function report(document: ApiDocument, seen: string): void {
  const answered = new Set(seen.split("\n"));
  const successes = Object.values(document.paths)
    .flatMap((item) => Object.values(item))
    .flatMap(({ operationId, responses }) =>
      Object.keys(responses)
        .filter((status) => status.startsWith("2"))
        .map((status) => `${operationId} ${status}`),
    );
  const missed = successes.filter((success) => !answered.has(success));
  process.stderr.write(
    missed.length === 0
      ? `Each of the ${successes.length} successes that the API describes was answered in a test.\n`
      : `Described, and answered in no test that ran: ${missed.join(", ")}.\n`,
  );
}
