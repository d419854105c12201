// Stripe's lists: newest first, with `limit`, `starting_after` and `ending_before`.
import type { SQLInputValue } from "node:sqlite";
import type { Collection, Entry } from "../store/collection.ts";
import { missing } from "./errors.ts";
import { hash, integer, optional, type Parser, text } from "./parameters.ts";

/** Parameters that every list takes. */
export const pageParameters = {
  ending_before: optional(text()),
  limit: optional(integer(1, 100)),
  starting_after: optional(text()),
};

export type Range = Partial<Record<"gt" | "gte" | "lt" | "lte", number | undefined>>;

const bound = optional(integer(0));

/** An instant, or a range `created[gte]=…`. */
export const createdParameter: Parser<Range> = (raw, param) => {
  if (typeof raw === "string") {
    const instant = integer(0)(raw, param);
    return { gte: instant, lte: instant };
  }
  return hash({ gt: bound, gte: bound, lt: bound, lte: bound })(raw, param);
};

export type Filter = { sql: string[]; values: SQLInputValue[] };

/** Adds the bounds of a `created` range to a filter on `body->>'$.wire.created'`. */
export function addRange(filter: Filter, range: Range): void {
  const signs = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;
  for (const [name, sign] of Object.entries(signs)) {
    const value = range[name as keyof Range];
    if (value !== undefined) {
      filter.sql.push(`body->>'$.wire.created' ${sign} ?`);
      filter.values.push(value);
    }
  }
}

type Page = {
  limit: number | undefined;
  starting_after: string | undefined;
  ending_before: string | undefined;
};

/** One page of `collection`. `kind` is Stripe's name of the object, for the error about an unknown cursor. */
export function listPage<T extends Entry>(
  collection: Collection<T>,
  table: string,
  kind: string,
  filter: Filter,
  page: Page,
): { rows: T[]; hasMore: boolean } {
  const limit = page.limit ?? 10;
  const sql = [...filter.sql];
  const values = [...filter.values];
  for (const [name, sign] of [
    ["starting_after", "<"],
    ["ending_before", ">"],
  ] as const) {
    const id = page[name];
    if (id !== undefined) {
      if (!collection.find(id)) {
        throw missing(kind, id, name);
      }
      sql.push(`seq ${sign} (select seq from ${table} where id = ?)`);
      values.push(id);
    }
  }
  if (page.ending_before !== undefined) {
    const older = collection.select(sql.join(" and "), ...values);
    return { rows: older.slice(0, limit).reverse(), hasMore: older.length > limit };
  }
  const rows = collection.newest(limit + 1, sql.join(" and "), ...values);
  return { rows: rows.slice(0, limit), hasMore: rows.length > limit };
}

/** The list object around the rows. */
export function renderList(url: string, data: unknown[], hasMore: boolean) {
  return { object: "list", data, has_more: hasMore, url };
}
