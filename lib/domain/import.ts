// Importing invoices from a table: how far an import is, and which column is which field.

import { AMOUNT_NOTATIONS, type AmountNotation, guessNotation } from "./amount-text.ts";
import { isCurrencyCode } from "./currency.ts";
import { type ErrorCode, ServiceError } from "./errors.ts";
import { METADATA_KEY, METADATA_KEYS_MAX } from "./invoice-fields.ts";

export const IMPORT_BYTES_MAX = 20_000_000;
export const IMPORT_ROWS_MAX = 50_000;
export const IMPORT_COLUMNS_MAX = 100;

/**
 * `uploaded` waits for a mapping, `checking` is being checked row by row, `checked` waits for a person, `running`
 * makes invoices, `done` has tried every good row. What is not done of a `cancelled` one is done by starting it.
 */
export const IMPORT_STATES = ["uploaded", "checking", "checked", "running", "done", "cancelled"] as const;
export type ImportState = (typeof IMPORT_STATES)[number];

/** `new` is not checked yet; `valid` is to be made; `refused` passed the check, and not the making. */
export const IMPORT_ROW_STATES = ["new", "valid", "invalid", "done", "refused"] as const;
export type ImportRowState = (typeof IMPORT_ROW_STATES)[number];

export const IMPORT_FIELDS = [
  "phone",
  "amount",
  "currency",
  "description",
  "merchant_reference",
  "due_at",
  "expires_at",
  "locale",
] as const;
export type ImportField = (typeof IMPORT_FIELDS)[number];

/** Without these there is no invoice. */
export const REQUIRED_IMPORT_FIELDS = ["phone", "amount", "description"] as const;

export interface ImportMapping {
  /** Fields and their columns, counted from 0. */
  readonly columns: Readonly<Partial<Record<ImportField, number>>>;
  /** Keys of the metadata and their columns. */
  readonly metadata: Readonly<Record<string, number>>;
  readonly amountNotation: AmountNotation;
  /** Where no column names it, or its cell is empty. */
  readonly currency: string | null;
  /** False: links are made and nothing is sent. */
  readonly shouldSendSms: boolean;
}

/** What can be wrong with a row besides the refusals of the verb that makes an invoice. */
export const ROW_FAULT_CODES = [
  "missing",
  "invalid_format",
  "invalid_value",
  "text_invalid",
  "too_small",
  "too_big",
  "instant_out_of_range",
  "internal_error",
] as const;

/** One fault of one row. `message` is a sentence that may be shown, and repeats nothing of the cell. */
export interface RowFault {
  /** A field, `metadata.<key>`, or `row`. */
  readonly field: string;
  readonly code: (typeof ROW_FAULT_CODES)[number] | ErrorCode;
  readonly message: string;
}

/** What is known of the rows that passed the check. */
export interface ImportSummary {
  /** Minor units by currency, as decimal digits. */
  readonly sums: Readonly<Record<string, string>>;
  readonly smsMessages: number;
  /** Parts of those messages: what providers charge by. */
  readonly smsParts: number;
}

export const EMPTY_SUMMARY: ImportSummary = { sums: {}, smsMessages: 0, smsParts: 0 };

const SYNONYMS: { readonly [F in ImportField]: readonly string[] } = {
  phone: [
    ...[
      "phone",
      "phone_number",
      "payer_phone",
      "mobile",
      "mobile_number",
      "mobile_phone",
      "cell",
      "cell_phone",
    ],
    ...["msisdn", "tel", "telephone", "telefon", "telefonnummer", "mobil", "mobilnummer", "mobiltelefon"],
  ],
  amount: [
    ...["amount", "amount_due", "total", "total_amount", "sum", "price", "to_pay", "belop", "betrag", "pris"],
    ...["amount_minor", "amount_cents", "amount_ore", "belop_ore"],
  ],
  currency: ["currency", "currency_code", "valuta", "valutakode", "wahrung"],
  description: ["description", "text", "details", "item", "beskrivelse", "tekst", "betreff"],
  merchant_reference: [
    ...["merchant_reference", "reference", "ref", "invoice_number", "invoice_no", "order", "order_id"],
    ...["order_number", "order_no", "referanse", "fakturanummer", "ordrenummer", "rechnungsnummer"],
  ],
  due_at: ["due_at", "due", "due_date", "forfall", "forfallsdato", "frist", "fallig_am"],
  expires_at: ["expires_at", "expires", "expiry", "expiry_date", "valid_until", "utloper", "gyldig_til"],
  locale: ["locale", "language", "lang", "sprak", "sprache"],
};

const MINOR_NAMES = /_(?:minor|cents|ore)$/;

/** A column's name without case, accents and marks: "Beløp (øre)" is `belop_ore`. */
function plainName(name: string): string {
  const ascii = name.toLowerCase().replaceAll("ø", "o").replaceAll("æ", "ae").normalize("NFKD");
  return ascii
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_|_$/g, "");
}

