// Reading and writing invoices. The caller's transaction names the tenant; row-level security adds it to
// every statement, and the queries name it too, so that the keys are used.

import { and, eq, gte, inArray, isNull, lt, sql } from "drizzle-orm";
import { type CurrencyCode, parseCurrency } from "#lib/domain/currency.ts";
import type { InvoiceId } from "#lib/domain/ids.ts";
import type { InvoiceState } from "#lib/domain/invoice.ts";
import type { InvoiceLine } from "#lib/domain/lines.ts";
import { money } from "#lib/domain/money.ts";
import type { Invoice } from "#lib/domain/records.ts";
import type { Tenant } from "#lib/domain/tenant.ts";
import { invoices, type StoredLine } from "../schema/invoices.ts";
import { invoiceDeadlines, linkRoutes } from "../schema/routing.ts";
import type { Tx } from "../transaction.ts";
import { comesAfter, newestFirst, type PagePlace } from "./newest-first.ts";

type InvoiceRow = typeof invoices.$inferSelect;

/** Lines as they are stored. */
export function toStoredLines(lines: readonly InvoiceLine[]): StoredLine[] {
  return lines.map((line) => ({ ...line, unitAmountMinor: Number(line.unitAmountMinor) }));
}

function toInvoice(row: InvoiceRow): Invoice {
  const { amountDueMinor, currency, phone, lines, ...same } = row;
  return {
    ...same,
    amountDue: money(amountDueMinor, parseCurrency(currency)),
    sealedPhone: phone,
    lines: lines.map((line) => ({ ...line, unitAmountMinor: BigInt(line.unitAmountMinor) })),
  };
}

export type NewInvoice = Omit<
  Invoice,
  | "version"
  | "state"
  | "amountPaidMinor"
  | "openedAt"
  | "paidBy"
  | "outsideReference"
  | "paidPaymentId"
  | "paidAt"
  | "cancelledAt"
  | "expiredAt"
  | "createdAt"
  | "merchantId"
  | "mode"
>;

/** Inserts an open invoice with the route of its link and its deadline. */
export async function insertInvoice(
  tx: Tx,
  tenant: Tenant,
  input: NewInvoice,
  linkHash: Uint8Array,
): Promise<Invoice> {
  const { amountDue, sealedPhone, lines, ...same } = input;
  const [row] = await tx.sql
    .insert(invoices)
    .values({
      ...tenant,
      ...same,
      state: "open",
      amountDueMinor: amountDue.amountMinor,
      currency: amountDue.currency,
      phone: sealedPhone,
      lines: toStoredLines(lines),
      methods: [...input.methods],
    })
    .returning();
  if (row === undefined) throw new Error("The invoice was not inserted.");
  await tx.sql.insert(linkRoutes).values({ ...tenant, tokenHash: linkHash, invoiceId: input.id });
  await tx.sql.insert(invoiceDeadlines).values({ ...tenant, invoiceId: input.id, dueAt: input.expiresAt });
  return toInvoice(row);
}

export async function findInvoice(tx: Tx, tenant: Tenant, id: InvoiceId): Promise<Invoice | null> {
  const [row] = await tx.sql.select().from(invoices).where(byId(tenant, id));
  return row === undefined ? null : toInvoice(row);
}

/** Those of the ids that exist, in the order of the ids. */
export async function findInvoicesById(
  tx: Tx,
  tenant: Tenant,
  ids: readonly InvoiceId[],
): Promise<Invoice[]> {
  if (ids.length === 0) return [];
  const rows = await tx.sql
    .select()
    .from(invoices)
    .where(and(eq(invoices.merchantId, tenant.merchantId), inArray(invoices.id, [...ids])));
  const byIds = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byIds.get(id) ?? []).map(toInvoice);
}

/** Reads and locks. Locks are always taken in the order invoice, payment. */
export async function lockInvoice(tx: Tx, tenant: Tenant, id: InvoiceId): Promise<Invoice | null> {
  const [row] = await tx.sql.select().from(invoices).where(byId(tenant, id)).for("update");
  return row === undefined ? null : toInvoice(row);
}

export type InvoiceFacts = Partial<
  Pick<
    typeof invoices.$inferInsert,
    | "paidBy"
    | "paidPaymentId"
    | "paidAt"
    | "outsideReference"
    | "cancelledAt"
    | "expiredAt"
    | "amountPaidMinor"
    | "amountDueMinor"
    | "currency"
    | "description"
    | "merchantReference"
    | "purchaseCategory"
    | "lines"
    | "methods"
    | "locale"
    | "dueAt"
    | "expiresAt"
    | "returnUrl"
    | "failureUrl"
    | "cancelUrl"
    | "landingUrl"
    | "callbackUrl"
    | "metadata"
  >
>;

