// Codes of our own that approve a charge on the phone bill.

import { and, eq, sql } from "drizzle-orm";
import type { PaymentId } from "#lib/domain/ids.ts";
import type { Tenant } from "#lib/domain/tenant.ts";
import { consentCodes } from "../schema/invoices.ts";
import type { Tx } from "../transaction.ts";

export type ConsentCode = typeof consentCodes.$inferSelect;

export async function insertConsentCode(
  tx: Tx,
  tenant: Tenant,
  paymentId: PaymentId,
  expiresAt: Date,
): Promise<void> {
  await tx.sql.insert(consentCodes).values({ ...tenant, paymentId, expiresAt });
}

export async function findConsentCode(
  tx: Tx,
  tenant: Tenant,
  paymentId: PaymentId,
): Promise<ConsentCode | null> {
  const [row] = await tx.sql.select().from(consentCodes).where(byPayment(tenant, paymentId));
  return row ?? null;
}

/** Counts a try and returns the row after it. The row stays locked until the transaction ends. */
export async function countCodeTry(
  tx: Tx,
  tenant: Tenant,
  paymentId: PaymentId,
): Promise<ConsentCode | null> {
  const [row] = await tx.sql
    .update(consentCodes)
    .set({ tries: sql`${consentCodes.tries} + 1` })
    .where(byPayment(tenant, paymentId))
    .returning();
  return row ?? null;
}

export async function markCodeUsed(tx: Tx, tenant: Tenant, paymentId: PaymentId): Promise<void> {
  await tx.sql.update(consentCodes).set({ isUsed: true }).where(byPayment(tenant, paymentId));
}

function byPayment(tenant: Tenant, paymentId: PaymentId) {
  return and(eq(consentCodes.merchantId, tenant.merchantId), eq(consentCodes.paymentId, paymentId));
}