/**
 * A mapping by the names of the columns, for a person to confirm: each field the first column that is called like
 * it. `rows` are the first few, by which amounts are recognised.
 */
export function proposeMapping(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  currency: string | null,
): ImportMapping {
  const names = header.map(plainName);
  const columns: Partial<Record<ImportField, number>> = {};
  for (const field of IMPORT_FIELDS) {
    // The first synonym that is there, and not the first column: the plainest name is meant.
    const name = SYNONYMS[field].find((synonym) => names.includes(synonym));
    if (name !== undefined) columns[field] = names.indexOf(name);
  }
  const metadata: Record<string, number> = {};
  header.forEach((title, column) => {
    const key = /^\s*metadata\.(\S+)\s*$/i.exec(title)?.[1];
    if (key !== undefined && isMetadataKey(key) && !Object.hasOwn(metadata, key)) metadata[key] = column;
  });
  const { amount } = columns;
  const isMinor = amount !== undefined && MINOR_NAMES.test(names[amount] ?? "");
  const cells = amount === undefined ? [] : rows.map((row) => row[amount] ?? "");
  return {
    columns,
    metadata,
    amountNotation: isMinor ? "minor" : guessNotation(cells),
    currency: columns.currency === undefined ? currency : null,
    shouldSendSms: true,
  };
}

/**
 * A mapping that fits the header, with nothing in it but what it may have.
 *
 * @throws import_mapping_invalid  a column that is not there or stands for two fields, a required field without
 *                                 one, no currency, or a key that metadata cannot have
 */
export function requireMapping(mapping: ImportMapping, header: readonly string[]): ImportMapping {
  const refuse = (pointer: string, detail: string) =>
    new ServiceError("import_mapping_invalid", detail, { pointer: `/mapping/${pointer}` });
  const columns: Partial<Record<ImportField, number>> = {};
  for (const field of IMPORT_FIELDS) {
    const column = mapping.columns[field];
    if (column !== undefined) columns[field] = column;
  }
  const metadata = Object.fromEntries(Object.entries(mapping.metadata).sort(byName));
  for (const key of Object.keys(metadata)) {
    if (isMetadataKey(key)) continue;
    throw refuse("metadata", "A key of metadata is 1 to 40 letters, digits, points, dashes and underscores.");
  }
  if (Object.keys(metadata).length > METADATA_KEYS_MAX) {
    throw refuse("metadata", `Metadata has at most ${METADATA_KEYS_MAX} keys.`);
  }
  const used = [
    ...Object.entries(columns).map(([field, column]) => [`columns/${field}`, column] as const),
    ...Object.entries(metadata).map(([key, column]) => [`metadata/${key}`, column] as const),
  ];
  const seen = new Set<number>();
  for (const [pointer, column] of used) {
    if (!Number.isInteger(column) || column < 0 || column >= header.length) {
      throw refuse(pointer, "The file has no such column.");
    }
    if (seen.has(column)) throw refuse(pointer, "One column cannot stand for two fields.");
    seen.add(column);
  }
  const missing = REQUIRED_IMPORT_FIELDS.find((field) => columns[field] === undefined);
  if (missing !== undefined) throw refuse(`columns/${missing}`, `A column for ${missing} is missing.`);
  if (columns.currency === undefined && mapping.currency === null) {
    throw refuse("currency", "The currency is missing: name a column, or one for all rows.");
  }
  if (mapping.currency !== null && !isCurrencyCode(mapping.currency)) {
    throw refuse("currency", "The currency is not one that can be billed in.");
  }
  if (!AMOUNT_NOTATIONS.includes(mapping.amountNotation)) {
    throw refuse("amount_notation", `The notation is one of ${AMOUNT_NOTATIONS.join(", ")}.`);
  }
  return {
    columns,
    metadata,
    amountNotation: mapping.amountNotation,
    currency: mapping.currency,
    shouldSendSms: mapping.shouldSendSms,
  };
}

/** One name that fits would be taken for an object's prototype; the API refuses it too. */
function isMetadataKey(key: string): boolean {
  return METADATA_KEY.test(key) && key !== "__proto__";
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** True where both say the same; the order in which they say it does not matter. */
export function isSameMapping(a: ImportMapping, b: ImportMapping): boolean {
  return fingerprint(a) === fingerprint(b);
}

function fingerprint({ columns, metadata, amountNotation, currency, shouldSendSms }: ImportMapping): string {
  return JSON.stringify([
    IMPORT_FIELDS.map((field) => columns[field] ?? null),
    Object.entries(metadata).sort(byName),
    amountNotation,
    currency,
    shouldSendSms,
  ]);
}

/** Both together. */
export function addSummaries(a: ImportSummary, b: ImportSummary): ImportSummary {
  const sums = { ...a.sums };
  for (const [currency, sum] of Object.entries(b.sums)) {
    sums[currency] = String(BigInt(sums[currency] ?? 0) + BigInt(sum));
  }
  return { sums, smsMessages: a.smsMessages + b.smsMessages, smsParts: a.smsParts + b.smsParts };
}
