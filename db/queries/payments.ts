// Reading and writing attempts to pay. Only services/payments/advance.ts writes a state.

import { and, asc, eq, inArray, isNull, lt, or, sql } from "drizzle-orm";
import { parseCurrency } from "#lib/domain/currency.ts";
import type { InvoiceId, PaymentId, RailAccountId } from "#lib/domain/ids.ts";
import { money } from "#lib/domain/money.ts";
import { OPEN_PAYMENT_STATES, type PaymentState } from "#lib/domain/payment.ts";
import type { Payment } from "#lib/domain/records.ts";
import type { Tenant } from "#lib/domain/tenant.ts";
import { payments, transitions } from "../schema/payments.ts";
import type { Tx } from "../transaction.ts";
import { comesAfter, newestFirst, type PagePlace } from "./newest-first.ts";

type PaymentRow = typeof payments.$inferSelect;

function toPayment(row: PaymentRow): Payment {
  const { amountMinor, currency, ...same } = row;
  return { ...same, amount: money(amountMinor, parseCurrency(currency)) };
}

export type NewPayment = Pick<
  Payment,
  "id" | "invoiceId" | "method" | "railAccountId" | "amount" | "shouldCapture" | "railKey" | "railRequest"
>;

/** Inserts an attempt that no rail was asked about yet. */
export async function insertPayment(tx: Tx, tenant: Tenant, input: NewPayment): Promise<Payment> {
  const { amount, ...same } = input;
  const [row] = await tx.sql
    .insert(payments)
    .values({
      ...tenant,
      ...same,
      state: "created",
      amountMinor: amount.amountMinor,
      currency: amount.currency,
    })
    .returning();
  if (row === undefined) throw new Error("The payment was not inserted.");
  return toPayment(row);
}

export async function findPayment(tx: Tx, tenant: Tenant, id: PaymentId): Promise<Payment | null> {
  const [row] = await tx.sql.select().from(payments).where(byId(tenant, id));
  return row === undefined ? null : toPayment(row);
}

/** Those of the ids that exist, in the order of the ids. */
export async function findPaymentsById(
  tx: Tx,
  tenant: Tenant,
  ids: readonly PaymentId[],
): Promise<Payment[]> {
  if (ids.length === 0) return [];
  const rows = await tx.sql
    .select()
    .from(payments)
    .where(and(eq(payments.merchantId, tenant.merchantId), inArray(payments.id, [...ids])));
  const byIds = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byIds.get(id) ?? []).map(toPayment);
}

/** Reads and locks; the invoice must have been locked before. */
export async function lockPayment(tx: Tx, tenant: Tenant, id: PaymentId): Promise<Payment | null> {
  const [row] = await tx.sql.select().from(payments).where(byId(tenant, id)).for("update");
  return row === undefined ? null : toPayment(row);
}

/** The open attempt that no other has superseded; there is at most one. */
export async function findOpenPayment(tx: Tx, tenant: Tenant, invoiceId: InvoiceId): Promise<Payment | null> {
  const [row] = await tx.sql
    .select()
    .from(payments)
    .where(
      and(
        ofInvoice(tenant, invoiceId),
        inArray(payments.state, OPEN_PAYMENT_STATES),
        isNull(payments.supersededAt),
      ),
    );
  return row === undefined ? null : toPayment(row);
}

/** The payment that a rail names by its own reference for what it settles, at one account of ours. */
export async function findPaymentBySettlement(
  tx: Tx,
  tenant: Tenant,
  railAccountId: RailAccountId,
  settlementReference: string,
): Promise<Payment | null> {
  const [row] = await tx.sql
    .select()
    .from(payments)
    .where(
      and(
        eq(payments.merchantId, tenant.merchantId),
        eq(payments.railAccountId, railAccountId),
        eq(payments.settlementReference, settlementReference),
      ),
    );
  return row === undefined ? null : toPayment(row);
}

/** Every attempt of an invoice, oldest first. */
export async function listPaymentsOfInvoice(
  tx: Tx,
  tenant: Tenant,
  invoiceId: InvoiceId,
): Promise<Payment[]> {
  const rows = await tx.sql
    .select()
    .from(payments)
    .where(ofInvoice(tenant, invoiceId))
    .orderBy(asc(payments.createdAt), asc(payments.id));
  return rows.map(toPayment);
}

export interface PaymentFilter {
  readonly states?: readonly PaymentState[];
  readonly invoiceId?: InvoiceId;
  readonly after?: PagePlace;
}

