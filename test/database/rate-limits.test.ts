import { fork } from "node:child_process";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Database, openDatabase } from "#db/client.ts";
import { openRateLimitStore, RATE_LIMIT_TABLE } from "#db/queries/routing/rate-limits.ts";
import { formatApiKey } from "#lib/crypto/api-key.ts";
import type { RateLimiter, RateSubject } from "#lib/domain/ports/rate-limiter.ts";
import { createKeyOperation, getKeyOperation, listKeysOperation } from "#lib/doors/native/keys.ts";
import { createRateLimiter } from "#lib/limits/rate-limiter.ts";
import { createRefusalLimiter } from "#lib/limits/refusals.ts";
import { purgeOld } from "#lib/services/chores.ts";
import { newId } from "#lib/services/context.ts";
import { projectRoot } from "../../scripts/stack/paths.ts";
import { until } from "../until.ts";
import { openDoor } from "./door.ts";
import { openSystem, type TestSystem } from "./system.ts";

let system: TestSystem;
const opened: Database[] = [];

beforeAll(async () => {
  system = await openSystem();
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  for (const db of opened) await db.close();
  await system.close();
});

const databaseUrl = () => String(system.deps.db.pool.options.connectionString);

interface LimiterOptions {
  readonly reads?: number;
  readonly writes?: number;
  /** Reads, and writes, of all keys of a merchant. */
  readonly ofMerchant?: number;
  readonly windowSeconds?: number;
  readonly url?: string;
}

/** As a process of its own has it: another pool, another memory. */
function openLimiter(options: LimiterOptions = {}): RateLimiter {
  const db = openDatabase({
    url: options.url ?? databaseUrl(),
    applicationName: "limiter",
    connectionsMax: 8,
    acquireTimeoutMs: 10_000,
    onConnectionLost: () => undefined,
  });
  opened.push(db);
  const limits = { read: options.reads ?? 100, write: options.writes ?? 100 };
  const ofMerchant = options.ofMerchant ?? 10_000;
  const merchantLimits = { read: ofMerchant, write: ofMerchant };
  return createRateLimiter({
    store: openRateLimitStore(db),
    table: RATE_LIMIT_TABLE,
    windowSeconds: options.windowSeconds ?? 600,
    limits: { live: limits, test: limits },
    merchantLimits: { live: merchantLimits, test: merchantLimits },
  });
}

const freshSubject = (): RateSubject => ({
  tenant: { merchantId: newId(system.deps, "merchant"), mode: "live" },
  apiKeyId: newId(system.deps, "apiKey"),
  budget: "read",
});

