// What is called back to whom, and every try of it.

import {
  and,
  asc,
  desc,
  eq,
  getTableColumns,
  gte,
  inArray,
  isNull,
  lt,
  or,
  type SQL,
  sql,
} from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import type { EventType } from "#lib/domain/events.ts";
import type { DeliveryAttemptId, DeliveryId, EndpointId, EventId, InvoiceId } from "#lib/domain/ids.ts";
import type { Tenant } from "#lib/domain/tenant.ts";
import { type DELIVERY_STATES, deliveries, deliveryAttempts, events } from "../schema/events.ts";
import { callbackEndpoints } from "../schema/merchants.ts";
import type { Tx } from "../transaction.ts";
import { afterPlace } from "./lists/after.ts";

export type DeliveryState = (typeof DELIVERY_STATES)[number];
export type DeliveryAttempt = typeof deliveryAttempts.$inferSelect;
export type Delivery = typeof deliveries.$inferSelect;
export type DeliveryOfEvent = Delivery & { readonly eventType: EventType };

export interface NewDelivery {
  readonly id: DeliveryId;
  readonly eventId: EventId;
  /** Null: the event is about a callback endpoint. */
  readonly invoiceId: InvoiceId | null;
  /** Null: the invoice's own address. */
  readonly endpointId: EndpointId | null;
  readonly resendOf: DeliveryId | null;
}

export async function insertDeliveries(
  tx: Tx,
  tenant: Tenant,
  inputs: readonly NewDelivery[],
): Promise<void> {
  if (inputs.length === 0) return;
  const row = { ...tenant, state: "pending", nextAttemptAt: tx.now, createdAt: tx.now } as const;
  await tx.sql.insert(deliveries).values(inputs.map((input) => ({ ...row, ...input })));
}

export async function lockDelivery(tx: Tx, tenant: Tenant, id: DeliveryId): Promise<Delivery | null> {
  const [row] = await tx.sql.select().from(deliveries).where(byId(tenant, id)).for("update");
  return row ?? null;
}

export async function updateDelivery(
  tx: Tx,
  tenant: Tenant,
  id: DeliveryId,
  changes: Partial<Pick<Delivery, "state" | "attempts" | "nextAttemptAt" | "completedAt">>,
): Promise<void> {
  await tx.sql.update(deliveries).set(changes).where(byId(tenant, id));
}

/** Ends what is still to be delivered to an endpoint. */
export async function failPendingDeliveries(tx: Tx, tenant: Tenant, endpointId: EndpointId): Promise<void> {
  await tx.sql
    .update(deliveries)
    .set({ state: "failed", nextAttemptAt: null, completedAt: tx.now })
    .where(
      and(
        eq(deliveries.merchantId, tenant.merchantId),
        eq(deliveries.endpointId, endpointId),
        eq(deliveries.state, "pending"),
      ),
    );
}

export async function findDelivery(tx: Tx, tenant: Tenant, id: DeliveryId): Promise<DeliveryOfEvent | null> {
  const [row] = await selectOfEvents(tx).where(byId(tenant, id));
  return row ?? null;
}

export interface DeliveryFilter {
  readonly state?: DeliveryState;
  readonly endpointId?: EndpointId;
  readonly eventId?: EventId;
  readonly invoiceId?: InvoiceId;
  readonly eventType?: EventType;
  readonly createdFrom?: Date;
  readonly createdTo?: Date;
}

/** One page, newest first; stable while rows are added. */
export async function listDeliveryRows(
  tx: Tx,
  tenant: Tenant,
  filter: DeliveryFilter & { readonly after?: { readonly createdAt: Date; readonly id: string } },
  limit: number,
): Promise<DeliveryOfEvent[]> {
  const { after } = filter;
  return await selectOfEvents(tx)
    .where(and(matching(tenant, filter), after === undefined ? undefined : afterPlace(deliveries, after)))
    .orderBy(desc(deliveries.createdAt), desc(deliveries.id))
    .limit(limit);
}

/**
 * Lets one resending of this tenant run at a time, until the transaction ends: what is pending by then is seen by
 * the next, and not sent once more.
 */
