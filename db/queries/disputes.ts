// Reading and writing disputes. Only services/disputes/advance.ts writes a state.

import { and, asc, desc, eq, inArray } from "drizzle-orm";
import { parseCurrency } from "#lib/domain/currency.ts";
import { type DisputeState, MONEY_TAKEN_STATES } from "#lib/domain/dispute.ts";
import type { DisputeId, InvoiceId, PaymentId, RailAccountId } from "#lib/domain/ids.ts";
import { money } from "#lib/domain/money.ts";
import type { Dispute } from "#lib/domain/records.ts";
import type { Tenant } from "#lib/domain/tenant.ts";
import { disputes } from "../schema/refunds.ts";
import type { Tx } from "../transaction.ts";
import { afterPlace } from "./lists/after.ts";

function toDispute(row: typeof disputes.$inferSelect): Dispute {
  const { amountMinor, currency, ...same } = row;
  return { ...same, amount: money(amountMinor, parseCurrency(currency)) };
}

export type NewDispute = Pick<
  Dispute,
  "id" | "paymentId" | "invoiceId" | "railAccountId" | "amount" | "reason" | "railReference" | "evidenceDueAt"
>;

/** Inserts a dispute as the bank's question that it begins as. */
export async function insertDispute(tx: Tx, tenant: Tenant, input: NewDispute): Promise<Dispute> {
  const { amount, ...same } = input;
  const [row] = await tx.sql
    .insert(disputes)
    .values({
      ...tenant,
      ...same,
      state: "inquiry",
      amountMinor: amount.amountMinor,
      currency: amount.currency,
      createdAt: tx.now,
    })
    .returning();
  if (row === undefined) throw new Error("The dispute was not inserted.");
  return toDispute(row);
}

export async function findDispute(tx: Tx, tenant: Tenant, id: DisputeId): Promise<Dispute | null> {
  const [row] = await tx.sql
    .select()
    .from(disputes)
    .where(and(eq(disputes.merchantId, tenant.merchantId), eq(disputes.id, id)));
  return row === undefined ? null : toDispute(row);
}

/** The dispute that a rail names by its own id, at one account of ours. */
export async function findDisputeByReference(
  tx: Tx,
  tenant: Tenant,
  railAccountId: RailAccountId,
  railReference: string,
): Promise<Dispute | null> {
  const named = byReference(tenant, railAccountId, railReference);
  const [row] = await tx.sql.select().from(disputes).where(named);
  return row === undefined ? null : toDispute(row);
}

/** Reads and locks it; invoice and payment must have been locked before. */
export async function lockDisputeByReference(
  tx: Tx,
  tenant: Tenant,
  railAccountId: RailAccountId,
  railReference: string,
): Promise<Dispute | null> {
  const named = byReference(tenant, railAccountId, railReference);
  const [row] = await tx.sql.select().from(disputes).where(named).for("update");
  return row === undefined ? null : toDispute(row);
}

function byReference(tenant: Tenant, railAccountId: RailAccountId, railReference: string) {
  return and(
    eq(disputes.merchantId, tenant.merchantId),
    eq(disputes.railAccountId, railAccountId),
    eq(disputes.railReference, railReference),
  );
}

/** Every dispute of an invoice's payments, oldest first. */
export async function listDisputesOfInvoice(
  tx: Tx,
  tenant: Tenant,
  invoiceId: InvoiceId,
): Promise<Dispute[]> {
  const rows = await tx.sql
    .select()
    .from(disputes)
    .where(and(eq(disputes.merchantId, tenant.merchantId), eq(disputes.invoiceId, invoiceId)))
    .orderBy(asc(disputes.createdAt), asc(disputes.id));
  return rows.map(toDispute);
}

/** True where the payment's money is, or stays, with the payer's bank. */
export async function isMoneyDisputed(tx: Tx, tenant: Tenant, paymentId: PaymentId): Promise<boolean> {
  const [row] = await tx.sql
    .select({ id: disputes.id })
    .from(disputes)
    .where(
      and(
        eq(disputes.merchantId, tenant.merchantId),
        eq(disputes.paymentId, paymentId),
        inArray(disputes.state, [...MONEY_TAKEN_STATES]),
      ),
    )
    .limit(1);
  return row !== undefined;
}

export interface DisputeFilter {
  readonly state?: DisputeState;
  readonly paymentId?: PaymentId;
  readonly invoiceId?: InvoiceId;
  readonly after?: { readonly createdAt: Date; readonly id: string };
}

/** One page, newest first. */
export async function listDisputeRows(
  tx: Tx,
  tenant: Tenant,
  filter: DisputeFilter,
  limit: number,
): Promise<Dispute[]> {
  const { state, paymentId, invoiceId, after } = filter;
  const rows = await tx.sql
    .select()
    .from(disputes)
    .where(
      and(
        eq(disputes.merchantId, tenant.merchantId),
        eq(disputes.mode, tenant.mode),
        state === undefined ? undefined : eq(disputes.state, state),
        paymentId === undefined ? undefined : eq(disputes.paymentId, paymentId),
        invoiceId === undefined ? undefined : eq(disputes.invoiceId, invoiceId),
        after === undefined ? undefined : afterPlace(disputes, after),
      ),
    )
    .orderBy(desc(disputes.createdAt), desc(disputes.id))
    .limit(limit);
  return rows.map(toDispute);
}

/** Facts beside the state. */
export type DisputeFacts = Partial<
  Pick<typeof disputes.$inferInsert, "feeMinor" | "evidenceDueAt" | "openedAt" | "completedAt">
>;

/** Writes facts without moving the state. The caller holds the lock. */
export async function updateDisputeFacts(tx: Tx, dispute: Dispute, facts: DisputeFacts): Promise<Dispute> {
  return await write(tx, dispute, facts);
}

/** Writes a new state and the facts that come with it. The caller holds the lock and has recorded the step. */
export async function updateDisputeState(
  tx: Tx,
  dispute: Dispute,
  state: DisputeState,
  facts: DisputeFacts,
): Promise<Dispute> {
  return await write(tx, dispute, { ...facts, state, version: dispute.version + 1 });
}

async function write(
  tx: Tx,
  dispute: Dispute,
  changes: Partial<typeof disputes.$inferInsert>,
): Promise<Dispute> {
  const [row] = await tx.sql
    .update(disputes)
    .set({ ...changes, updatedAt: tx.now })
    .where(
      and(
        eq(disputes.merchantId, dispute.merchantId),
        eq(disputes.id, dispute.id),
        eq(disputes.version, dispute.version),
      ),
    )
    .returning();
  if (row === undefined) throw new Error("A locked dispute changed under its lock.");
  return toDispute(row);
}
