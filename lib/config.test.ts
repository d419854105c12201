import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ConfigError, parseConfig } from "./config.ts";

const good = {
  BILLTEXT_ORIGIN: "https://pay.example.com",
  BILLTEXT_MASTER_KEYS: `1:${randomBytes(32).toString("base64")}`,
  DATABASE_URL: "postgres://web@db.example.com/billtext",
};

function sentences(environment: Record<string, string>): readonly string[] {
  try {
    parseConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.sentences;
    throw error;
  }
}

describe("settings", () => {
  it("name every one that is missing or malformed", () => {
    const said = sentences({
      BILLTEXT_ORIGIN: "ftp://x",
      DATABASE_URL: "mysql://x",
      RAIL_TIMEOUT_MS: "soon",
    }).join("\n");
    for (const name of ["BILLTEXT_ORIGIN", "BILLTEXT_MASTER_KEYS", "DATABASE_URL", "RAIL_TIMEOUT_MS"])
      expect(said).toContain(name);
  });

  it("take an empty value as not set", () => {
    expect(parseConfig({ ...good, SANDBOX_URL: "" }).sandboxUrl).toBeNull();
  });

  it("name ports from 1 to 65535 alone", () => {
    expect(parseConfig({ ...good, CALLBACK_PORTS: "1,65535" }).callback.ports).toEqual([1, 65_535]);
    for (const ports of ["0", "65536", "443,99999", "443,0"])
      expect(sentences({ ...good, CALLBACK_PORTS: ports }).join(" "), ports).toContain("CALLBACK_PORTS");
  });

  it("let a merchant's keys do together what four of them may, unless it is said", () => {
    const { rateLimits } = parseConfig({ ...good, RATE_LIMIT_LIVE_READS_PER_SECOND: "7" });
    expect(rateLimits.merchantLimits.live).toEqual({ read: 28, write: 200 });
    const said = parseConfig({ ...good, RATE_LIMIT_LIVE_MERCHANT_READS_PER_SECOND: "9" });
    expect(said.rateLimits.merchantLimits.live.read).toBe(9);
  });

  it("set no failpoint unless told to, and none that does not exist", () => {
    expect(parseConfig(good).failpoints).toEqual([]);
    expect(parseConfig({ ...good, BILLTEXT_FAILPOINTS: "K5=kill" }).failpoints).toMatchObject([
      { name: "K5" },
    ]);
    expect(sentences({ ...good, BILLTEXT_FAILPOINTS: "K99=kill" }).join(" ")).toContain(
      "BILLTEXT_FAILPOINTS",
    );
  });

  it("refuse a master key that is short, doubled or not base64", () => {
    for (const keys of [
      "1:abc",
      `1:${Buffer.alloc(31, 7).toString("base64")}`,
      `${good.BILLTEXT_MASTER_KEYS},${good.BILLTEXT_MASTER_KEYS}`,
      "x",
    ]) {
      expect(sentences({ ...good, BILLTEXT_MASTER_KEYS: keys })).not.toEqual([]);
    }
  });
});

describe("a live installation", () => {
  const live = { ...good, BILLTEXT_ENV: "live" };

  it("starts with good settings", () => {
    expect(sentences(live)).toEqual([]);
  });

  it.each([
    ["an http origin", { BILLTEXT_ORIGIN: "http://pay.example.com" }, "BILLTEXT_ORIGIN"],
    ["an origin on this machine", { BILLTEXT_ORIGIN: "https://localhost" }, "BILLTEXT_ORIGIN"],
    ["failpoints", { BILLTEXT_FAILPOINTS: "K1=kill" }, "BILLTEXT_FAILPOINTS"],
    ["the embedded database", { BILLTEXT_EMBEDDED_DATABASE: "1" }, "DATABASE_URL"],
    ["the sandbox", { SANDBOX_URL: "http://localhost:4000" }, "SANDBOX_URL"],
    ["callbacks to this machine", { CALLBACK_LOOPBACK: "allowed" }, "CALLBACK_LOOPBACK"],
    [
      "a typed master key",
      { BILLTEXT_MASTER_KEYS: `1:${Buffer.alloc(32, "a").toString("base64")}` },
      "BILLTEXT_MASTER_KEYS",
    ],
  ])("refuses %s, naming the setting", (_what, change, name) => {
    expect(sentences({ ...live, ...change }).join(" ")).toContain(name);
  });

  it("never calls back to this machine, not even for test objects", () => {
    expect(parseConfig(live).callback.isLoopbackAllowed).toBe(false);
    expect(parseConfig(good).callback.isLoopbackAllowed).toBe(true);
  });
});
