// Where merchants are called back.

import { and, asc, desc, eq, isNull, sql } from "drizzle-orm";
import type { EndpointId } from "#lib/domain/ids.ts";
import type { Tenant } from "#lib/domain/tenant.ts";
import { callbackEndpoints } from "../schema/merchants.ts";
import type { Tx } from "../transaction.ts";

export type CallbackEndpoint = typeof callbackEndpoints.$inferSelect;

/** Every endpoint that is not deleted: the default one first, then the oldest. */
export async function listEndpoints(tx: Tx, tenant: Tenant): Promise<CallbackEndpoint[]> {
  return await tx.sql
    .select()
    .from(callbackEndpoints)
    .where(ofTenant(tenant))
    .orderBy(desc(callbackEndpoints.isDefault), asc(callbackEndpoints.createdAt), asc(callbackEndpoints.id));
}

/** The endpoints that are called back, the default one among them. */
export async function listEnabledEndpoints(tx: Tx, tenant: Tenant): Promise<CallbackEndpoint[]> {
  return await tx.sql
    .select()
    .from(callbackEndpoints)
    .where(and(ofTenant(tenant), eq(callbackEndpoints.isEnabled, true)));
}

/** Null also where it was deleted. */
export async function findEndpoint(tx: Tx, tenant: Tenant, id: EndpointId): Promise<CallbackEndpoint | null> {
  const [row] = await tx.sql.select().from(callbackEndpoints).where(byId(tenant, id));
  return row ?? null;
}

/** Reads and locks. Locks are always taken in the order settings, endpoint, delivery. */
export async function lockEndpoint(tx: Tx, tenant: Tenant, id: EndpointId): Promise<CallbackEndpoint | null> {
  const [row] = await tx.sql.select().from(callbackEndpoints).where(byId(tenant, id)).for("update");
  return row ?? null;
}

export async function findDefaultEndpoint(tx: Tx, tenant: Tenant): Promise<CallbackEndpoint | null> {
  const [row] = await tx.sql
    .select()
    .from(callbackEndpoints)
    .where(and(ofTenant(tenant), eq(callbackEndpoints.isDefault, true)));
  return row ?? null;
}

export async function insertEndpoint(
  tx: Tx,
  tenant: Tenant,
  input: Omit<typeof callbackEndpoints.$inferInsert, "merchantId" | "mode" | "createdAt" | "updatedAt">,
): Promise<CallbackEndpoint> {
  const [row] = await tx.sql
    .insert(callbackEndpoints)
    .values({ ...tenant, ...input, createdAt: tx.now, updatedAt: tx.now })
    .returning();
  if (row === undefined) throw new Error("The endpoint was not inserted.");
  return row;
}

/** Changes what its owner sees as a new version. The caller holds the lock. */
export async function updateEndpoint(
  tx: Tx,
  tenant: Tenant,
  id: EndpointId,
  changes: Partial<typeof callbackEndpoints.$inferInsert>,
): Promise<CallbackEndpoint> {
  const [row] = await tx.sql
    .update(callbackEndpoints)
    .set({ ...changes, version: sql`${callbackEndpoints.version} + 1`, updatedAt: tx.now })
    .where(byId(tenant, id))
    .returning();
  if (row === undefined) throw new Error("A locked endpoint is gone.");
  return row;
}

/** Notes how its deliveries go; its version stays. The caller holds the lock. */
export async function updateEndpointHealth(
  tx: Tx,
  tenant: Tenant,
  id: EndpointId,
  changes: Partial<
    Pick<
      CallbackEndpoint,
      "failingSince" | "lastFailedAt" | "failingNoticeAt" | "lastDeliveredAt" | "slowTries"
    >
  >,
): Promise<CallbackEndpoint> {
  const [row] = await tx.sql.update(callbackEndpoints).set(changes).where(byId(tenant, id)).returning();
  if (row === undefined) throw new Error("A locked endpoint is gone.");
  return row;
}

function ofTenant(tenant: Tenant) {
  return and(
    eq(callbackEndpoints.merchantId, tenant.merchantId),
    eq(callbackEndpoints.mode, tenant.mode),
    isNull(callbackEndpoints.deletedAt),
  );
}

function byId(tenant: Tenant, id: EndpointId) {
  return and(
    eq(callbackEndpoints.merchantId, tenant.merchantId),
    eq(callbackEndpoints.id, id),
    isNull(callbackEndpoints.deletedAt),
  );
}
