// Columns and rules that every tenant table shares.

import { sql } from "drizzle-orm";
import { bigint, check, customType, type PgColumn, pgPolicy, text, timestamp } from "drizzle-orm/pg-core";
import type { MerchantId } from "#lib/domain/ids.ts";
import { MODES } from "#lib/domain/tenant.ts";

/** Raw bytes. */
export const bytes = customType<{ data: Uint8Array; driverData: Buffer }>({
  dataType: () => "bytea",
  toDriver: (value) => Buffer.from(value),
});

/** The number of a database transaction, as decimal text. */
export const transactionId = customType<{ data: string }>({ dataType: () => "xid8" });

/** An instant (UTC), to the millisecond: what JavaScript can hold, so that cursors compare exactly. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date", precision: 3 });

/** The tenant's time: the database's, and as far ahead as a test merchant's clock (see db/transaction.ts). */
const TENANT_NOW = sql`now() + coalesce(nullif(current_setting('app.clock_offset_ms', true), '')::bigint, 0) * interval '1 millisecond'`;

/** When the row was written, by the tenant's clock. */
export const writtenAt = (name: string) =>
  instant(name)
    .notNull()
    .defaultNow()
    .$defaultFn(() => TENANT_NOW);

/** Minor units of the row's currency. */
export const minor = (name: string) => bigint(name, { mode: "bigint" });

/** Whose row it is. `merchant_id` leads every key, so that it can become the shard key. */
export const tenantColumns = () => ({
  merchantId: text("merchant_id").$type<MerchantId>().notNull(),
  mode: text("mode", { enum: MODES }).notNull(),
});

/** A column that holds one of a closed list. */
export function oneOf(name: string, column: PgColumn, values: readonly string[]) {
  return check(name, sql`${column} in (${sql.raw(values.map((value) => `'${value}'`).join(", "))})`);
}

/** Rows of the transaction's tenant only, for reading and writing; none where no tenant is set. */
export const tenantPolicy = (table: string) =>
  pgPolicy(`${table}_tenant`, {
    as: "permissive",
    for: "all",
    using: sql`merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')`,
    withCheck: sql`merchant_id = nullif(current_setting('app.merchant_id', true), '') and mode = nullif(current_setting('app.mode', true), '')`,
  });
