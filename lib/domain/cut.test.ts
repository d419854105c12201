import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutText } from "./cut.ts";

const FAMILY = "👨‍👩‍👧‍👦";

describe("a text that is cut", () => {
  it("never ends inside a visible character", () => {
    expect(cutText(`ab${FAMILY}`, 12)).toBe("ab");
    expect(cutText(`ab${FAMILY}c`, 13)).toBe(`ab${FAMILY}`);
    expect(cutText("e\u0301e\u0301", 3)).toBe("e\u0301");
    expect(cutText("😀😀", 1)).toBe("");
  });

  it("is as long as it may be, well-formed, and a beginning of what it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat({ max: 40 }), (text, max) => {
        const cut = cutText(text, max);
        expect(cut.length).toBeLessThanOrEqual(max);
        expect(text.startsWith(cut)).toBe(true);
        expect(cut.isWellFormed()).toBe(text.isWellFormed());
        if (text.length <= max) expect(cut).toBe(text);
      }),
    );
  });
});
