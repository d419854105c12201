// docs/lifecycle.md, run: every command, on a system of its own, since it moves the clock.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { projectRoot } from "../../scripts/stack/paths.ts";
import { startTestStack, type TestStack } from "../../scripts/test/with-stack.ts";

interface Section {
  readonly heading: string;
  /** The commands of the section, in one shell. */
  readonly script: string;
  /** What they are said to print. */
  readonly printed: readonly string[];
}

/** The page's sections that hold commands. */
function readSections(): Section[] {
  const page = readFileSync(join(projectRoot, "docs/lifecycle.md"), "utf8");
  return page
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const blocks = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
      const script = blocks.join("\n");
      return {
        heading: section.slice(0, section.indexOf("\n")),
        script,
        printed: [...script.matchAll(/^# → (.*)$/gm)].map((match) => match[1] ?? ""),
      };
    });
}

const [setUp, ...sections] = readSections();

let stack: TestStack;
let folder: string;

beforeAll(async () => {
  stack = await startTestStack();
  // The page's commands run where `.billtext/demo.json` is.
  folder = mkdtempSync(join(tmpdir(), "billtext-page-"));
  symlinkSync(dirname(stack.demoPath), join(folder, ".billtext"));
});
afterAll(async () => {
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function run(script: string): Promise<{ readonly printed: string[]; readonly errors: string }> {
  const shell = spawn("bash", ["-euo", "pipefail", "-c", `${setUp?.script}\n${script}`], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 60_000,
  });
  let printed = "";
  let errors = "";
  shell.stdout.on("data", (chunk) => {
    printed += String(chunk);
  });
  shell.stderr.on("data", (chunk) => {
    errors += String(chunk);
  });
  const code = await new Promise((resolve) => shell.once("close", resolve));
  if (code !== 0) errors += `\nended with ${String(code)}`;
  return { printed: printed.split("\n").filter((line) => line !== ""), errors };
}

describe("the walk through an invoice's life", () => {
  it("begins with its tools, and shows every path", () => {
    expect(setUp?.heading).toBe("Before you begin");
    expect(sections.length).toBeGreaterThan(10);
    expect(sections.filter(({ printed }) => printed.length === 0)).toEqual([]);
  });

  it.each(sections)("prints what it says: $heading", { timeout: 90_000 }, async ({ script, printed }) => {
    const result = await run(script);
    expect(result.errors).toBe("");
    expect(result.printed).toEqual(printed);
  });
});
