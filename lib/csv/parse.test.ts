import { describe, expect, it } from "vitest";
import { parseCsv } from "./parse.ts";

const BOUNDS = { rowsMax: 100, columnsMax: 10 };
const read = (text: string, bounds = BOUNDS) => parseCsv(new TextEncoder().encode(text), bounds);
const refusal = { code: "import_file_invalid" };

describe("a CSV file", () => {
  it.each([
    [",", "a,b\n1,2\n"],
    [";", "a;b\n1;2\n"],
    ["\t", "a\tb\n1\t2\n"],
    [";", "a;b, c\r\n1;2\r\n"],
    [";", '"a,b,c,d";b\n1;2'],
    [",", "\ufeffa,b\r1,2"],
  ])("is separated by %j, as its header shows", async (separator, text) => {
    const file = await read(text);
    expect(file.separator).toBe(separator);
    expect(file.rows).toHaveLength(1);
    expect(file.rows[0]?.cells).toEqual(["1", "2"]);
    expect(file.header[0]).not.toMatch(/^\ufeff/);
  });

  it("may have quotes, line breaks in them, and empty rows, and its rows know their lines", async () => {
    const { rows } = await read('a,b\n"x ""y""","one\ntwo"\n\n,\n3,4\n');
    expect(rows).toEqual([
      { line: 3, cells: ['x "y"', "one\ntwo"] },
      { line: 6, cells: ["3", "4"] },
    ]);
  });

  it("keeps letters whole wherever its slices end", async () => {
    const cell = "æøå😀".repeat(5_000);
    const { rows } = await read(`a\n${Array.from({ length: 20 }, () => cell).join("\n")}`);
    expect(rows.every(({ cells }) => cells[0] === cell)).toBe(true);
  });

  it("may have rows with fewer or more cells, which are told of row by row", async () => {
    expect((await read("a,b\n1\n1,2,3")).rows.map(({ cells }) => cells.length)).toEqual([1, 3]);
  });

  it.each([
    ["nothing", ""],
    ["no rows", "a,b\n"],
    ["no header", "+4790000000;249,00\n+4790000001;249,00"],
    ["a quote that is not closed", 'a,b\n1,"2\n3,4\n'],
    ["a quote in the middle", 'a,b\n1,x"y"\n'],
    ["too many rows", `a\n${"1\n".repeat(101)}`],
    ["too many columns", `${"a,".repeat(11)}\n1`],
    ["a row without end", `a\n"${"x".repeat(70_000)}"`],
    ["a NUL", "a\n1\0"],
  ])("with %s is refused", async (_what, text) => {
    await expect(read(text)).rejects.toMatchObject(refusal);
  });

  it.each([
    ["UTF-16", Buffer.from("\ufeffa,b\n1,2", "utf16le"), "UTF-16"],
    ["UTF-16 without a mark", Buffer.from("a,b\n1,2", "utf16le"), "not in UTF-8"],
    ["Latin-1", Buffer.from("a,b\nbl\u00e5,2", "latin1"), "not in UTF-8"],
  ])("in %s is refused with a way out", async (_what, bytes, words) => {
    await expect(parseCsv(bytes, BOUNDS)).rejects.toThrow(words);
    await expect(parseCsv(bytes, BOUNDS)).rejects.toThrow("CSV UTF-8");
  });

  it("is never told of in its own words", async () => {
    const error = await read('a,b\n1,secret"x"\n').catch((caught: Error) => caught);
    expect(String(error)).not.toContain("secret");
  });
});