export async function lockResending(tx: Tx, tenant: Tenant): Promise<void> {
  const name = `resend:${tenant.merchantId}:${tenant.mode}`;
  await tx.sql.execute(sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`);
}

/** True while the same event is on its way to the same receiver. */
export async function isOnItsWay(
  tx: Tx,
  tenant: Tenant,
  { eventId, endpointId }: Pick<Delivery, "eventId" | "endpointId">,
): Promise<boolean> {
  const [row] = await tx.sql
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(
      and(
        eq(deliveries.merchantId, tenant.merchantId),
        eq(deliveries.eventId, eventId),
        endpointId === null ? isNull(deliveries.endpointId) : eq(deliveries.endpointId, endpointId),
        eq(deliveries.state, "pending"),
      ),
    )
    .limit(1);
  return row !== undefined;
}

/**
 * Deliveries that can be sent again, oldest first. Of several of one event to one receiver the newest alone
 * counts; none that is pending, and none to an endpoint that is off or gone.
 */
export async function listResendable(
  tx: Tx,
  tenant: Tenant,
  filter: DeliveryFilter,
  limit: number,
): Promise<DeliveryOfEvent[]> {
  const newer = alias(deliveries, "newer");
  const hasNewer = tx.sql
    .select({ one: sql`1` })
    .from(newer)
    .where(
      and(
        eq(newer.merchantId, deliveries.merchantId),
        eq(newer.eventId, deliveries.eventId),
        sql`${newer.endpointId} is not distinct from ${deliveries.endpointId}`,
        sql`(${newer.createdAt}, ${newer.id}) > (${deliveries.createdAt}, ${deliveries.id})`,
      ),
    );
  const receiver = tx.sql
    .select({ one: sql`1` })
    .from(callbackEndpoints)
    .where(
      and(
        eq(callbackEndpoints.merchantId, deliveries.merchantId),
        eq(callbackEndpoints.id, deliveries.endpointId),
        eq(callbackEndpoints.isEnabled, true),
        isNull(callbackEndpoints.deletedAt),
      ),
    );
  return await selectOfEvents(tx)
    .where(
      and(
        matching(tenant, filter),
        sql`${deliveries.state} <> 'pending'`,
        sql`not exists ${hasNewer}`,
        or(isNull(deliveries.endpointId), sql`exists ${receiver}`),
      ),
    )
    .orderBy(asc(deliveries.createdAt), asc(deliveries.id))
    .limit(limit);
}

export async function insertDeliveryAttempt(
  tx: Tx,
  tenant: Tenant,
  input: Omit<DeliveryAttempt, "merchantId" | "mode" | "at"> & { readonly id: DeliveryAttemptId },
): Promise<void> {
  await tx.sql.insert(deliveryAttempts).values({ ...tenant, ...input, at: tx.now });
}

/** Every try of one delivery, in order. */
export async function listAttempts(
  tx: Tx,
  tenant: Tenant,
  deliveryId: DeliveryId,
): Promise<DeliveryAttempt[]> {
  return await tx.sql
    .select()
    .from(deliveryAttempts)
    .where(
      and(eq(deliveryAttempts.merchantId, tenant.merchantId), eq(deliveryAttempts.deliveryId, deliveryId)),
    )
    .orderBy(asc(deliveryAttempts.number));
}

export interface TimelineAttempt extends DeliveryAttempt {
  readonly eventId: EventId;
  readonly nextAttemptAt: Date | null;
}

/** Every try to call back about the given events, oldest first. */
export async function listAttemptsOfEvents(
  tx: Tx,
  tenant: Tenant,
  eventIds: readonly EventId[],
): Promise<TimelineAttempt[]> {
  if (eventIds.length === 0) return [];
  const rows = await tx.sql
    .select({
      attempt: deliveryAttempts,
      eventId: deliveries.eventId,
      nextAttemptAt: deliveries.nextAttemptAt,
    })
    .from(deliveryAttempts)
    .innerJoin(
      deliveries,
      and(
        eq(deliveries.merchantId, deliveryAttempts.merchantId),
        eq(deliveries.id, deliveryAttempts.deliveryId),
      ),
    )
    .where(and(eq(deliveries.merchantId, tenant.merchantId), inArray(deliveries.eventId, [...eventIds])))
    .orderBy(asc(deliveryAttempts.at), asc(deliveryAttempts.number));
  return rows.map((row) => ({ ...row.attempt, eventId: row.eventId, nextAttemptAt: row.nextAttemptAt }));
}

function selectOfEvents(tx: Tx) {
  return tx.sql
    .select({ ...getTableColumns(deliveries), eventType: events.type })
    .from(deliveries)
    .innerJoin(events, and(eq(events.merchantId, deliveries.merchantId), eq(events.id, deliveries.eventId)))
    .$dynamic();
}

function matching(tenant: Tenant, filter: DeliveryFilter): SQL | undefined {
  const { state, endpointId, eventId, invoiceId, eventType, createdFrom, createdTo } = filter;
  return and(
    eq(deliveries.merchantId, tenant.merchantId),
    eq(deliveries.mode, tenant.mode),
    state === undefined ? undefined : eq(deliveries.state, state),
    endpointId === undefined ? undefined : eq(deliveries.endpointId, endpointId),
    eventId === undefined ? undefined : eq(deliveries.eventId, eventId),
    invoiceId === undefined ? undefined : eq(deliveries.invoiceId, invoiceId),
    eventType === undefined ? undefined : eq(events.type, eventType),
    createdFrom === undefined ? undefined : gte(deliveries.createdAt, createdFrom),
    createdTo === undefined ? undefined : lt(deliveries.createdAt, createdTo),
  );
}

function byId(tenant: Tenant, id: DeliveryId) {
  return and(eq(deliveries.merchantId, tenant.merchantId), eq(deliveries.id, id));
}
