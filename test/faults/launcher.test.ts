import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ensureBuilt } from "../../scripts/stack/build.ts";
import { projectRoot } from "../../scripts/stack/paths.ts";
import { freePort } from "../../scripts/stack/ports.ts";
import { until } from "../until.ts";

let dir = "";
let ports = { PORT: "", SANDBOX_PORT: "", PG_PORT: "" };
let running: Launched[] = [];

interface Launched {
  readonly child: ChildProcess;
  output(): string;
  readonly ended: Promise<number | null>;
}

beforeEach(async () => {
  await ensureBuilt(() => undefined);
  dir = mkdtempSync(join(tmpdir(), "billtext-launch-"));
  chmodSync(dir, 0o755);
  ports = {
    PORT: String(await freePort()),
    SANDBOX_PORT: String(await freePort()),
    PG_PORT: String(await freePort()),
  };
});

afterEach(async () => {
  for (const { child, ended } of running) {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    await ended;
  }
  running = [];
  await until("the database's end", async () => !isAlive(postgresPid()), 20_000);
  rmSync(dir, { recursive: true, force: true });
});

/** Starts as a person would, with the launcher's own entry. */
function launch(environment: Record<string, string> = {}): Launched {
  const child = spawn("node", [join(projectRoot, "scripts/start.mjs")], {
    cwd: projectRoot,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_ENV: "production",
      BILLTEXT_DATA_DIR: dir,
      ...ports,
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  child.stdout?.on("data", (chunk) => {
    text += String(chunk);
  });
  child.stderr?.on("data", (chunk) => {
    text += String(chunk);
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  const launched = { child, output: () => text, ended };
  running.push(launched);
  return launched;
}

async function launchAndWait(): Promise<{ launched: Launched; seconds: number }> {
  const startedAt = performance.now();
  const launched = launch();
  await until(
    "the screen",
    async () => {
      if (launched.child.exitCode !== null) throw new Error(`It ended: ${launched.output()}`);
      return launched.output().includes("Demo API key");
    },
    60_000,
  );
  return { launched, seconds: (performance.now() - startedAt) / 1000 };
}

function descendants(pid: number): number[] {
  const { stdout } = spawnSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" });
  const pairs = stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const found = [pid];
  for (const parent of found)
    for (const [child, ppid] of pairs) if (ppid === parent && child !== undefined) found.push(child);
  return found.slice(1);
}

/** Signals a process that may end at any moment: it also hears of its neighbours' ends. */
function tell(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function isAlive(pid: number | null): boolean {
  if (pid === null) return false;
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

function postgresPid(): number | null {
  for (const place of [
    join(dir, "postgres/owned/data"),
    join(dir, "postgres/data"),
    join(dir, "postgres/moved-to/owned/data"),
  ]) {
    try {
      return Number(readFileSync(join(place, "postmaster.pid"), "utf8").split("\n")[0]);
    } catch {
      // Not there.
    }
  }
  return null;
}

const demo = () =>
  JSON.parse(readFileSync(join(dir, "demo.json"), "utf8")) as { base_url: string; api_key: string };

async function makeInvoice(): Promise<string> {
  const { base_url, api_key } = demo();
  const response = await fetch(`${base_url}/api/v1/invoices`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${api_key}`,
      "content-type": "application/json",
      "idempotency-key": `k${Math.random()}`,
    },
    body: JSON.stringify({
      amount: 24_900,
      currency: "NOK",
      payer: { phone: "+4790000000" },
      description: "x",
      send_sms: false,
    }),
  });
  return ((await response.json()) as { id: string }).id;
}

async function isThere(id: string): Promise<boolean> {
  const { base_url, api_key } = demo();
  return (
    (await fetch(`${base_url}/api/v1/invoices/${id}`, { headers: { authorization: `Bearer ${api_key}` } }))
      .status === 200
  );
}

describe("the launcher", () => {
  it.each(["SIGTERM", "SIGINT"] as const)(
    "told to stop by %s leaves no process and loses nothing",
    async (signal) => {
      const { launched } = await launchAndWait();
      const id = await makeInvoice();
      const pids = [...descendants(launched.child.pid ?? 0), postgresPid() ?? 0];
      expect(pids.length).toBeGreaterThanOrEqual(5);
      // A terminal sends Ctrl-C to every process of the group; here the launcher's own process gets it.
      for (const pid of signal === "SIGINT"
        ? descendants(launched.child.pid ?? 0)
        : [launched.child.pid ?? 0]) {
        tell(pid, signal);
      }
      expect(await launched.ended).toBe(0);
      expect(pids.filter(isAlive)).toEqual([]);
      const again = await launchAndWait();
      expect(again.seconds).toBeLessThan(10);
      expect(await isThere(id)).toBe(true);
    },
  );

  it.each([
    ["the launcher", (pids: readonly number[]) => pids.slice(0, 1)],
    ["every process but the database", (pids: readonly number[]) => pids],
  ])("killed with SIGKILL (%s) recovers at the next start", async (_what, choose) => {
    const { launched } = await launchAndWait();
    const id = await makeInvoice();
    const pids = [
      launched.child.pid ?? 0,
      ...descendants(launched.child.pid ?? 0).filter((pid) => pid !== postgresPid()),
    ];
    for (const pid of choose(pids)) tell(pid, "SIGKILL");
    await launchAndWait();
    expect(await isThere(id)).toBe(true);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it("killed together with the database recovers at the next start", async () => {
    const { launched } = await launchAndWait();
    const id = await makeInvoice();
    const pids = [launched.child.pid ?? 0, ...descendants(launched.child.pid ?? 0), postgresPid() ?? 0];
    for (const pid of pids) tell(pid, "SIGKILL");
    await launchAndWait();
    expect(await isThere(id)).toBe(true);
  });

  it.each(["PORT", "SANDBOX_PORT", "PG_PORT"] as const)(
    "says in one sentence that %s is in use",
    async (name) => {
      const server: Server = createServer();
      await new Promise<void>((resolve) => server.listen(Number(ports[name]), "127.0.0.1", resolve));
      const launched = launch();
      expect(await launched.ended).toBe(1);
      server.close();
      const said = launched.output().trim().split("\n").at(-1);
      expect(said).toMatch(new RegExp(`^Port ${ports[name]} is in use.*${name}=`));
    },
  );

  it("says in one sentence that the database is dead", async () => {
    const launched = launch({ DATABASE_URL: `postgres://x:secret@127.0.0.1:${await freePort()}/billtext` });
    expect(await launched.ended).toBe(1);
    expect(launched.output()).toMatch(/The database at 127\.0\.0\.1:\d+\/billtext does not answer/);
    expect(launched.output()).not.toContain("secret");
  });

  it.each([
    [{}, "DATABASE_URL"],
    [{ DATABASE_URL: "postgres://x@127.0.0.1/x" }, "BILLTEXT_ORIGIN"],
    [
      { DATABASE_URL: "postgres://x@127.0.0.1/x", BILLTEXT_ORIGIN: "https://pay.example.com" },
      "BILLTEXT_MASTER_KEYS",
    ],
  ])("does not start live with %j, and names what is missing", async (environment, name) => {
    const launched = launch({ BILLTEXT_ENV: "live", ...environment });
    expect(await launched.ended).toBe(1);
    expect(launched.output()).toContain(name);
  });

  it("does not start twice on one folder", async () => {
    await launchAndWait();
    const second = launch();
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain("already running");
  });
});
