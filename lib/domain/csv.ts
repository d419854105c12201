// Cells and lines of a CSV file (RFC 4180), made so that no spreadsheet takes what people wrote for a formula.

/** Begins the file, so that spreadsheets read it as UTF-8. */
export const CSV_START = "\uFEFF";

/** What spreadsheets begin a formula with, also in full width and behind blanks; and what starts another cell. */
const FORMULA = /^(?:[\s\0]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|[\t\r\n\0])/;

/** A cell of text: always quoted, and led by an apostrophe where it would be a formula. Null: an empty cell. */
export function textCell(text: string | null): string {
  if (text === null || text === "") return "";
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

const PLAIN = /^[A-Za-z0-9_.: -]*$/;

/** A cell of our own making: an id, a word of a closed list, a number, a time. Numbers stay numbers. */
export function plainCell(value: string | number | null): string {
  const text = value === null ? "" : String(value);
  return PLAIN.test(text) ? text : textCell(text);
}

export function csvLine(cells: readonly string[]): string {
  return `${cells.join(",")}\r\n`;
}
