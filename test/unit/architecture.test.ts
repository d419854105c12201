// The rules of the layout, kept by a machine: who may import whom, who reads the environment, how long files get.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { FAILPOINTS } from "#lib/domain/failpoints.ts";
import { projectRoot } from "../../scripts/stack/paths.ts";

const listed = spawnSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: projectRoot,
  encoding: "utf8",
});
const files = listed.stdout.split("\n").filter((name) => /\.(ts|tsx|mjs)$/.test(name));
const isTest = (name: string) =>
  /\.test\.tsx?$/.test(name) || /^(test|e2e)\//.test(name) || /^sandbox\/test-/.test(name);
const read = (name: string) => readFileSync(join(projectRoot, name), "utf8");

/** What each folder may import: its own files always; packages by name; `node` for Node's own modules. */
const MAY_IMPORT: readonly (readonly [folder: string, allowed: readonly string[]])[] = [
  ["lib/domain", []],
  ["lib/wire", ["zod"]],
  ["lib/phone", ["lib/domain", "libphonenumber-js"]],
  ["lib/csv", ["lib/domain", "csv-parse", "node"]],
  ["lib/crypto", ["lib/domain", "otpauth", "node"]],
  ["lib/mail", ["lib/domain", "nodemailer"]],
  ["db", ["lib/domain", "drizzle-orm", "pg", "pg-boss", "node"]],
  ["lib/rails", ["lib/domain", "lib/wire", "stripe", "zod", "node"]],
  ["lib/sms", ["lib/domain", "lib/wire", "twilio", "sms-segments-calculator", "zod", "node"]],
  ["lib/callbacks", ["lib/domain", "lib/wire", "standardwebhooks", "ipaddr.js", "node"]],
  ["lib/limits", ["lib/domain", "ipaddr.js", "rate-limiter-flexible"]],
  ["lib/http", ["lib/domain", "ipaddr.js"]],
  ["lib/services", ["lib/domain", "lib/crypto", "lib/csv", "lib/phone", "db", "node"]],
  [
    "lib/doors",
    [
      "lib/services",
      "lib/domain",
      "lib/http",
      "lib/wire",
      "lib/phone",
      "lib/crypto",
      "zod",
      "jsonc-parser",
      "node",
    ],
  ],
  [
    "lib/web",
    [
      "next",
      "react",
      "next-auth",
      "react-dom",
      "use-intl",
      "isbot",
      "components",
      "lib/services",
      "lib/domain",
      "lib/http",
      "lib/phone",
      "lib/context",
      "uqr",
      "node",
    ],
  ],
  ["lib/config.ts", ["zod", "lib/crypto", "lib/domain"]],
  ["lib/failpoints.ts", ["lib/domain", "node"]],
  ["lib/log.ts", ["pino", "lib/services"]],
  ["worker", ["lib/services", "lib/domain", "lib/context", "lib/config", "node"]],
  ["components", ["react", "lib/domain"]],
  [
    "app",
    ["next", "react", "lib/doors", "lib/web", "lib/services", "lib/context", "lib/domain", "components"],
  ],
  ["sandbox", ["node", "postal-mime", "smtp-server"]],
  // Tests of both kinds hold what they are answered against the API's description.
  [
    "e2e",
    [
      "@playwright/test",
      "@axe-core/playwright",
      "standardwebhooks",
      "otpauth",
      "pg",
      "node",
      "test/description.ts",
    ],
  ],
];

interface Import {
  readonly from: string;
  /** `lib/services/x.ts`, `zod`, or `node`. */
  readonly to: string;
}

function importsOf(name: string): Import[] {
  const found = read(name).matchAll(
    /^\s*(?:import|export)\b[^"';]*?from\s+["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)|^import\s+["']([^"']+)["']/gm,
  );
  return [...found].map((match) => ({
    from: name,
    to: target(name, match[1] ?? match[2] ?? match[3] ?? ""),
  }));
}

function target(from: string, specifier: string): string {
  if (specifier.startsWith("node:")) return "node";
  if (specifier.startsWith("#")) return specifier.slice(1);
  if (specifier.startsWith(".")) return normalize(join(dirname(from), specifier));
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? specifier);
}

const isWithin = (path: string, folder: string) =>
  path === folder || path.startsWith(`${folder}/`) || path.startsWith(`${folder}.`);

