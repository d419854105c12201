// The lists that can be exported: their columns, and how a page of each is read.

import { type DeliveryFilter, type DeliveryOfEvent, listDeliveryRows } from "#db/queries/deliveries.ts";
import { type DisputeFilter, listDisputeRows } from "#db/queries/disputes.ts";
import { type InvoiceFilter, listInvoiceRows } from "#db/queries/invoices.ts";
import {
  type LedgerEntryFilter,
  type LedgerEntryOfTransaction,
  listLedgerEntryRows,
} from "#db/queries/ledger-entries.ts";
import type { PagePlace } from "#db/queries/newest-first.ts";
import { listPaymentRows, type PaymentFilter } from "#db/queries/payments.ts";
import { listRefundRows, type RefundFilter } from "#db/queries/refunds.ts";
import { parseCurrency } from "#lib/domain/currency.ts";
import { money } from "#lib/domain/money.ts";
import type { Permission } from "#lib/domain/permissions.ts";
import type { Dispute, Invoice, Payment, Refund } from "#lib/domain/records.ts";
import type { TxContext } from "../context.ts";
import { amount, type Column, flag, plain, text, time } from "./columns.ts";

/** What each list is filtered by, as its list of pages is. */
export interface ExportFilters {
  readonly invoices: Omit<InvoiceFilter, "after">;
  readonly payments: Omit<PaymentFilter, "after">;
  readonly refunds: Omit<RefundFilter, "after">;
  readonly disputes: Omit<DisputeFilter, "after">;
  readonly deliveries: DeliveryFilter;
  readonly ledger_entries: Omit<LedgerEntryFilter, "after">;
}

interface ExportRows {
  readonly invoices: Invoice;
  readonly payments: Payment;
  readonly refunds: Refund;
  readonly disputes: Dispute;
  readonly deliveries: DeliveryOfEvent;
  readonly ledger_entries: LedgerEntryOfTransaction;
}

export type ExportKind = keyof ExportFilters;

export interface ExportList<F, R> {
  /** Besides the right to export. */
  readonly permission: Permission;
  readonly columns: readonly Column<R>[];
  readonly read: (
    ctx: TxContext,
    filter: F,
    after: PagePlace | undefined,
    limit: number,
  ) => Promise<readonly (R & PagePlace)[]>;
}

const from = (after: PagePlace | undefined) => (after === undefined ? {} : { after });

