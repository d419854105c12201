import { describe, expect, it } from "vitest";
import { readCsv } from "./read-csv.ts";

const LIMITS = { charactersMax: 1_000, rowsMax: 3 };
const read = (text: string) => readCsv(text, LIMITS);

describe("a CSV file", () => {
  it.each([
    ["commas", "a,b\n1,2\n"],
    ["semicolons", "a;b\r\n1;2\r\n"],
    ["tabs", "a\tb\n1\t2"],
    ["a mark of its encoding", "\ufeffa,b\n1,2"],
    ["quotes and spaces", 'a, b\n"1"," 2 "'],
    ["empty lines", "\n\na,b\n\n1,2\n\n"],
  ])("is read with %s", (_name, text) => {
    const { header, rows } = read(text);
    expect(header).toEqual(["a", "b"]);
    expect(rows.map(({ values }) => values.map((value) => value.trim()))).toEqual([["1", "2"]]);
  });

  it("tells the line of each row, also after one that spans two", () => {
    const { rows } = read('a,b\n"x\ny",2\n3,4');
    expect(rows).toEqual([
      { line: 3, values: ["x\ny", "2"] },
      { line: 4, values: ["3", "4"] },
    ]);
  });

  it.each([
    ["nothing", ""],
    ["only a header", "a,b\n"],
    ["a quote that does not close", 'a,b\n"1,2'],
    ["too many rows", "a\n1\n2\n3\n4"],
    ["too many characters", `a\n${"x".repeat(1_000)}`],
    ["a column that is named twice", "a,A\n1,2"],
  ])("with %s is refused with a reason", (_name, text) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: "invalid_request", pointer: "/file" }) as Error,
    );
  });
});
