import { describe } from "vitest";
import { whyMissing } from "./folder.ts";

/** A group of tests that need a published definition; without it they are skipped, and the title says why. */
export function describeContract(title: string, files: readonly string[], tests: () => void): void {
  const reason = files.map(whyMissing).find((one) => one !== null) ?? null;
  describe.skipIf(reason !== null)(reason === null ? title : `${title} (${reason})`, tests);
}
