// `GET /payments`: operation retrievePayments.
import type { SQLInputValue } from "node:sqlite";
import { type Answer, json, type Request } from "../http/message.ts";
import type { Sandbox } from "../sandbox.ts";
import { refused } from "./errors.ts";
import { parseInstant } from "./instants.ts";
import { renderPayment } from "./payment.ts";

const statuses = ["processing", "pending_validation", "denied", "reserved", "succeeded", "cancelled"];
const perPageMost = 100;
const matchesMost = 10_000;

/** The asking client's payments, filtered and paged. */
export function listPayments(sandbox: Sandbox, account: string, { query }: Request): Answer {
  const page = whole(query, "page", 1, Number.MAX_SAFE_INTEGER);
  const perPage = whole(query, "perPage", 10, perPageMost);
  const order = query.get("order") ?? "desc";
  if (order !== "desc" && order !== "asc") {
    throw refused("INVALID_ARGUMENT", "order must be desc or asc.");
  }
  const { sql, values } = filter(account, query);
  const total = sandbox.carrier.payments.count(sql, ...values);
  if (total > matchesMost) {
    throw refused("CARRIER_BILLING.TOO_MANY_MATCHING_RECORDS");
  }
  const found = sandbox.carrier.payments.select(sql, ...values);
  const sorted = order === "asc" ? found : found.reverse();
  const start = (page - 1) * perPage;
  const rows = sorted.slice(start, start + perPage);
  return json(
    200,
    rows.map((payment) => renderPayment(sandbox, payment)),
    {
      "content-last-key": String(rows.length > 0 ? start + rows.length : 0),
      "x-total-count": String(total),
    },
  );
}

function filter(account: string, query: URLSearchParams): { sql: string; values: SQLInputValue[] } {
  const sql = ["account = ?"];
  const values: SQLInputValue[] = [account];
  const wanted = query.getAll("paymentStatus");
  if (wanted.some((status) => !statuses.includes(status))) {
    throw refused("INVALID_ARGUMENT", `paymentStatus must be one of ${statuses.join(", ")}.`);
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
  const from = instant(query, "paymentCreationDate.gte");
  const until = instant(query, "paymentCreationDate.lte");
  if (from !== null && from > (until ?? Date.now())) {
    throw refused("CARRIER_BILLING.INVALID_DATE_RANGE");
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
