// What the rows of a settlement file say, by the names of its columns.

import type { CsvFile, CsvRow } from "#lib/csv/parse.ts";
import { isCurrencyCode } from "#lib/domain/currency.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import { AMOUNT_MINOR_MAX, fromDecimal } from "#lib/domain/money.ts";
import type { SettlementClaim, SettlementKind, SettlementProblem } from "#lib/domain/settlement.ts";

export const SETTLEMENT_FIELDS = ["reference", "amount", "currency", "fee", "kind", "date"] as const;
export type SettlementField = (typeof SETTLEMENT_FIELDS)[number];

/** Names of columns; a field without one is sought under its usual names. */
export type SettlementColumns = Partial<Record<SettlementField, string>>;

const USUAL_NAMES: { readonly [F in SettlementField]: readonly string[] } = {
  reference: [
    "reference",
    "transaction",
    "transaction id",
    "transaction_id",
    "payment_intent_id",
    "server reference",
  ],
  amount: ["amount", "gross", "gross amount"],
  currency: ["currency"],
  fee: ["fee", "fees"],
  kind: ["kind", "type", "reporting_category"],
  date: ["date", "created", "created_utc", "settled"],
};

const NEEDED: readonly SettlementField[] = ["reference", "amount", "currency"];

const KINDS: Readonly<Record<string, SettlementKind>> = {
  payment: "payment",
  charge: "payment",
  capture: "payment",
  sale: "payment",
  refund: "refund",
  refund_reversal: "refund_reversal",
  refund_failure: "refund_reversal",
  dispute: "dispute",
  chargeback: "dispute",
  dispute_reversal: "dispute_reversal",
  chargeback_reversal: "dispute_reversal",
};

export interface ReadLine {
  readonly number: number;
  /** `YYYY-MM-DD`; null where the file has no such column. */
  readonly day: string | null;
  readonly claim: SettlementClaim;
}

export interface RefusedLine {
  readonly number: number;
  readonly problem: SettlementProblem;
  /** The column at fault. */
  readonly field: string;
}

export interface ParsedLines {
  readonly read: readonly ReadLine[];
  readonly refused: readonly RefusedLine[];
}

/**
 * Reads every row, or says of each what is wrong with it. Amounts are decimal; their sign is the kind's affair.
 *
 * @throws invalid_request  a column that is needed, or was named, is not there (`/columns/…`), or there twice
 */
export function parseSettlementLines(
  table: Pick<CsvFile, "header" | "rows">,
  columns: SettlementColumns,
): ParsedLines {
  const places = findColumns(table.header, columns);
  const read: ReadLine[] = [];
  const refused: RefusedLine[] = [];
  for (const row of table.rows) {
    const parsed = parseRow(row, places);
    if ("problem" in parsed) {
      const field = table.header[places[parsed.field] ?? -1] ?? parsed.field;
      refused.push({ number: row.line, problem: parsed.problem, field });
    } else {
      read.push({ number: row.line, ...parsed });
    }
  }
  return { read, refused };
}

type Places = Partial<Record<SettlementField, number>>;

function findColumns(header: readonly string[], columns: SettlementColumns): Places {
  const names = header.map((name) => name.toLowerCase());
  const given = names.filter((name) => name !== "");
  if (new Set(given).size < given.length) {
    throw new ServiceError("invalid_request", "Two columns have the same name.", { pointer: "/file" });
  }
  const places: Places = {};
  for (const field of SETTLEMENT_FIELDS) {
    const named = columns[field];
    const wanted = named === undefined ? USUAL_NAMES[field] : [named.trim().toLowerCase()];
    const place = names.findIndex((name) => wanted.includes(name));
    if (place !== -1) places[field] = place;
    else if (named !== undefined || NEEDED.includes(field)) {
      throw new ServiceError("invalid_request", `The file has no column for ${field}.`, {
        pointer: `/columns/${field}`,
      });
    }
  }
  return places;
}

type Refusal = { readonly problem: SettlementProblem; readonly field: SettlementField };

const TEXT_MAX = 200;

function parseRow({ cells }: CsvRow, places: Places): Omit<ReadLine, "number"> | Refusal {
  const text = (field: SettlementField) => (cells[places[field] ?? -1] ?? "").trim().normalize("NFC");
  for (const field of SETTLEMENT_FIELDS) {
    if (text(field).length > TEXT_MAX || text(field).includes("\0"))
      return { problem: "value_too_long", field };
  }
  for (const field of NEEDED) if (text(field) === "") return { problem: "missing_value", field };
  const currency = text("currency").toUpperCase();
  if (!isCurrencyCode(currency)) return { problem: "currency_unknown", field: "currency" };
  const kind = places.kind === undefined ? "payment" : KINDS[kindName(text("kind"))];
  if (kind === undefined) return { problem: "kind_unknown", field: "kind" };
  const amountMinor = readMinor(text("amount"), currency);
  if (amountMinor === null || amountMinor === 0n) return { problem: "amount_malformed", field: "amount" };
  const hasFee = places.fee !== undefined && text("fee") !== "";
  const feeMinor = hasFee ? readMinor(text("fee"), currency) : null;
  if (hasFee && feeMinor === null) return { problem: "amount_malformed", field: "fee" };
  const day = places.date === undefined ? null : readDay(text("date"));
  if (day === undefined) return { problem: "date_malformed", field: "date" };
  return { day, claim: { reference: text("reference"), kind, amountMinor, currency, feeMinor } };
}

function kindName(text: string): string {
  return text.toLowerCase().replaceAll(/[\s-]+/g, "_");
}

/** "249.00", "249,00", "-249": without its sign. Thousands are not grouped; what a currency cannot hold is refused. */
function readMinor(text: string, currency: Parameters<typeof fromDecimal>[1]): bigint | null {
  const plain = /^[-+]?(\d{1,12})(?:[.,](\d{1,6}))?$/.exec(text);
  if (plain === null) return null;
  try {
    const { amountMinor } = fromDecimal(
      `${plain[1]}${plain[2] === undefined ? "" : `.${plain[2]}`}`,
      currency,
    );
    return amountMinor <= AMOUNT_MINOR_MAX ? amountMinor : null;
  } catch (error) {
    if (error instanceof ServiceError) return null;
    throw error;
  }
}

/** The day of a date or an instant; undefined where it is neither. */
function readDay(text: string): string | undefined {
  const day = /^(20\d\d-\d\d-\d\d)(?:[T ].*)?$/.exec(text)?.[1];
  const ms = day === undefined ? Number.NaN : Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(day ?? "-") ? undefined : day;
}