describe("the limit of a key", () => {
  it("is exact over two counters and 300 requests at once", async () => {
    const limiters = [openLimiter(), openLimiter()];
    const subject = freshSubject();
    const taken = await Promise.all(
      Array.from({ length: 300 }, (_, index) => (limiters[index % 2] ?? limiters[0])?.take(subject)),
    );
    expect(taken.filter((standing) => standing?.isWithin)).toHaveLength(100);
    const left = taken.flatMap((standing) => (standing?.isWithin ? [standing.remaining] : []));
    expect(left.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });

  it("is exact over three processes", async () => {
    const { apiKeyId } = freshSubject();
    const script = join(projectRoot, "test/database/limiter-process.ts");
    const passed = await Promise.all(
      [1, 2, 3].map(
        () =>
          new Promise<number>((resolve, reject) => {
            const child = fork(script, [databaseUrl(), apiKeyId, "70", "100"], {
              execArgv: ["--disable-warning=ExperimentalWarning"],
            });
            child.once("message", (message) => resolve((message as { passed: number }).passed));
            child.once("error", reject);
            child.once("exit", (code) => reject(new Error(`It ended with ${code} before it had counted.`)));
          }),
      ),
    );
    expect(passed.reduce((sum, count) => sum + count, 0)).toBe(70);
  });

  it("is one for reads and one for writes, one a key, and new in the next window", async () => {
    const limiter = openLimiter({ reads: 2, writes: 1, windowSeconds: 1 });
    const subject = freshSubject();
    const take = async (other: Partial<RateSubject> = {}) =>
      (await limiter.take({ ...subject, ...other })).isWithin;
    expect([await take(), await take(), await take()]).toEqual([true, true, false]);
    expect([await take({ budget: "write" }), await take({ budget: "write" })]).toEqual([true, false]);
    expect(await take({ apiKeyId: newId(system.deps, "apiKey") })).toBe(true);
    await until("the next window", async () => take());
  });

  it("is kept where the clocks of two processes are ten minutes apart", async () => {
    const [ahead, behind] = [
      openLimiter({ reads: 10, windowSeconds: 5 }),
      openLimiter({ reads: 10, windowSeconds: 5 }),
    ];
    const subject = freshSubject();
    const real = Date.now.bind(Date);
    const at = async (limiter: RateLimiter, skewMs: number) => {
      const clock = vi.spyOn(Date, "now").mockImplementation(() => real() + skewMs);
      const standing = await limiter.take(subject);
      clock.mockRestore();
      return standing;
    };
    const taken = [];
    for (let round = 0; round < 10; round += 1) {
      taken.push(await at(behind, -600_000), await at(ahead, 600_000));
    }
    expect(taken.filter(({ isWithin }) => isWithin)).toHaveLength(10);
    for (const { resetMs } of taken) expect(resetMs).toBeLessThanOrEqual(5_100);
  });

  it("costs the database nothing once a process has seen it used up", async () => {
    const limiter = openLimiter({ reads: 5 });
    const subject = freshSubject();
    for (let request = 0; request < 50; request += 1) await limiter.take(subject);
    const { rows } = await system.superuser.query("select points from rate_limits where key = $1", [
      `read:${subject.apiKeyId}`,
    ]);
    expect(rows).toEqual([{ points: 5 }]);
  });

  it("counts from when the database counts, not from when a connection was asked for", async () => {
    const limiter = openLimiter({ reads: 2, windowSeconds: 2 });
    const db = opened.at(-1);
    if (db === undefined) throw new Error("No limiter was opened.");
    const busy = await Promise.all(Array.from({ length: 8 }, () => db.pool.connect()));
    const subject = freshSubject();
    const waiting = limiter.take(subject);
    setTimeout(() => {
      for (const client of busy) client.release();
    }, 1_500);
    expect((await waiting).resetMs).toBeGreaterThan(1_500);
  });

  it("leaves no row behind when its window is over", async () => {
    const worker = await system.startWorker();
    const limiter = openLimiter({ windowSeconds: 1 });
    await limiter.take(freshSubject());
    await until("every window to be forgotten", async () => {
      await purgeOld(worker.deps);
      const { rows } = await system.superuser.query(
        "select 1 from rate_limits where expire < extract(epoch from now()) * 1000",
      );
      return rows.length === 0;
    });
  });
});

describe("the limit of a merchant", () => {
  it("holds for all of its keys together, in one mode, and is told by whichever key asks", async () => {
    const limiters = [
      openLimiter({ reads: 40, ofMerchant: 100 }),
      openLimiter({ reads: 40, ofMerchant: 100 }),
    ];
    const { tenant, budget } = freshSubject();
    const keys = Array.from({ length: 5 }, () => newId(system.deps, "apiKey"));
    const taken = await Promise.all(
      Array.from({ length: 200 }, (_, index) => {
        const apiKeyId = keys[index % keys.length] ?? newId(system.deps, "apiKey");
        return (limiters[index % 2] ?? openLimiter()).take({ tenant, budget, apiKeyId });
      }),
    );
    expect(taken.filter(({ isWithin }) => isWithin)).toHaveLength(100);
    const apiKeyId = newId(system.deps, "apiKey");
    const limiter = openLimiter({ reads: 40, ofMerchant: 100 });
    expect(await limiter.take({ tenant, budget, apiKeyId })).toMatchObject({ isWithin: false, limit: 100 });
    expect(await limiter.take({ tenant, budget: "write", apiKeyId })).toMatchObject({ isWithin: true });
    const other = { ...tenant, mode: "test" as const };
    expect(await limiter.take({ tenant: other, budget, apiKeyId: keys[0] ?? apiKeyId })).toMatchObject({
      limit: 40,
    });
  });
});

describe("keys that are not valid", () => {
  const addresses = { "/keys": { GET: listKeysOperation } };
  const wrong = () => formatApiKey("test", system.deps.vault.random(32));
  const openSmall = () =>
    openDoor({ ...system.deps, refusals: createRefusalLimiter({ windowSeconds: 600, limit: 5 }) }, addresses);

  it("are looked at so often from one address, and one that is right by then would not be told", async () => {
    const { apiKey } = await system.merchant();
    const door = openSmall();
    const answers = [];
    for (let tried = 0; tried < 8; tried += 1)
      answers.push(await door("GET", "/keys", { key: wrong(), from: "192.0.2.7" }));
    expect(answers.map(({ status }) => status)).toEqual([...Array(5).fill(401), ...Array(3).fill(429)]);
    expect(answers.at(-1)?.json.code).toBe("rate_limited");
    expect(Number(answers.at(-1)?.headers.get("retry-after"))).toBeGreaterThan(0);
    const guessed = await door("GET", "/keys", { key: apiKey, from: "192.0.2.7" });
    expect(guessed.status).toBe(429);
    expect((await door("GET", "/keys", { key: apiKey, from: "192.0.2.8" })).status).toBe(200);
  });

  it("do not keep out a key that is in use, also where it shares their address", async () => {
    const { apiKey } = await system.merchant();
    const door = openSmall();
    expect((await door("GET", "/keys", { key: apiKey, from: "2001:db8::1" })).status).toBe(200);
    for (let tried = 0; tried < 8; tried += 1)
      await door("GET", "/keys", { key: wrong(), from: `2001:db8::${tried + 2}` });
    expect((await door("GET", "/keys", { key: wrong(), from: "2001:db8::77" })).status).toBe(429);
    expect((await door("GET", "/keys", { key: wrong(), from: "2001:db8:0:1::1" })).status).toBe(401);
    expect((await door("GET", "/keys", { key: apiKey, from: "2001:db8::1" })).status).toBe(200);
  });
});

describe("an answer of the door", () => {
  const addresses = {
    "/keys": { GET: listKeysOperation, POST: createKeyOperation },
    "/keys/{id}": { GET: getKeyOperation },
  };

  it("says where the key stands, whatever the answer is", async () => {
    const { apiKey: key } = await system.merchant();
    const door = openDoor({ ...system.deps, rateLimiter: openLimiter({ reads: 5, writes: 2 }) }, addresses);
    const found = await door("GET", "/keys", { key });
    expect(found.status).toBe(200);
    expect(found.headers.get("ratelimit-limit")).toBe("5");
    expect(found.headers.get("ratelimit-remaining")).toBe("4");
    expect(found.headers.get("ratelimit-policy")).toBe("5;w=600");
    expect(Number(found.headers.get("ratelimit-reset"))).toBeGreaterThan(590);
    const missing = await door("GET", "/keys/key_x", { key });
    expect(missing.status).toBe(404);
    expect(missing.headers.get("ratelimit-remaining")).toBe("3");
    const invalid = await door("POST", "/keys", { key, body: {} });
    expect(invalid.status).toBe(422);
    expect(invalid.headers.get("ratelimit-remaining")).toBe("1");
    const noMethod = await door("PATCH", "/keys", { key, body: {} });
    expect(noMethod.status).toBe(405);
    expect(noMethod.headers.get("ratelimit-remaining")).toBe("0");
  });

  it("is 429 with the time to wait when the budget is used up, and nothing was done", async () => {
    const { apiKey: key } = await system.merchant();
    const door = openDoor({ ...system.deps, rateLimiter: openLimiter({ reads: 100, writes: 3 }) }, addresses);
    const body = { name: "Till", scopes: ["keys:read"] };
    const answers = [];
    for (let request = 0; request < 8; request += 1) answers.push(await door("POST", "/keys", { key, body }));
    expect(answers.map(({ status }) => status)).toEqual([...Array(3).fill(201), ...Array(5).fill(429)]);
    const refused = answers.slice(3);
    for (const { json, headers } of refused) {
      expect(json.code).toBe("rate_limited");
      expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
      expect(headers.get("ratelimit-remaining")).toBe("0");
    }
    const { json } = await door("GET", "/keys", { key });
    expect(json.data).toHaveLength(4);
  });

  it("is 503 where the counter cannot be reached", async () => {
    const { apiKey: key } = await system.merchant();
    const unreachable = openLimiter({ url: "postgres://nobody@127.0.0.1:1/none" });
    const door = openDoor({ ...system.deps, rateLimiter: unreachable }, addresses);
    const { status, json, headers } = await door("GET", "/keys", { key });
    expect(status).toBe(503);
    expect(json.code).toBe("service_unavailable");
    expect(headers.get("retry-after")).not.toBeNull();
  });

  it("to keys that nobody has leaves no row", async () => {
    const door = openDoor(system.deps, addresses);
    const count = async () =>
      (await system.superuser.query("select count(*)::int as n from rate_limits")).rows[0]?.n;
    const before = await count();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        door("GET", "/keys", { key: formatApiKey("test", system.deps.vault.random(32)) }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    for (const { headers } of answers) expect(headers.get("ratelimit-limit")).toBeNull();
    expect(await count()).toBe(before);
  });
});
