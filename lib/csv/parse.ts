// Reads a CSV file as spreadsheets and other systems write it, with csv-parse.

import { pipeline } from "node:stream/promises";
import { setImmediate as letOthersRun } from "node:timers/promises";
import { CsvError, parse } from "csv-parse";
import { ServiceError } from "#lib/domain/errors.ts";

export interface CsvRow {
  /** Where it ends in the file, counted from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

export interface CsvFile {
  readonly separator: string;
  readonly header: readonly string[];
  readonly rows: readonly CsvRow[];
}

export interface CsvBounds {
  readonly rowsMax: number;
  readonly columnsMax: number;
}

/** Of two that are as frequent, the first: names hold commas sooner than the others. */
const SEPARATORS = ["\t", ";", ","] as const;
const SLICE_BYTES = 64 * 1024;
const RECORD_CHARACTERS_MAX = 64 * 1024;

/**
 * Header and rows of a file in UTF-8, with a byte order mark or without. Fields are separated by commas, semicolons
 * or tabs, whichever the header has most of; quoted fields may hold line breaks. Empty rows are passed over. Others
 * run between slices of the file.
 *
 * @throws import_file_invalid  another encoding, no rows, no header, too many rows or columns, or broken quotes
 */
export async function parseCsv(bytes: Uint8Array, bounds: CsvBounds): Promise<CsvFile> {
  const text = decode(bytes);
  const separator = findSeparator(text);
  const records: CsvRow[] = [];
  const options = {
    bom: true,
    delimiter: separator,
    info: true,
    record_delimiter: ["\r\n", "\n", "\r"],
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    max_record_size: RECORD_CHARACTERS_MAX,
  };
  try {
    await pipeline(slicesOf(bytes), parse(options), async (parsed: AsyncIterable<ParsedRecord>) => {
      for await (const { record, info } of parsed) {
        records.push({ line: info.lines, cells: record });
        if (records.length > bounds.rowsMax + 1) throw refuse(`It has more than ${bounds.rowsMax} rows.`);
      }
    });
  } catch (error) {
    throw error instanceof CsvError ? refuse(sentenceOf(error)) : error;
  }
  const [head, ...rows] = records;
  if (head === undefined || rows.length === 0) throw refuse("It has no rows below a line of column names.");
  return { separator, header: checkHeader(head.cells, bounds), rows };
}

interface ParsedRecord {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

async function* slicesOf(bytes: Uint8Array): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.byteLength; start += SLICE_BYTES) {
    yield Buffer.from(bytes.subarray(start, start + SLICE_BYTES));
    await letOthersRun();
  }
}

function decode(bytes: Uint8Array): string {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch {
    // Told below, as for text that only looks like UTF-8.
  }
  throw refuse(`It is ${isUtf16 ? "in UTF-16" : "not in UTF-8"}: save it as "CSV UTF-8".`);
}

/** Of the separators, the one that the first line has most of outside quotes; a comma where it has none. */
function findSeparator(text: string): string {
  const counts = new Map<string, number>();
  let isQuoted = false;
  for (const character of text.slice(0, RECORD_CHARACTERS_MAX)) {
    if (character === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if ((character === "\n" || character === "\r") && counts.size > 0) break;
    else counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  const countOf = (separator: string) => counts.get(separator) ?? 0;
  const most = Math.max(...SEPARATORS.map(countOf));
  return most === 0 ? "," : (SEPARATORS.find((one) => countOf(one) === most) ?? ",");
}

function checkHeader(cells: readonly string[], { columnsMax }: CsvBounds): string[] {
  if (cells.length > columnsMax) throw refuse(`It has more than ${columnsMax} columns.`);
  const header = cells.map((cell) => cell.trim());
  // Whoever has no header would lose the first payer without a word, and show a number where names are shown.
  if (header.some((name) => /^\+?\d[\d\s().-]{6,}/.test(name))) {
    throw refuse("Its first line must name the columns.");
  }
  return header;
}

/** In our words, since the library's may repeat what stands in the file. */
function sentenceOf(error: CsvError): string {
  const line = typeof error.lines === "number" ? ` at line ${error.lines}` : "";
  if (error.code === "CSV_MAX_RECORD_SIZE") return `A row is too long${line}, or its quotes are not closed.`;
  return `Its quotes are not as they must be${line}.`;
}

function refuse(detail: string): ServiceError {
  return new ServiceError("import_file_invalid", `The file cannot be read. ${detail}`, { pointer: "/file" });
}