describe("imports", () => {
  it.each(MAY_IMPORT)("of %s stay within what it may know", (folder, allowed) => {
    const own = files.filter((name) => isWithin(name, folder) && (folder === "e2e" || !isTest(name)));
    const strays = own
      .flatMap(importsOf)
      .filter(({ to }) => !isWithin(to, folder) && !allowed.some((name) => isWithin(to, name)))
      .map(({ from, to }) => `${from} -> ${to}`);
    expect(strays).toEqual([]);
  });

  it("are ruled for every folder of ours", () => {
    const free = ["scripts", "test", "bench", "lib/context.ts"];
    const unruled = files.filter(
      (name) =>
        name.includes("/") &&
        !isTest(name) &&
        ![...MAY_IMPORT.map(([folder]) => folder), ...free].some((folder) => isWithin(name, folder)),
    );
    expect(unruled).toEqual([]);
  });

  it("of one rail, door or adapter never reach another", () => {
    const siblings = ["lib/rails", "lib/doors"];
    const strays = siblings.flatMap((parent) => {
      const own = files.filter((name) => name.startsWith(`${parent}/`) && !isTest(name));
      return own.flatMap(importsOf).filter(({ from, to }) => {
        const mine = relative(parent, from).split("/");
        const theirs = relative(parent, to).split("/");
        const isFolder = (path: readonly string[]) => path.length > 1 && path[0] !== "..";
        return isFolder(mine) && isFolder(theirs) && mine[0] !== theirs[0];
      });
    });
    expect(strays).toEqual([]);
  });
});

describe("single writers", () => {
  it.each([
    ["updatePaymentState", "lib/services/payments/advance.ts"],
    ["updateInvoiceState", "lib/services/invoices/advance.ts"],
    ["updateSmsState", "lib/services/sms/advance.ts"],
    ["insertLedgerTransaction", "lib/services/ledger/post.ts"],
    ["insertEvent", "lib/services/events/record.ts"],
  ])("%s is called in %s only", (name, place) => {
    const callers = files.filter(
      (file) => !isTest(file) && !file.startsWith("db/") && new RegExp(`\\b${name}\\(`).test(read(file)),
    );
    expect(callers).toEqual([place]);
  });

  it("routing tables are read in db/queries/routing only", () => {
    const readers = files.filter(
      (file) =>
        /schema\/routing\.ts/.test(read(file)) &&
        !isTest(file) &&
        file !== "drizzle.config.ts" &&
        !file.startsWith("db/queries/routing/"),
    );
    // These write a route together with what it leads to.
    expect(readers.sort()).toEqual(["db/queries/invoices.ts", "db/queries/merchants.ts"]);
  });
});

describe("failpoints", () => {
  it.each(Object.keys(FAILPOINTS))("%s is reached at one step, and killed at in a test", (name) => {
    const steps = files
      .filter((file) => /^(lib|worker)\//.test(file) && !isTest(file) && file !== "lib/domain/failpoints.ts")
      .filter((file) => new RegExp(`reach\\([^\\n]*"${name}"`).test(read(file)));
    expect(steps).toHaveLength(1);
    const tests = files.filter((file) => file.startsWith("test/faults/"));
    expect(tests.some((file) => new RegExp(`["[]${name}["=]`).test(read(file)))).toBe(true);
  });
});

describe("files", () => {
  it("read the environment in lib/config.ts alone", () => {
    const readers = files.filter(
      (name) =>
        /^(app|components|db|lib|worker)\//.test(name) && !isTest(name) && read(name).includes("process.env"),
    );
    expect(readers).toEqual(["lib/config.ts"]);
  });

  it("have at most 400 lines, and routes at most 25", () => {
    const long = files.filter(
      (name) => read(name).split("\n").length - 1 > (/\/route\.tsx?$/.test(name) ? 25 : 400),
    );
    expect(long).toEqual([]);
  });

  it("hold no any, no non-null assertion and no word of what is left for later", () => {
    const patterns = [/[:<(,]\s*any\b(?!\w)/, /\bas any\b/, new RegExp(`\\b(TO${"DO"}|FIX${"ME"})\\b`)];
    const bad = files.filter(
      (name) =>
        !name.startsWith("test/unit/architecture") &&
        patterns.some((pattern) => pattern.test(stripText(read(name)))),
    );
    expect(bad).toEqual([]);
  });

  it("have no server action and no client component on the payer's side", () => {
    const bad = files.filter(
      (name) =>
        /^(components\/payer|lib\/web\/payer|app\/\(payer\))/.test(name) &&
        /["']use (server|client)["']/.test(read(name)),
    );
    expect(bad).toEqual([]);
  });
});

/** Without texts and comments, where such words are just words. */
function stripText(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g, '""');
}
