// Reading and writing text messages.

import { and, asc, eq, isNotNull, ne } from "drizzle-orm";
import type { InvoiceId, SmsId } from "#lib/domain/ids.ts";
import type { Sms } from "#lib/domain/records.ts";
import type { SmsState } from "#lib/domain/sms.ts";
import type { Tenant } from "#lib/domain/tenant.ts";
import { smsMessages } from "../schema/invoices.ts";
import type { Tx } from "../transaction.ts";

export type NewSms = Pick<
  Sms,
  | "id"
  | "invoiceId"
  | "kind"
  | "paymentId"
  | "sender"
  | "template"
  | "linkCounter"
  | "linkKeyId"
  | "encoding"
  | "segments"
  | "sendAt"
>;

export async function insertSms(tx: Tx, tenant: Tenant, input: NewSms): Promise<Sms> {
  const [row] = await tx.sql
    .insert(smsMessages)
    .values({ ...tenant, ...input, state: "queued" })
    .returning();
  if (row === undefined) throw new Error("The message was not inserted.");
  return row;
}

export async function findSms(tx: Tx, tenant: Tenant, id: SmsId): Promise<Sms | null> {
  const [row] = await tx.sql.select().from(smsMessages).where(byId(tenant, id));
  return row ?? null;
}

/** Reads and locks; the invoice must have been locked before. */
export async function lockSms(tx: Tx, tenant: Tenant, id: SmsId): Promise<Sms | null> {
  const [row] = await tx.sql.select().from(smsMessages).where(byId(tenant, id)).for("update");
  return row ?? null;
}

/** Messages of an invoice, oldest first. */
export async function listSmsOfInvoice(tx: Tx, tenant: Tenant, invoiceId: InvoiceId): Promise<Sms[]> {
  return await tx.sql
    .select()
    .from(smsMessages)
    .where(and(eq(smsMessages.merchantId, tenant.merchantId), eq(smsMessages.invoiceId, invoiceId)))
    .orderBy(asc(smsMessages.createdAt), asc(smsMessages.id));
}

/** Provider ids that belong to other messages of the same invoice: a look-up must not adopt those. */
export async function otherProviderIds(tx: Tx, sms: Sms): Promise<string[]> {
  const rows = await tx.sql
    .select({ providerId: smsMessages.providerId })
    .from(smsMessages)
    .where(
      and(
        eq(smsMessages.merchantId, sms.merchantId),
        eq(smsMessages.invoiceId, sms.invoiceId),
        ne(smsMessages.id, sms.id),
        isNotNull(smsMessages.providerId),
      ),
    );
  return rows.map((row) => row.providerId ?? "");
}

export type SmsFacts = Partial<
  Pick<
    typeof smsMessages.$inferInsert,
    | "template"
    | "encoding"
    | "segments"
    | "claimedAt"
    | "railAccountId"
    | "attempts"
    | "unknownSince"
    | "unclearSends"
    | "lookedUpAt"
    | "providerId"
    | "providerCode"
    | "sentAt"
    | "finalAt"
  >
>;

/** Writes a new state and its facts. The caller holds the lock and has recorded the step. */
export async function updateSmsState(tx: Tx, sms: Sms, state: SmsState, facts: SmsFacts): Promise<Sms> {
  const [row] = await tx.sql
    .update(smsMessages)
    .set({ ...facts, state, version: sms.version + 1 })
    .where(and(byId(sms, sms.id), eq(smsMessages.version, sms.version)))
    .returning();
  if (row === undefined) throw new Error("A locked message changed under its lock.");
  return row;
}

/** Writes facts without moving the state. The caller holds the lock. */
export async function updateSmsFacts(tx: Tx, sms: Sms, facts: SmsFacts): Promise<Sms> {
  const [row] = await tx.sql.update(smsMessages).set(facts).where(byId(sms, sms.id)).returning();
  if (row === undefined) throw new Error("A locked message disappeared.");
  return row;
}

function byId(tenant: Tenant, id: SmsId) {
  return and(eq(smsMessages.merchantId, tenant.merchantId), eq(smsMessages.id, id));
}
