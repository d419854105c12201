// Reading the books, entry by entry.

import { and, eq, getTableColumns, gte, lt } from "drizzle-orm";
import type { CurrencyCode } from "#lib/domain/currency.ts";
import type { PaymentId } from "#lib/domain/ids.ts";
import type { LedgerAccount } from "#lib/domain/ledger.ts";
import type { Tenant } from "#lib/domain/tenant.ts";
import { ledgerEntries, ledgerTransactions } from "../schema/ledger.ts";
import type { Tx } from "../transaction.ts";
import { comesAfter, newestFirst, type PagePlace } from "./newest-first.ts";

export interface LedgerEntryFilter {
  readonly account?: LedgerAccount;
  readonly currency?: CurrencyCode;
  readonly paymentId?: PaymentId;
  readonly createdFrom?: Date;
  readonly createdTo?: Date;
  readonly after?: PagePlace;
}

export type LedgerEntryOfTransaction = typeof ledgerEntries.$inferSelect &
  Pick<typeof ledgerTransactions.$inferSelect, "kind" | "paymentId" | "subjectId">;

/** One page, newest first; stable while entries are added. */
export async function listLedgerEntryRows(
  tx: Tx,
  tenant: Tenant,
  { account, currency, paymentId, createdFrom, createdTo, after }: LedgerEntryFilter,
  limit: number,
): Promise<LedgerEntryOfTransaction[]> {
  return await tx.sql
    .select({
      ...getTableColumns(ledgerEntries),
      kind: ledgerTransactions.kind,
      paymentId: ledgerTransactions.paymentId,
      subjectId: ledgerTransactions.subjectId,
    })
    .from(ledgerEntries)
    .innerJoin(
      ledgerTransactions,
      and(
        eq(ledgerTransactions.merchantId, ledgerEntries.merchantId),
        eq(ledgerTransactions.id, ledgerEntries.transactionId),
      ),
    )
    .where(
      and(
        eq(ledgerEntries.merchantId, tenant.merchantId),
        eq(ledgerEntries.mode, tenant.mode),
        account === undefined ? undefined : eq(ledgerEntries.account, account),
        currency === undefined ? undefined : eq(ledgerEntries.currency, currency),
        paymentId === undefined ? undefined : eq(ledgerTransactions.paymentId, paymentId),
        createdFrom === undefined ? undefined : gte(ledgerEntries.createdAt, createdFrom),
        createdTo === undefined ? undefined : lt(ledgerEntries.createdAt, createdTo),
        comesAfter(ledgerEntries.createdAt, ledgerEntries.id, after),
      ),
    )
    .orderBy(...newestFirst(ledgerEntries.createdAt, ledgerEntries.id))
    .limit(limit);
}