/** One page, newest first. */
export async function listPaymentRows(
  tx: Tx,
  tenant: Tenant,
  filter: PaymentFilter,
  limit: number,
): Promise<Payment[]> {
  const { after } = filter;
  const rows = await tx.sql
    .select()
    .from(payments)
    .where(
      and(
        eq(payments.merchantId, tenant.merchantId),
        eq(payments.mode, tenant.mode),
        filter.states === undefined ? undefined : inArray(payments.state, [...filter.states]),
        filter.invoiceId === undefined ? undefined : eq(payments.invoiceId, filter.invoiceId),
        comesAfter(payments.createdAt, payments.id, after),
      ),
    )
    .orderBy(...newestFirst(payments.createdAt, payments.id))
    .limit(limit);
  return rows.map(toPayment);
}

/** Facts beside the state. */
export type PaymentFacts = Partial<
  Pick<
    typeof payments.$inferInsert,
    | "disposition"
    | "feeMinor"
    | "refundedMinor"
    | "railReference"
    | "railDetails"
    | "redirectUrl"
    | "redirectExpiresAt"
    | "isProcessing"
    | "authorizedAt"
    | "authorizationExpiresAt"
    | "captureRequestedAt"
    | "cancelRequestedAt"
    | "validation"
    | "validationTries"
    | "declineCode"
    | "declineRailCode"
    | "supersededAt"
    | "unknownSince"
    | "needsReviewAt"
    | "reviewReason"
    | "submittedAt"
    | "completedAt"
  >
>;

/** Writes facts without moving the state. The caller holds the lock. */
export async function updatePaymentFacts(tx: Tx, payment: Payment, facts: PaymentFacts): Promise<Payment> {
  const [row] = await tx.sql
    .update(payments)
    .set({ ...facts, updatedAt: tx.now })
    .where(byId(payment, payment.id))
    .returning();
  if (row === undefined) throw new Error("A locked payment disappeared.");
  return toPayment(row);
}

/** Writes a new state and the facts that come with it. The caller holds the lock and has recorded the step. */
export async function updatePaymentState(
  tx: Tx,
  payment: Payment,
  state: PaymentState,
  facts: PaymentFacts,
): Promise<Payment> {
  const [row] = await tx.sql
    .update(payments)
    .set({ ...facts, state, version: payment.version + 1, updatedAt: tx.now })
    .where(and(byId(payment, payment.id), eq(payments.version, payment.version)))
    .returning();
  if (row === undefined) throw new Error("A locked payment changed under its lock.");
  return toPayment(row);
}

/** Takes the right to ask the rail now; false where it was asked less than `everySeconds` ago. */
export async function takeQuestion(
  tx: Tx,
  tenant: Tenant,
  id: PaymentId,
  everySeconds: number,
): Promise<boolean> {
  const taken = await tx.sql
    .update(payments)
    .set({ askedAt: tx.now })
    .where(
      and(
        byId(tenant, id),
        or(
          isNull(payments.askedAt),
          lt(
            payments.askedAt,
            sql`${tx.now.toISOString()}::timestamptz - make_interval(secs => ${everySeconds})`,
          ),
        ),
      ),
    )
    .returning({ id: payments.id });
  return taken.length > 0;
}

/** Counts the question that is about to be planned; false where it was planned before. */
export async function takePollNumber(
  tx: Tx,
  tenant: Tenant,
  id: PaymentId,
  number: number,
): Promise<boolean> {
  const taken = await tx.sql
    .update(payments)
    .set({ pollCount: number })
    .where(and(byId(tenant, id), lt(payments.pollCount, number)))
    .returning({ id: payments.id });
  return taken.length > 0;
}

export interface Step {
  readonly machine: "invoice" | "payment" | "refund" | "dispute" | "sms";
  readonly subjectId: string;
  readonly version: number;
  readonly fromState: string;
  readonly event: string;
  readonly toState: string;
  readonly actorKind: string;
  readonly actorId: string;
}

/** Records a step; the database refuses one that is not an edge of the machine. */
export async function insertTransition(tx: Tx, tenant: Tenant, step: Step): Promise<void> {
  await tx.sql.insert(transitions).values({ ...tenantOf(tenant), ...step });
}

function tenantOf({ merchantId, mode }: Tenant): Tenant {
  return { merchantId, mode };
}

function byId(tenant: Tenant, id: PaymentId) {
  return and(eq(payments.merchantId, tenant.merchantId), eq(payments.id, id));
}

function ofInvoice(tenant: Tenant, invoiceId: InvoiceId) {
  return and(eq(payments.merchantId, tenant.merchantId), eq(payments.invoiceId, invoiceId));
}
