import { describe, expect, it } from "vitest";
import { countCharacters } from "#lib/domain/text.ts";
import { line } from "./text.ts";

const read = (text: string, max = 20) => line(max).safeParse(text);

describe("a line of text", () => {
  it("is kept in one canonical form, without spaces around it", () => {
    expect(read("  cafe\u0301  ").data).toBe("café");
  });

  it.each([
    ["a NUL", "a\u0000b"],
    ["a line feed", "a\nb"],
    ["a control character", "a\u0085b"],
    ["a line separator", "a\u2028b"],
    ["a lone surrogate", "a\ud800b"],
    ["a direction override", "a\u202eb"],
    ["a direction isolate", "a\u2066b"],
    ["nothing but spaces", "   "],
  ])("must not hold %s", (_what, text) => {
    expect(read(text).success).toBe(false);
  });

  it("is measured in what people see as characters", () => {
    const family = "👨‍👩‍👧‍👦";
    expect(countCharacters(family)).toBe(1);
    expect(read(family.repeat(3), 3).success).toBe(true);
    expect(read("abcd", 3).success).toBe(false);
  });

  it("is bounded even where many marks make one character", () => {
    expect(read(`a${"\u0301".repeat(100_000)}`).success).toBe(false);
  });

  it("may have several lines only where that was said", () => {
    expect(line(20, true).safeParse("a\nb").success).toBe(true);
    expect(line(20, true).safeParse("a\tb").success).toBe(false);
  });
});
