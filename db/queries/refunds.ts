// Reading and writing refunds. Only services/refunds/advance.ts writes a state.

import { and, asc, desc, eq, lt } from "drizzle-orm";
import { parseCurrency } from "#lib/domain/currency.ts";
import type { InvoiceId, PaymentId, RailAccountId, RefundId } from "#lib/domain/ids.ts";
import { money } from "#lib/domain/money.ts";
import type { Refund } from "#lib/domain/records.ts";
import type { RefundState } from "#lib/domain/refund.ts";
import type { Tenant } from "#lib/domain/tenant.ts";
import { refunds } from "../schema/refunds.ts";
import type { Tx } from "../transaction.ts";
import { afterPlace } from "./lists/after.ts";

function toRefund(row: typeof refunds.$inferSelect): Refund {
  const { amountMinor, currency, lines, ...same } = row;
  return {
    ...same,
    lines: lines.map((line) => ({ ...line, amountMinor: BigInt(line.amountMinor) })),
    amount: money(amountMinor, parseCurrency(currency)),
  };
}

export type NewRefund = Pick<
  Refund,
  | "id"
  | "paymentId"
  | "invoiceId"
  | "railAccountId"
  | "amount"
  | "origin"
  | "reason"
  | "lines"
  | "railKey"
  | "railRequest"
  | "railReference"
  | "submittedAt"
>;

/** Inserts a refund that is on its way. What its payment says was refunded must grow in the same transaction. */
export async function insertRefund(tx: Tx, tenant: Tenant, input: NewRefund): Promise<Refund> {
  const { amount, lines, ...same } = input;
  const [row] = await tx.sql
    .insert(refunds)
    .values({
      ...tenant,
      ...same,
      state: "pending",
      amountMinor: amount.amountMinor,
      currency: amount.currency,
      lines: lines.map((line) => ({ ...line, amountMinor: Number(line.amountMinor) })),
      createdAt: tx.now,
    })
    .returning();
  if (row === undefined) throw new Error("The refund was not inserted.");
  return toRefund(row);
}

export async function findRefund(tx: Tx, tenant: Tenant, id: RefundId): Promise<Refund | null> {
  const [row] = await tx.sql.select().from(refunds).where(byId(tenant, id));
  return row === undefined ? null : toRefund(row);
}

/** Reads and locks; invoice and payment must have been locked before. */
export async function lockRefund(tx: Tx, tenant: Tenant, id: RefundId): Promise<Refund | null> {
  const [row] = await tx.sql.select().from(refunds).where(byId(tenant, id)).for("update");
  return row === undefined ? null : toRefund(row);
}

/** The refund that a rail names by its own id, at one account of ours. */
export async function findRefundByReference(
  tx: Tx,
  tenant: Tenant,
  railAccountId: RailAccountId,
  railReference: string,
): Promise<Refund | null> {
  const [row] = await tx.sql
    .select()
    .from(refunds)
    .where(
      and(
        eq(refunds.merchantId, tenant.merchantId),
        eq(refunds.railAccountId, railAccountId),
        eq(refunds.railReference, railReference),
      ),
    );
  return row === undefined ? null : toRefund(row);
}

/** Every refund of an invoice, oldest first. */
export async function listRefundsOfInvoice(tx: Tx, tenant: Tenant, invoiceId: InvoiceId): Promise<Refund[]> {
  const rows = await tx.sql
    .select()
    .from(refunds)
    .where(and(eq(refunds.merchantId, tenant.merchantId), eq(refunds.invoiceId, invoiceId)))
    .orderBy(asc(refunds.createdAt), asc(refunds.id));
  return rows.map(toRefund);
}

export interface RefundFilter {
  readonly state?: RefundState;
  readonly paymentId?: PaymentId;
  readonly invoiceId?: InvoiceId;
  readonly after?: { readonly createdAt: Date; readonly id: string };
}

/** One page, newest first. */
export async function listRefundRows(
  tx: Tx,
  tenant: Tenant,
  filter: RefundFilter,
  limit: number,
): Promise<Refund[]> {
  const { state, paymentId, invoiceId, after } = filter;
  const rows = await tx.sql
    .select()
    .from(refunds)
    .where(
      and(
        eq(refunds.merchantId, tenant.merchantId),
        eq(refunds.mode, tenant.mode),
        state === undefined ? undefined : eq(refunds.state, state),
        paymentId === undefined ? undefined : eq(refunds.paymentId, paymentId),
        invoiceId === undefined ? undefined : eq(refunds.invoiceId, invoiceId),
        after === undefined ? undefined : afterPlace(refunds, after),
      ),
    )
    .orderBy(desc(refunds.createdAt), desc(refunds.id))
    .limit(limit);
  return rows.map(toRefund);
}

/** Facts beside the state. */
export type RefundFacts = Partial<
  Pick<
    typeof refunds.$inferInsert,
    | "railReference"
    | "failureCode"
    | "failureRailCode"
    | "unknownSince"
    | "needsReviewAt"
    | "reviewReason"
    | "submittedAt"
    | "completedAt"
  >
>;

/** Writes facts without moving the state. The caller holds the lock. */
export async function updateRefundFacts(tx: Tx, refund: Refund, facts: RefundFacts): Promise<Refund> {
  const [row] = await tx.sql
    .update(refunds)
    .set({ ...facts, updatedAt: tx.now })
    .where(byId(refund, refund.id))
    .returning();
  if (row === undefined) throw new Error("A locked refund disappeared.");
  return toRefund(row);
}

/** Writes a new state and the facts that come with it. The caller holds the lock and has recorded the step. */
export async function updateRefundState(
  tx: Tx,
  refund: Refund,
  state: RefundState,
  facts: RefundFacts,
): Promise<Refund> {
  const [row] = await tx.sql
    .update(refunds)
    .set({ ...facts, state, version: refund.version + 1, updatedAt: tx.now })
    .where(and(byId(refund, refund.id), eq(refunds.version, refund.version)))
    .returning();
  if (row === undefined) throw new Error("A locked refund changed under its lock.");
  return toRefund(row);
}

/** Counts the question that is about to be planned; false where it was planned before. */
export async function takeRefundPollNumber(
  tx: Tx,
  tenant: Tenant,
  id: RefundId,
  number: number,
): Promise<boolean> {
  const taken = await tx.sql
    .update(refunds)
    .set({ pollCount: number })
    .where(and(byId(tenant, id), lt(refunds.pollCount, number)))
    .returning({ id: refunds.id });
  return taken.length > 0;
}

function byId(tenant: Pick<Tenant, "merchantId">, id: RefundId) {
  return and(eq(refunds.merchantId, tenant.merchantId), eq(refunds.id, id));
}
