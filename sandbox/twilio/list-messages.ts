// `GET Messages.json`: newest first, filtered and paged.
import type { SQLInputValue } from "node:sqlite";
import type { Account } from "../control/accounts.ts";
import { type Answer, json, type Request } from "../http/message.ts";
import type { Sandbox } from "../sandbox.ts";
import { refused } from "./errors.ts";
import { isTwilioMessage, renderMessage } from "./message.ts";

const dayMs = 24 * 60 * 60 * 1_000;

const filterNames = ["To", "From", "DateSent", "DateSent<", "DateSent>"];

/**
 * Lists an account's messages.
 * Filters on DateSent only find messages that have been sent, so a queued one is not among them.
 */
export function listMessages(sandbox: Sandbox, account: Account, request: Request): Answer {
  const { query } = request;
  const size = whole(query.get("PageSize"), 50, 1, 1_000, "PageSize");
  const page = whole(query.get("Page"), 0, 0, 1_000_000, "Page");
  const { sql, values } = filter(account, query);
  const cursor = /^PA(SM[0-9a-f]{32})$/.exec(query.get("PageToken") ?? "")?.[1];
  if (cursor) {
    sql.push("seq < (select seq from messages where id = ?)");
    values.push(cursor);
  }
  const skipped = cursor ? 0 : page * size;
  const found = sandbox.messages.newest(skipped + size + 1, sql.join(" and "), ...values).slice(skipped);
  const rows = found.slice(0, size).filter(isTwilioMessage);
  const start = page * size;
  const uri = (number: number, token?: string) => pageUri(account, query, size, number, token);
  return json(200, {
    end: start + Math.max(rows.length - 1, 0),
    first_page_uri: uri(0),
    messages: rows.map(renderMessage),
    next_page_uri: found.length > size ? uri(page + 1, `PA${rows.at(-1)?.id}`) : null,
    page,
    page_size: size,
    previous_page_uri: page > 0 ? uri(page - 1) : null,
    start,
    uri: uri(page),
  });
}

function filter(account: Account, query: URLSearchParams): { sql: string[]; values: SQLInputValue[] } {
  const sql = ["account = ?", "body->>'$.twilio' is not null"];
  const values: SQLInputValue[] = [account.id];
  const add = (condition: string, ...added: SQLInputValue[]) => {
    sql.push(condition);
    values.push(...added);
  };
  const to = query.get("To");
  const from = query.get("From");
  const on = query.get("DateSent");
  const until = query.get("DateSent<");
  const since = query.get("DateSent>");
  if (to) {
    add("body->>'$.to' = ?", to);
  }
  if (from) {
    add("body->>'$.from' = ?", from);
  }
  if (on) {
    const day = Math.floor(instant(on, "DateSent") / dayMs) * dayMs;
    add("body->>'$.twilio.sentAt' >= ? and body->>'$.twilio.sentAt' < ?", day, day + dayMs);
  }
  if (until) {
    add("body->>'$.twilio.sentAt' <= ?", instant(until, "DateSent<"));
  }
  if (since) {
    add("body->>'$.twilio.sentAt' >= ?", instant(since, "DateSent>"));
  }
  return { sql, values };
}

/** A date (its midnight) or an instant; without a zone it is UTC. */
function instant(text: string, name: string): number {
  const parsed = Date.parse(text);
  const isUtcMissing = !/(z|gmt|utc|[+-]\d\d:?\d\d|[A-Z]{3})\s*$/i.test(text) && /\d:\d/.test(text);
  const value = isUtcMissing ? Date.parse(`${text.replace(" ", "T")}Z`) : parsed;
  if (Number.isNaN(value)) {
    throw refused(20001, `Invalid ${name} value: ${text}`);
  }
  return value;
}

function whole(text: string | null, fallback: number, least: number, most: number, name: string): number {
  const value = text === null ? fallback : Number(text);
  if (!Number.isInteger(value) || value < least) {
    throw refused(20001, `Invalid ${name} value: ${text}`);
  }
  // Twilio gives its largest page to who asks for more.
  return Math.min(value, most);
}

function pageUri(
  account: Account,
  query: URLSearchParams,
  size: number,
  page: number,
  token?: string,
): string {
  const kept = new URLSearchParams();
  for (const name of filterNames) {
    const value = query.get(name);
    if (value) {
      kept.set(name, value);
    }
  }
  kept.set("PageSize", String(size));
  kept.set("Page", String(page));
  if (token) {
    kept.set("PageToken", token);
  }
  return `/2010-04-01/Accounts/${account.twilioSid}/Messages.json?${kept}`;
}
