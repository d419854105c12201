// The books. Append only; a deferred trigger refuses a transaction whose entries do not sum to zero.

import { sql } from "drizzle-orm";
import { foreignKey, index, integer, pgTable, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core";
import type { Id, PaymentId } from "#lib/domain/ids.ts";
import { LEDGER_KINDS, type LedgerAccount } from "#lib/domain/ledger.ts";
import { MODES } from "#lib/domain/tenant.ts";
import { minor, oneOf, tenantColumns, tenantPolicy, writtenAt } from "./columns.ts";
import { payments } from "./payments.ts";

export const ledgerTransactions = pgTable(
  "ledger_transactions",
  {
    ...tenantColumns(),
    id: text("id").$type<Id<"ledgerTransaction">>().notNull(),
    kind: text("kind", { enum: LEDGER_KINDS }).notNull(),
    paymentId: text("payment_id").$type<PaymentId>().notNull(),
    /** The refund or dispute that is booked; null: the payment itself. */
    subjectId: text("subject_id"),
    /** Which time of its kind: the version of the refund or dispute that moved, or the count of a dispute's fees. */
    step: integer("step").notNull().default(1),
    createdAt: writtenAt("created_at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    foreignKey({ columns: [t.merchantId, t.paymentId], foreignColumns: [payments.merchantId, payments.id] }),
    // Money is booked once a kind and step, whatever is delivered twice.
    uniqueIndex("ledger_transactions_once_each").on(
      t.merchantId,
      sql`coalesce(subject_id, payment_id)`,
      t.kind,
      t.step,
    ),
    index("ledger_transactions_payment").on(t.merchantId, t.paymentId),
    oneOf("ledger_transactions_kind", t.kind, LEDGER_KINDS),
    oneOf("ledger_transactions_mode", t.mode, MODES),
    tenantPolicy("ledger_transactions"),
  ],
);

export const ledgerEntries = pgTable(
  "ledger_entries",
  {
    ...tenantColumns(),
    id: text("id").$type<Id<"entry">>().notNull(),
    transactionId: text("transaction_id").$type<Id<"ledgerTransaction">>().notNull(),
    account: text("account").$type<LedgerAccount>().notNull(),
    currency: text("currency").notNull(),
    /** Positive is a debit, negative a credit. */
    amountMinor: minor("amount_minor").notNull(),
    createdAt: writtenAt("created_at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    foreignKey({
      columns: [t.merchantId, t.transactionId],
      foreignColumns: [ledgerTransactions.merchantId, ledgerTransactions.id],
    }),
    index("ledger_entries_transaction").on(t.merchantId, t.transactionId),
    index("ledger_entries_newest").on(t.merchantId, t.mode, t.createdAt, t.id),
    // The amount is in it, so that an account is summed without its rows.
    index("ledger_entries_account").on(
      t.merchantId,
      t.mode,
      t.account,
      t.currency,
      t.createdAt,
      t.id,
      t.amountMinor,
    ),
    oneOf("ledger_entries_mode", t.mode, MODES),
    tenantPolicy("ledger_entries"),
  ],
);