/** Writes a new state; a new expiry is a new deadline. The caller holds the lock and has recorded the step. */
export async function updateInvoiceState(
  tx: Tx,
  invoice: Invoice,
  state: InvoiceState,
  facts: InvoiceFacts,
): Promise<Invoice> {
  const [row] = await tx.sql
    .update(invoices)
    .set({ ...facts, state, version: invoice.version + 1, updatedAt: tx.now })
    .where(and(byId(invoice, invoice.id), eq(invoices.version, invoice.version)))
    .returning();
  if (row === undefined) throw new Error("A locked invoice changed under its lock.");
  if (facts.expiresAt !== undefined) await setDeadline(tx, invoice, facts.expiresAt);
  return toInvoice(row);
}

/** When the sweeper looks at it again, whether or not it has taken the deadline before. */
async function setDeadline(tx: Tx, { merchantId, mode, id }: Invoice, dueAt: Date): Promise<void> {
  await tx.sql
    .insert(invoiceDeadlines)
    .values({ merchantId, mode, invoiceId: id, dueAt })
    .onConflictDoUpdate({
      target: [invoiceDeadlines.merchantId, invoiceDeadlines.invoiceId],
      set: { dueAt },
    });
}

/** How far an invoice has come, noted at its first time. */
export type Milestone = "sent" | "delivered" | "method_chosen";

/** What has been delivered was sent, whether or not anybody told of that. */
const MILESTONE_COLUMNS = {
  sent: ["firstSentAt"],
  delivered: ["firstSentAt", "firstDeliveredAt"],
  method_chosen: ["methodChosenAt"],
} as const;

/** The next number in the invoice's sequence of events; locks the invoice until the transaction ends. */
export async function takeEventSequence(
  tx: Tx,
  tenant: Tenant,
  id: InvoiceId,
  milestone: Milestone | null,
): Promise<number> {
  const noted = milestone === null ? [] : MILESTONE_COLUMNS[milestone];
  const first = (column: (typeof noted)[number]) =>
    sql`coalesce(${invoices[column]}, ${tx.now.toISOString()}::timestamptz)`;
  const [row] = await tx.sql
    .update(invoices)
    .set({
      eventSequence: sql`${invoices.eventSequence} + 1`,
      ...Object.fromEntries(noted.map((column) => [column, first(column)])),
    })
    .where(byId(tenant, id))
    .returning({ sequence: invoices.eventSequence });
  if (row === undefined) throw new Error("An event needs its invoice.");
  return row.sequence;
}

/** Notes the first opening by a person. Null where it was opened before. */
export async function markOpened(tx: Tx, tenant: Tenant, id: InvoiceId): Promise<Invoice | null> {
  const [row] = await tx.sql
    .update(invoices)
    .set({ openedAt: tx.now })
    .where(and(byId(tenant, id), isNull(invoices.openedAt)))
    .returning();
  return row === undefined ? null : toInvoice(row);
}

export async function countBotOpening(tx: Tx, tenant: Tenant, id: InvoiceId): Promise<void> {
  await tx.sql
    .update(invoices)
    .set({ botOpenings: sql`${invoices.botOpenings} + 1` })
    .where(byId(tenant, id));
}

export interface InvoiceFilter {
  readonly states?: readonly InvoiceState[];
  readonly merchantReference?: string;
  readonly phoneHashes?: readonly Uint8Array[];
  readonly phoneLast4?: string;
  readonly currency?: CurrencyCode;
  readonly createdFrom?: Date;
  readonly createdTo?: Date;
  /** The last row of the page before. */
  readonly after?: PagePlace;
}

/** One page, newest first; stable while rows are added. */
export async function listInvoiceRows(
  tx: Tx,
  tenant: Tenant,
  filter: InvoiceFilter,
  limit: number,
): Promise<Invoice[]> {
  const { after } = filter;
  const rows = await tx.sql
    .select()
    .from(invoices)
    .where(
      and(
        eq(invoices.merchantId, tenant.merchantId),
        eq(invoices.mode, tenant.mode),
        filter.states === undefined ? undefined : inArray(invoices.state, [...filter.states]),
        filter.merchantReference === undefined
          ? undefined
          : eq(invoices.merchantReference, filter.merchantReference),
        filter.phoneHashes === undefined ? undefined : inArray(invoices.phoneHash, [...filter.phoneHashes]),
        filter.phoneLast4 === undefined ? undefined : eq(invoices.phoneLast4, filter.phoneLast4),
        filter.currency === undefined ? undefined : eq(invoices.currency, filter.currency),
        filter.createdFrom === undefined ? undefined : gte(invoices.createdAt, filter.createdFrom),
        filter.createdTo === undefined ? undefined : lt(invoices.createdAt, filter.createdTo),
        comesAfter(invoices.createdAt, invoices.id, after),
      ),
    )
    .orderBy(...newestFirst(invoices.createdAt, invoices.id))
    .limit(limit);
  return rows.map(toInvoice);
}

function byId(tenant: Tenant, id: InvoiceId) {
  return and(eq(invoices.merchantId, tenant.merchantId), eq(invoices.id, id));
}
