// Reads a CSV file as spreadsheets and providers write it: RFC 4180, with commas, semicolons or tabs.

import { CsvError, parse } from "csv-parse/sync";
import { ServiceError } from "#lib/domain/errors.ts";

export interface CsvRow {
  /** The line of the file on which the row ends, from 1. */
  readonly line: number;
  readonly values: readonly string[];
}

export interface CsvTable {
  readonly header: readonly string[];
  readonly rows: readonly CsvRow[];
}

export interface CsvLimits {
  readonly charactersMax: number;
  readonly rowsMax: number;
}

const DELIMITERS = [",", ";", "\t"] as const;

/**
 * The first row names the columns; empty lines are skipped, and values trimmed.
 *
 * @throws invalid_request  too large, no rows, a column named twice, or quotes that do not close (`/file`)
 */
export function readCsv(text: string, { charactersMax, rowsMax }: CsvLimits): CsvTable {
  if (text.length > charactersMax) throw refusal("The file is too large.");
  const [first, ...rows] = readRows(text, rowsMax + 2);
  if (first === undefined || rows.length === 0) throw refusal("The file has no rows.");
  if (rows.length > rowsMax) throw refusal(`The file has more than ${rowsMax} rows.`);
  const named = first.values.filter((name) => name !== "").map((name) => name.toLowerCase());
  if (new Set(named).size < named.length) throw refusal("Two columns have the same name.");
  return { header: first.values, rows };
}

function readRows(text: string, limit: number): CsvRow[] {
  try {
    const records = parse(text, {
      bom: true,
      delimiter: delimiterOf(text),
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      to: limit,
      trim: true,
    }) as unknown as { readonly record: string[]; readonly info: { readonly lines: number } }[];
    return records.map(({ record, info }) => ({ line: info.lines, values: record }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw refusal(`The file cannot be read as CSV: ${error.code.toLowerCase().replaceAll("_", " ")}.`);
  }
}

/** The one that stands most often in the first line. */
function delimiterOf(text: string): string {
  const end = text.search(/\r|\n/);
  const head = end === -1 ? text : text.slice(0, end);
  const count = (delimiter: string) => head.split(delimiter).length;
  return DELIMITERS.reduce((best, one) => (count(one) > count(best) ? one : best));
}

function refusal(detail: string): ServiceError {
  return new ServiceError("invalid_request", detail, { pointer: "/file" });
}