export const EXPORT_LISTS: { readonly [K in ExportKind]: ExportList<ExportFilters[K], ExportRows[K]> } = {
  invoices: {
    permission: "invoices.read",
    read: ({ tx, tenant }, filter, after, limit) =>
      listInvoiceRows(tx, tenant, { ...filter, ...from(after) }, limit),
    columns: [
      plain("id", (row) => row.id),
      plain("state", (row) => row.state),
      amount("amount", (row) => row.amountDue),
      amount("amount_paid", (row) => money(row.amountPaidMinor, row.amountDue.currency)),
      plain("currency", (row) => row.amountDue.currency),
      text("description", (row) => row.description),
      text("merchant_reference", (row) => row.merchantReference),
      plain("phone_last4", (row) => row.phoneLast4),
      plain("locale", (row) => row.locale),
      text("purchase_category", (row) => row.purchaseCategory),
      plain("paid_by", (row) => row.paidBy),
      plain("paid_payment", (row) => row.paidPaymentId),
      text("outside_reference", (row) => row.outsideReference),
      text("metadata", (row) =>
        Object.keys(row.metadata).length === 0 ? null : JSON.stringify(row.metadata),
      ),
      time("created_at", (row) => row.createdAt),
      time("due_at", (row) => row.dueAt),
      time("expires_at", (row) => row.expiresAt),
      time("opened_at", (row) => row.openedAt),
      time("paid_at", (row) => row.paidAt),
      time("cancelled_at", (row) => row.cancelledAt),
      time("expired_at", (row) => row.expiredAt),
    ],
  },
  payments: {
    permission: "payments.read",
    read: ({ tx, tenant }, filter, after, limit) =>
      listPaymentRows(tx, tenant, { ...filter, ...from(after) }, limit),
    columns: [
      plain("id", (row) => row.id),
      plain("invoice", (row) => row.invoiceId),
      plain("method", (row) => row.method),
      plain("state", (row) => row.state),
      plain("disposition", (row) => row.disposition),
      amount("amount", (row) => row.amount),
      amount("fee", (row) => money(row.feeMinor, row.amount.currency)),
      amount("refunded", (row) => money(row.refundedMinor, row.amount.currency)),
      plain("currency", (row) => row.amount.currency),
      text("rail_reference", (row) => row.railReference),
      plain("decline_code", (row) => row.declineCode),
      flag("needs_review", (row) => row.needsReviewAt !== null),
      time("created_at", (row) => row.createdAt),
      time("authorized_at", (row) => row.authorizedAt),
      time("completed_at", (row) => row.completedAt),
    ],
  },
  refunds: {
    permission: "payments.read",
    read: ({ tx, tenant }, filter, after, limit) =>
      listRefundRows(tx, tenant, { ...filter, ...from(after) }, limit),
    columns: [
      plain("id", (row) => row.id),
      plain("payment", (row) => row.paymentId),
      plain("invoice", (row) => row.invoiceId),
      plain("state", (row) => row.state),
      amount("amount", (row) => row.amount),
      plain("currency", (row) => row.amount.currency),
      plain("origin", (row) => row.origin),
      text("reason", (row) => row.reason),
      text("rail_reference", (row) => row.railReference),
      plain("failure_code", (row) => row.failureCode),
      flag("needs_review", (row) => row.needsReviewAt !== null),
      time("created_at", (row) => row.createdAt),
      time("completed_at", (row) => row.completedAt),
    ],
  },
  disputes: {
    permission: "payments.read",
    read: ({ tx, tenant }, filter, after, limit) =>
      listDisputeRows(tx, tenant, { ...filter, ...from(after) }, limit),
    columns: [
      plain("id", (row) => row.id),
      plain("payment", (row) => row.paymentId),
      plain("invoice", (row) => row.invoiceId),
      plain("state", (row) => row.state),
      amount("amount", (row) => row.amount),
      amount("fee", (row) => money(row.feeMinor, row.amount.currency)),
      plain("currency", (row) => row.amount.currency),
      text("reason", (row) => row.reason),
      text("rail_reference", (row) => row.railReference),
      time("created_at", (row) => row.createdAt),
      time("opened_at", (row) => row.openedAt),
      time("evidence_due_at", (row) => row.evidenceDueAt),
      time("completed_at", (row) => row.completedAt),
    ],
  },
  deliveries: {
    permission: "callbacks.read",
    read: ({ tx, tenant }, filter, after, limit) =>
      listDeliveryRows(tx, tenant, { ...filter, ...from(after) }, limit),
    columns: [
      plain("id", (row) => row.id),
      plain("event", (row) => row.eventId),
      plain("event_type", (row) => row.eventType),
      plain("invoice", (row) => row.invoiceId),
      plain("endpoint", (row) => row.endpointId),
      plain("resend_of", (row) => row.resendOf),
      plain("state", (row) => row.state),
      plain("attempts", (row) => row.attempts),
      time("created_at", (row) => row.createdAt),
      time("next_attempt_at", (row) => row.nextAttemptAt),
      time("completed_at", (row) => row.completedAt),
    ],
  },
  ledger_entries: {
    permission: "balances.read",
    read: ({ tx, tenant }, filter, after, limit) =>
      listLedgerEntryRows(tx, tenant, { ...filter, ...from(after) }, limit),
    columns: [
      plain("id", (row) => row.id),
      plain("transaction", (row) => row.transactionId),
      plain("kind", (row) => row.kind),
      plain("payment", (row) => row.paymentId),
      plain("subject", (row) => row.subjectId),
      plain("account", (row) => row.account),
      amount("amount", (row) => money(row.amountMinor, parseCurrency(row.currency))),
      plain("currency", (row) => row.currency),
      time("created_at", (row) => row.createdAt),
    ],
  },
};
