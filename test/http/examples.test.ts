// The calls on the API's pages, run as they stand in a shell: each answers as the description says.

import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { STATUS_OF_CODE } from "#lib/doors/native/errors.ts";
import { apiDescription } from "#lib/doors/native/openapi/document.ts";
import { refusalInDemo } from "#lib/doors/native/openapi/shell.ts";
import { startTestStack, type TestStack } from "../../scripts/test/with-stack.ts";
import { type Description, descriptionOf } from "../description.ts";

let stack: TestStack;
let description: Description;
/** A folder as the reader's: `.billtext` in it. */
let folder: string;

// A system of its own: some calls change what others in the same system rely on.
beforeAll(async () => {
  stack = await startTestStack();
  description = await descriptionOf(stack.demo?.base_url ?? "");
  folder = mkdtempSync(join(tmpdir(), "billtext-examples-"));
  symlinkSync(stack.dir, join(folder, ".billtext"));
  mkdirSync(join(folder, "home"));
  // Tells of each call how it was answered, beside what the example itself prints.
  writeFileSync(join(folder, "home", ".curlrc"), 'write-out = "%{stderr}%{http_code} %{content_type}\\n"\n');
});
afterAll(async () => {
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function run(script: string) {
  const child = spawn("bash", ["-eu", "-c", script], {
    cwd: folder,
    env: { ...process.env, CURL_HOME: join(folder, "home") },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += String(chunk);
  });
  child.stderr.on("data", (chunk) => {
    stderr += String(chunk);
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  expect(code, stderr).toBe(0);
  const answers = [...stderr.matchAll(/^(\d{3}) (.*)$/gm)].map(([, status, contentType = ""]) => ({
    status: Number(status),
    contentType,
  }));
  return { text: stdout, answers };
}

/** The page as its reader gets it. */
async function page(path: string): Promise<string> {
  const response = await fetch(`${stack.demo?.base_url}/docs/api${path}`);
  expect(response.status).toBe(200);
  return await response.text();
}

const unescaped = (html: string) =>
  html
    .replaceAll("&quot;", '"')
    .replaceAll("&#x27;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");

const codes = (html: string) =>
  [...html.matchAll(/<pre><code>([\s\S]*?)<\/code><\/pre>/g)].map(([, code = ""]) => unescaped(code));

/** Some are refused in the demo, and say so. */
function statusOf(operationId: string): string | null {
  const code = refusalInDemo(operationId);
  if (code === null) return null;
  const statuses: Readonly<Record<string, number>> = STATUS_OF_CODE;
  return String(statuses[code]);
}

const operations = Object.entries(apiDescription().paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({
    id: operation.operationId,
    method: method.toUpperCase(),
    path,
    source: operation["x-codeSamples"]?.[0]?.source ?? "",
    success:
      statusOf(operation.operationId) ??
      Object.keys(operation.responses).find((status) => status.startsWith("2")) ??
      "",
    page: `/${operation.tags[0]?.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`,
  })),
);

describe("a reader of the API's pages", () => {
  it.each(operations)("runs $id as it stands", async ({ id, method, path, source, success, page: at }) => {
    expect(codes(await page(at))).toContain(source);
    const [setting = ""] = codes(await page(""));
    const { text, answers } = await run(`${setting}\n${source}`);
    const last = answers.at(-1) ?? { status: 0, contentType: null };
    const before = answers.slice(0, -1);
    expect(before.filter(({ status }) => status >= 300)).toEqual([]);
    expect(last.status, text).toBe(Number(success));
    description.check({ method, path, ...last, requestId: "not shown", text });
    appendFileSync(inject("seenPath"), `${id} ${success}\n`);
  });

  it("bills by the first call of the first page", async () => {
    const [setting = "", first = ""] = codes(await page(""));
    const { text } = await run(`${setting}\n${first}`);
    expect(JSON.parse(text)).toMatchObject({ object: "invoice", state: "open" });
  });
});
