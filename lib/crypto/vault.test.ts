import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InvoiceId } from "#lib/domain/ids.ts";
import type { Msisdn } from "#lib/domain/msisdn.ts";
import { apiKeyHint, formatApiKey, isApiKeyShape } from "./api-key.ts";
import { createVault } from "./vault.ts";

const first = { id: 1, bytes: randomBytes(32) };
const second = { id: 2, bytes: randomBytes(32) };
const vault = createVault([first]);
const rotated = createVault([second, first]);
const invoiceId = "inv_0123456789abcdefghijkl" as InvoiceId;
const phone = "+4790000000" as Msisdn;

describe("the vault", () => {
  it("opens what it sealed, and only in the same context", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const sealed = vault.seal(text, "a");
        expect(vault.open(sealed, "a")).toBe(text.toWellFormed());
        expect(() => vault.open(sealed, "b")).toThrow();
      }),
    );
  });

  it("notices any changed bit", () => {
    const sealed = vault.seal("+4790000000", "a");
    for (let index = 1; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => vault.open(changed, "a"), `byte ${index}`).toThrow();
    }
  });

  it("seals the same text differently each time", () => {
    expect(Buffer.from(vault.seal("x", "a"))).not.toEqual(Buffer.from(vault.seal("x", "a")));
  });

  it("still opens, verifies and finds after a new key was put first", () => {
    expect(rotated.open(vault.seal("x", "a"), "a")).toBe("x");
    expect(rotated.verify("p", "text", vault.sign("p", "text"))).toBe(true);
    expect(rotated.phoneHashes(phone).map((hash) => Buffer.from(hash).toString("hex"))).toContain(
      Buffer.from(vault.phoneHashes(phone)[0]).toString("hex"),
    );
    expect(rotated.linkToken(invoiceId, 1, 1).token).toBe(vault.linkToken(invoiceId, 1).token);
    expect(rotated.linkToken(invoiceId, 1).token).not.toBe(vault.linkToken(invoiceId, 1).token);
  });

  it("derives link tokens of 22 letters and digits that no other invoice or counter has", () => {
    const tokens = Array.from({ length: 500 }, (_, counter) => vault.linkToken(invoiceId, counter).token);
    expect(new Set(tokens).size).toBe(500);
    for (const token of tokens) expect(token).toMatch(/^[0-9A-Za-z]{22}$/);
  });

  it("spreads random text evenly over its alphabet", () => {
    const counts = new Map<string, number>();
    for (const letter of vault.random(62_000)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    expect(counts.size).toBe(62);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(250);
  });

  it("accepts no proof for another purpose or text, and no malformed one", () => {
    const proof = vault.sign("p", "text");
    expect(vault.verify("p", "text", proof)).toBe(true);
    for (const [purpose, text, given] of [
      ["q", "text", proof],
      ["p", "Text", proof],
      ["p", "text", proof.slice(0, -1)],
      ["p", "text", ""],
      ["p", "text", "1."],
      ["p", "text", "9.abc"],
      ["p", "text", `x${proof}`],
    ] as const) {
      expect(vault.verify(purpose, text, given)).toBe(false);
    }
  });
});

describe("API keys", () => {
  it("have a shape that a scanner can be sure of, and a checksum that a slip of the pen breaks", () => {
    const key = formatApiKey("test", vault.random(32));
    expect(key).toMatch(/^btk_test_[0-9A-Za-z]{38}$/);
    expect(isApiKeyShape(key)).toBe(true);
    for (let index = "btk_test_".length; index < key.length; index += 1) {
      const other = key[index] === "A" ? "B" : "A";
      expect(isApiKeyShape(key.slice(0, index) + other + key.slice(index + 1))).toBe(false);
    }
    expect(isApiKeyShape(key.replace("test", "live"))).toBe(false);
  });

  it("show four of their characters afterwards", () => {
    const key = formatApiKey("live", "abcd".repeat(8));
    expect(apiKeyHint(key)).toBe("btk_live_abcd");
  });
});
