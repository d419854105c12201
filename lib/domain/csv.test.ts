import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvLine, plainCell, textCell } from "./csv.ts";

const readBack = (line: string): string[][] => parse(line, { record_delimiter: "\r\n" });

describe("a cell of text", () => {
  it.each([
    "=1+1",
    "+47 900",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\0=1",
    "  =1",
    "\u00a0=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    '=HYPERLINK("https://x.example","y")',
    "=cmd|' /C calc'!A0",
  ])("%j is led by an apostrophe, so that no spreadsheet runs it", (text) => {
    expect(readBack(csvLine([textCell(text)]))).toEqual([[`'${text}`]]);
  });

  it.each(["a=b", "2+2", "Anne-Marie", "x@y.example", "'quoted'", "æøå", '"', "a,b;c\td", "one\r\ntwo"])(
    "%j stays as it is",
    (text) => {
      expect(readBack(csvLine([textCell(text), "7"]))).toEqual([[text, "7"]]);
    },
  );

  it("never breaks out of its place, and never begins a formula", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 2, maxLength: 6 }), (texts) => {
        const [row, ...more] = readBack(csvLine(texts.map(textCell)));
        expect(more).toEqual([]);
        expect(row).toHaveLength(texts.length);
        for (const [index, cell] of (row ?? []).entries()) {
          expect(cell).not.toMatch(/^[\s\0]*[=+\-@＝＋－＠]/);
          expect(cell.replace(/^'/, "")).toBe((texts[index] ?? "").replace(/^'/, ""));
        }
      }),
    );
  });
});

describe("a cell of our own", () => {
  it("keeps a number a number, be it negative", () => {
    expect(plainCell("-12.50")).toBe("-12.50");
    expect(plainCell(7)).toBe("7");
    expect(plainCell(null)).toBe("");
  });

  it("is written as text where it is more than plain", () => {
    expect(plainCell("created_at (Europe/Oslo)")).toBe('"created_at (Europe/Oslo)"');
  });
});
