import { describe, expect, it } from "vitest";
import { ID_PREFIXES, isId, parseId, toId } from "./ids.ts";

describe("ids", () => {
  it("are of one kind only", () => {
    const id = toId("invoice", "0123456789abcdefghijkl");
    expect(isId("invoice", id)).toBe(true);
    expect(isId("payment", id)).toBe(false);
  });

  it("read as not found, never as an error, when malformed", () => {
    for (const text of [
      "",
      "inv_",
      "inv_short",
      "inv_0123456789abcdefghijklm",
      "inv_0123456789abcdefghij!!",
      "INV_0123456789abcdefghijkl",
    ]) {
      expect(parseId("invoice", text)).toBeNull();
    }
  });

  it("have a prefix each", () => {
    const prefixes = Object.values(ID_PREFIXES);
    expect(new Set(prefixes).size).toBe(prefixes.length);
  });
});
