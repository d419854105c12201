// Lists of both definitions: filtered by status, merchant and date of creation, ordered, and paged with totals.
import type { SQLInputValue } from "node:sqlite";
import { type Answer, json } from "../http/message.ts";
import type { Collection, Entry } from "../store/collection.ts";
import { type CamaraCode, refused } from "./errors.ts";
import { parseInstant } from "./instants.ts";

const perPageMost = 100;
const matchesMost = 10_000;

export type ListKind<T extends Entry> = {
  collection: Collection<T>;
  /** Name of the status filter, and what it may be. */
  statusName: string;
  statuses: readonly string[];
  /** Start of the two date filters' names. */
  dateName: string;
  wrongRange: CamaraCode;
  tooMany: CamaraCode;
  render: (entry: T) => object;
};

type Filter = { sql: string; values: SQLInputValue[] };

/** One page of what matches both `scope` and the query. */
export function listAnswer<T extends Entry>(
  kind: ListKind<T>,
  scope: Filter,
  query: URLSearchParams,
): Answer {
  const page = whole(query, "page", 1, Number.MAX_SAFE_INTEGER);
  const perPage = whole(query, "perPage", 10, perPageMost);
  const order = query.get("order") ?? "desc";
  if (order !== "desc" && order !== "asc") {
    throw refused("INVALID_ARGUMENT", "order must be desc or asc.");
  }
  const { sql, values } = filterOf(kind, scope, query);
  const total = kind.collection.count(sql, ...values);
  if (total > matchesMost) {
    throw refused(kind.tooMany);
  }
  const found = kind.collection.select(sql, ...values);
  const sorted = order === "asc" ? found : found.reverse();
  const start = (page - 1) * perPage;
  const rows = sorted.slice(start, start + perPage);
  return json(200, rows.map(kind.render), {
    "content-last-key": String(rows.length > 0 ? start + rows.length : 0),
    "x-total-count": String(total),
  });
}

function filterOf<T extends Entry>(kind: ListKind<T>, scope: Filter, query: URLSearchParams): Filter {
  const sql = [scope.sql];
  const values = [...scope.values];
  const wanted = query.getAll(kind.statusName);
  if (wanted.some((status) => !kind.statuses.includes(status))) {
    throw refused("INVALID_ARGUMENT", `${kind.statusName} must be one of ${kind.statuses.join(", ")}.`);
  }
  if (wanted.length > 0) {
    sql.push(`body->>'$.status' in (${wanted.map(() => "?").join(", ")})`);
    values.push(...wanted);
  }
  const merchant = query.get("merchantIdentifier");
  if (merchant !== null) {
    sql.push("body->>'$.merchantIdentifier' = ?");
    values.push(merchant);
  }
  const from = instant(query, `${kind.dateName}.gte`);
  const until = instant(query, `${kind.dateName}.lte`);
  if (from !== null && from > (until ?? Date.now())) {
    throw refused(kind.wrongRange);
  }
  if (from !== null) {
    sql.push("body->>'$.createdAt' >= ?");
    values.push(from);
  }
  if (until !== null) {
    sql.push("body->>'$.createdAt' <= ?");
    values.push(until);
  }
  return { sql: sql.join(" and "), values };
}

function instant(query: URLSearchParams, name: string): number | null {
  const text = query.get(name);
  if (text === null) {
    return null;
  }
  const value = parseInstant(text);
  if (value === null) {
    throw refused("INVALID_ARGUMENT", `${name} must follow RFC 3339 and have a time zone.`);
  }
  return value;
}

function whole(query: URLSearchParams, name: string, fallback: number, most: number): number {
  const text = query.get(name);
  if (text === null) {
    return fallback;
  }
  if (!/^-?\d{1,15}$/.test(text)) {
    throw refused("INVALID_ARGUMENT", `${name} must be an integer.`);
  }
  const value = Number(text);
  if (value < 1 || value > most) {
    throw refused("OUT_OF_RANGE");
  }
  return value;
}
