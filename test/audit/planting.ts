// How a rule is broken: as a superuser, with every trigger and foreign key off, in a transaction that is undone.

import type pg from "pg";

export interface Plant {
  /** The one invariant that must be found broken. */
  readonly id: string;
  readonly what: string;
  /** What the auditor says of the victim. */
  readonly says: string;
  /** Breaks it, and returns the victim as the auditor names it. */
  readonly plant: (client: pg.ClientBase) => Promise<string>;
}

/** Statements of which the last returns the victim's id as `id`. */
export function bySql(id: string, what: string, says: string, ...statements: readonly string[]): Plant {
  return {
    id,
    what,
    says,
    plant: async (client) => {
      let victim: unknown;
      for (const statement of statements) victim = (await client.query(statement)).rows[0]?.id ?? victim;
      if (typeof victim !== "string") throw new Error(`Nothing was there to be broken: ${what}.`);
      return victim;
    },
  };
}

/** Takes rows out, changes them, and puts them back as if they had been written so: no trace of a change is left. */
export function rewritten(table: string, where: string, set: string, returning = "id"): string[] {
  const stamp = table === "events" ? "update taken set written_by = pg_current_xact_id()" : "select 1";
  return [
    `create temp table taken on commit drop as select * from ${table} where ${where}`,
    `delete from ${table} where (merchant_id, id) in (select merchant_id, id from taken)`,
    `update taken set ${set}`,
    stamp,
    `insert into ${table} overriding system value select * from taken`,
    `select ${returning} as id from taken`,
  ];
}

/** Takes rows out and puts changed copies beside them. */
export function copied(table: string, where: string, set: string, returning = "id"): string[] {
  const stamp =
    table === "events"
      ? "update taken set written_by = pg_current_xact_id(), position = (select max(position) from events) + 1"
      : "select 1";
  return [
    `create temp table taken on commit drop as select * from ${table} where ${where}`,
    `update taken set ${set}`,
    stamp,
    `insert into ${table} overriding system value select * from taken`,
    `select ${returning} as id from taken`,
  ];
}

/** A merchant that is told nothing: its events have no deliveries to go with them. */
export const UNTOLD =
  "merchant_id in (select merchant_id from merchant_settings where mode = 'test' and sms_cap_per_day is not null)";
