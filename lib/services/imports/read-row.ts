// One row of a table as the input of the verb that makes an invoice, or everything that is wrong with it.

import { readAmountText } from "#lib/domain/amount-text.ts";
import { parseCurrency } from "#lib/domain/currency.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { ImportField, ImportMapping, RowFault } from "#lib/domain/import.ts";
import {
  DESCRIPTION_LENGTH_MAX,
  isInstantInRange,
  METADATA_VALUE_LENGTH_MAX,
} from "#lib/domain/invoice-fields.ts";
import { isLocale, LOCALES } from "#lib/domain/merchant.ts";
import { billableMoney, type Money } from "#lib/domain/money.ts";
import { type ReadText, readLine, readReference } from "#lib/domain/text.ts";
import { readWhen } from "#lib/domain/when-text.ts";
import type { ZoneClock } from "#lib/domain/zone.ts";
import { type ParsedPhone, parseMsisdn } from "#lib/phone/parse-msisdn.ts";
import type { CreateInvoiceInput } from "../invoices/create.ts";

export type ReadRow =
  | { readonly input: CreateInvoiceInput; readonly faults: readonly [] }
  | { readonly input: null; readonly faults: readonly RowFault[] };

export interface RowReader {
  readonly mapping: ImportMapping;
  readonly columnCount: number;
  /** The merchant's, for days and hours that name no zone. */
  readonly clock: ZoneClock;
}

/** Reads a row by the mapping. Every field at fault is told of, with the codes that the API has for it. */
export function readRow(cells: readonly string[], reader: RowReader): ReadRow {
  const { mapping, columnCount, clock } = reader;
  const faults: RowFault[] = [];
  const refuse = (field: string, code: RowFault["code"], message: string) => {
    faults.push({ field, code, message });
    return null;
  };
  const cellOf = (field: ImportField) => {
    const column = mapping.columns[field];
    return column === undefined ? "" : (cells[column] ?? "").trim();
  };
  const textOf = (field: string, cell: string, read: (raw: string) => ReadText) => {
    if (cell === "") return null;
    const result = read(cell);
    return result.isGood ? result.text : refuse(field, result.code, sentence(field, result.message));
  };
  const given = <T>(field: ImportField, read: (cell: string) => T): T | null => {
    const cell = cellOf(field);
    if (cell === "") return refuse(field, "missing", sentence(field, "is missing"));
    return tell(field, () => read(cell));
  };
  /** What the rules of others say is told of the field that they were asked about. */
  const tell = <T>(field: string, read: () => T): T | null => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return refuse(field, error.code, error.message);
    }
  };
  const whenOf = (field: "due_at" | "expires_at"): Date | null => {
    const cell = cellOf(field);
    if (cell === "") return null;
    const when = readWhen(cell, clock);
    if (when === null) {
      return refuse(field, "invalid_format", sentence(field, "must be a day or a time, such as 2027-01-31"));
    }
    if (isInstantInRange(when)) return when;
    return refuse(field, "instant_out_of_range", sentence(field, "must be in the years 1970 to 9998"));
  };

  if (cells.slice(columnCount).some((cell) => cell.trim() !== "")) {
    refuse("row", "invalid_format", "The row has more cells than there are columns: a separator in a cell?");
  }
  const phone: ParsedPhone | null = given("phone", (cell) => parseMsisdn(cell));
  const amount = readAmount(cellOf, mapping, given, tell, refuse);
  const descriptionCell = cellOf("description");
  if (descriptionCell === "") refuse("description", "missing", sentence("description", "is missing"));
  const description = textOf("description", descriptionCell, (raw) => readLine(raw, DESCRIPTION_LENGTH_MAX));
  const merchantReference = textOf("merchant_reference", cellOf("merchant_reference"), readReference);
  const dueAt = whenOf("due_at");
  const expiresAt = whenOf("expires_at");
  const localeCell = cellOf("locale").toLowerCase();
  if (localeCell !== "" && !isLocale(localeCell)) {
    refuse("locale", "invalid_value", sentence("locale", `must be one of ${LOCALES.join(", ")}`));
  }
  const metadata: Record<string, string> = {};
  for (const [key, column] of Object.entries(mapping.metadata)) {
    const field = `metadata.${key}`;
    const text = textOf(field, (cells[column] ?? "").trim(), (raw) =>
      readLine(raw, METADATA_VALUE_LENGTH_MAX),
    );
    if (text !== null) metadata[key] = text;
  }
  if (faults.length > 0 || phone === null || amount === null || description === null) {
    return { input: null, faults };
  }
  return {
    faults: [],
    input: {
      amount,
      phone: phone.phone,
      phoneCountry: phone.country,
      description,
      merchantReference,
      lines: [],
      purchaseCategory: null,
      dueAt,
      expiresAt,
      methods: null,
      locale: localeCell === "" ? null : localeCell,
      sms: { sender: null, text: null, sendAt: null },
      shouldSendSms: mapping.shouldSendSms,
      returnUrl: null,
      failureUrl: null,
      cancelUrl: null,
      landingUrl: null,
      callbackUrl: null,
      metadata,
      door: "native",
    },
  };
}

/** An amount needs its currency; where that is at fault only that is told. */
function readAmount(
  cellOf: (field: ImportField) => string,
  mapping: ImportMapping,
  given: <T>(field: ImportField, read: (cell: string) => T) => T | null,
  tell: <T>(field: string, read: () => T) => T | null,
  refuse: (field: string, code: RowFault["code"], message: string) => null,
): Money | null {
  const code = cellOf("currency") || mapping.currency;
  if (code === null) return refuse("currency", "missing", sentence("currency", "is missing"));
  const currency = tell("currency", () => parseCurrency(code));
  if (currency === null) return null;
  return given("amount", (cell) => {
    const { amountMinor } = readAmountText(cell, currency, mapping.amountNotation);
    return billableMoney(amountMinor, currency);
  });
}

function sentence(field: string, predicate: string): string {
  return `The field ${field} ${predicate}.`;
}
