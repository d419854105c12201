// One kind of record: JSON bodies in a table, in the order they were made.
import type { SQLInputValue } from "node:sqlite";
import type { Database } from "./database.ts";

export type Entry = { id: string; account: string };

export type Collection<T extends Entry> = {
  insert: (entry: T) => void;
  /** Overwrites the entry of the same id; does nothing when there is none (it may have been reset away). */
  save: (entry: T) => void;
  find: (id: string) => T | null;
  remove: (id: string) => void;
  /** Entries in the order they were made. `condition` is SQL over id, account, seq and body. */
  select: (condition: string, ...values: SQLInputValue[]) => T[];
  /** The same, newest first. */
  newest: (limit: number, condition: string, ...values: SQLInputValue[]) => T[];
  count: (condition: string, ...values: SQLInputValue[]) => number;
  /** Keeps the newest `size` entries. */
  trim: (size: number) => void;
  clear: () => void;
};

/** Opens a collection on an existing table. */
export function openCollection<T extends Entry>(database: Database, table: string): Collection<T> {
  return {
    insert(entry) {
      database
        .prepare(`insert into ${table} (id, account, body) values (?, ?, ?)`)
        .run(entry.id, entry.account, JSON.stringify(entry));
    },
    save(entry) {
      database.prepare(`update ${table} set body = ? where id = ?`).run(JSON.stringify(entry), entry.id);
    },
    find(id) {
      const row = database.prepare(`select body from ${table} where id = ?`).get(id);
      return row ? restore<T>(row.body) : null;
    },
    remove(id) {
      database.prepare(`delete from ${table} where id = ?`).run(id);
    },
    select(condition, ...values) {
      const rows = database
        .prepare(`select body from ${table} where ${condition} order by seq`)
        .all(...values);
      return rows.map((row) => restore<T>(row.body));
    },
    newest(limit, condition, ...values) {
      const sql = `select body from ${table} where ${condition} order by seq desc limit ?`;
      return database
        .prepare(sql)
        .all(...values, limit)
        .map((row) => restore<T>(row.body));
    },
    count(condition, ...values) {
      const row = database
        .prepare(`select count(*) as total from ${table} where ${condition}`)
        .get(...values);
      return Number(row?.total ?? 0);
    },
    trim(size) {
      const sql = `delete from ${table} where seq <= (select max(seq) from ${table}) - ?`;
      database.prepare(sql).run(size);
    },
    clear() {
      database.prepare(`delete from ${table}`).run();
    },
  };
}

/** Safe because a table's bodies are written by `insert` and `save` of the same type only. */
function restore<T>(body: unknown): T {
  return JSON.parse(String(body)) as T;
}
