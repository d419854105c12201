// The outbox, notifications, the books, answered keys and the audit log.

import { and, asc, eq, gt, inArray, isNull, lt, type SQL, sql } from "drizzle-orm";
import type { EventType } from "#lib/domain/events.ts";
import type { EventId, InvoiceId, NotificationId, PaymentId } from "#lib/domain/ids.ts";
import type { LedgerKind, Leg } from "#lib/domain/ledger.ts";
import type { JsonValue } from "#lib/domain/ports/json.ts";
import type { EventData } from "#lib/domain/records.ts";
import type { Tenant } from "#lib/domain/tenant.ts";
import { auditEntries, events, idempotencyKeys, notifications } from "../schema/events.ts";
import { ledgerEntries, ledgerTransactions } from "../schema/ledger.ts";
import type { Tx } from "../transaction.ts";

export type StoredEvent = Omit<typeof events.$inferSelect, "data"> & { readonly data: EventData };
export type Notification = typeof notifications.$inferSelect;
export type IdempotencyRow = typeof idempotencyKeys.$inferSelect;

export async function insertEvent(
  tx: Tx,
  tenant: Tenant,
  input: Omit<
    typeof events.$inferInsert,
    "merchantId" | "mode" | "data" | "occurredAt" | "writtenBy" | "position"
  > & {
    readonly data: EventData;
  },
): Promise<void> {
  await tx.sql.insert(events).values({
    ...tenant,
    ...input,
    data: input.data as unknown as JsonValue,
    occurredAt: tx.now,
  });
}

export async function findEvent(tx: Tx, tenant: Tenant, id: EventId): Promise<StoredEvent | null> {
  const [row] = await tx.sql
    .select()
    .from(events)
    .where(and(eq(events.merchantId, tenant.merchantId), eq(events.id, id)));
  return row === undefined ? null : withData(row);
}

/** Events of an invoice in order, after a sequence number. */
export async function listEventsOfInvoice(
  tx: Tx,
  tenant: Tenant,
  invoiceId: InvoiceId,
  afterSequence: number,
  limit: number,
): Promise<StoredEvent[]> {
  const rows = await tx.sql
    .select()
    .from(events)
    .where(
      and(
        eq(events.merchantId, tenant.merchantId),
        eq(events.invoiceId, invoiceId),
        gt(events.sequence, afterSequence),
      ),
    )
    .orderBy(asc(events.sequence))
    .limit(limit);
  return rows.map(withData);
}

/** Where an event stands in the order that all of them can be read in. */
export type EventPlace = Pick<StoredEvent, "writtenBy" | "position">;

/** Null: an id that nothing has, so that nothing matches. */
export interface EventFilter {
  readonly types?: readonly EventType[];
  readonly invoiceId?: InvoiceId | null;
  readonly paymentId?: PaymentId | null;
}

/** A list that is filtered by type reads so many events for one page at most. */
const SCAN_MAX = 2_000;

export interface EventsAfter {
  readonly events: readonly StoredEvent[];
  /** Everything up to here was looked at; null where there are more events than were asked for. */
  readonly end: EventPlace | null;
  /** True where nothing that matches can be there after `end` by now. */
  readonly isWhole: boolean;
}

/**
 * Events after a place, oldest first. Those of a transaction are given out once every transaction that began to
 * write before it has ended: whatever commits later comes later in the order, so nobody who goes on from the
 * place that was reached misses any.
 */
export async function listEventsAfter(
  tx: Tx,
  tenant: Tenant,
  filter: EventFilter,
  after: EventPlace,
  limit: number,
): Promise<EventsAfter> {
  const { types, invoiceId, paymentId } = filter;
  // Read first: what had ended by then can be seen by every later statement.
  const horizon = await readHorizon(tx);
  const horizonEnd = laterOf(after, { writtenBy: String(horizon - 1n), position: POSITION_MAX });
  if (invoiceId === null || paymentId === null) return { events: [], end: horizonEnd, isWhole: true };
  const inReach = and(
    eq(events.merchantId, tenant.merchantId),
    eq(events.mode, tenant.mode),
    sql`${events.writtenBy} < ${String(horizon)}::xid8`,
    sql`(${events.writtenBy}, ${events.position}) > ${rowOf(after)}`,
  );
  const isIndexed = invoiceId !== undefined || paymentId !== undefined;
  const cut = types === undefined || isIndexed ? null : await lastOfScan(tx, inReach);
  const rows = await tx.sql
    .select()
    .from(events)
    .where(
      and(
        inReach,
        cut === null ? undefined : sql`(${events.writtenBy}, ${events.position}) <= ${rowOf(cut)}`,
        types === undefined ? undefined : inArray(events.type, [...types]),
        invoiceId === undefined ? undefined : eq(events.invoiceId, invoiceId),
        paymentId === undefined ? undefined : eq(events.paymentId, paymentId),
      ),
    )
    .orderBy(asc(events.writtenBy), asc(events.position))
    .limit(limit + 1);
  const end = rows.length > limit ? null : (cut ?? horizonEnd);
  return { events: rows.slice(0, limit).map(withData), end, isWhole: end !== null && cut === null };
}

const POSITION_MAX = 2n ** 63n - 1n;

/** Every event before this place is there by now, or will never be. */
async function readHorizon(tx: Tx): Promise<bigint> {
  const { rows } = await tx.client.query<{ place: string }>(
    "select (pg_snapshot_xmin(pg_current_snapshot())::text::bigint + ahead)::text as place from event_order",
  );
  const place = rows[0]?.place;
  if (place === undefined) throw new Error("The order of events has lost its row.");
  return BigInt(place);
}

/** Where the most that one page may look at ends; null where there is less. */
async function lastOfScan(tx: Tx, inReach: SQL | undefined): Promise<EventPlace | null> {
  const [row] = await tx.sql
    .select({ writtenBy: events.writtenBy, position: events.position })
    .from(events)
    .where(inReach)
    .orderBy(asc(events.writtenBy), asc(events.position))
    .offset(SCAN_MAX - 1)
    .limit(1);
  return row ?? null;
}

function rowOf({ writtenBy, position }: EventPlace): SQL {
  return sql`(${writtenBy}::xid8, ${String(position)}::bigint)`;
}

function laterOf(a: EventPlace, b: EventPlace): EventPlace {
  const [left, right] = [BigInt(a.writtenBy), BigInt(b.writtenBy)];
  return left > right || (left === right && a.position > b.position) ? a : b;
}

/** The cast is safe: only insertEvent writes this column, and it takes EventData. */
function withData(row: typeof events.$inferSelect): StoredEvent {
  return { ...row, data: row.data as unknown as EventData };
}

/** Stores a rail's message once; false where it is stored already. */
export async function insertNotification(
  tx: Tx,
  tenant: Tenant,
  input: Pick<
    Notification,
    | "id"
    | "railAccountId"
    | "eventId"
    | "eventType"
    | "paymentId"
    | "railReference"
    | "refundId"
    | "refundReference"
    | "disputeReference"
  >,
): Promise<boolean> {
  const inserted = await tx.sql
    .insert(notifications)
    .values({ ...tenant, ...input, state: "received", receivedAt: tx.now })
    .onConflictDoNothing({
      target: [notifications.merchantId, notifications.railAccountId, notifications.eventId],
    })
    .returning({ id: notifications.id });
  return inserted.length > 0;
}

export async function findNotification(
  tx: Tx,
  tenant: Tenant,
  id: NotificationId,
): Promise<Notification | null> {
  const [row] = await tx.sql
    .select()
    .from(notifications)
    .where(and(eq(notifications.merchantId, tenant.merchantId), eq(notifications.id, id)));
  return row ?? null;
}

export async function closeNotification(
  tx: Tx,
  tenant: Tenant,
  id: NotificationId,
  state: "applied" | "ignored" | "quarantined",
  reason: string | null,
): Promise<void> {
  await tx.sql
    .update(notifications)
    .set({ state, reason, appliedAt: tx.now })
    .where(and(eq(notifications.merchantId, tenant.merchantId), eq(notifications.id, id)));
}

/** Books one ledger transaction. The database refuses one that does not balance, and a second of its kind. */
export async function insertLedgerTransaction(
  tx: Tx,
  tenant: Tenant,
  input: {
    readonly id: (typeof ledgerTransactions.$inferInsert)["id"];
    readonly kind: LedgerKind;
    readonly paymentId: PaymentId;
    /** The refund or dispute that is booked; null: the payment itself. */
    readonly subjectId: string | null;
    readonly step: number;
    readonly currency: string;
    readonly legs: readonly (Leg & { readonly id: (typeof ledgerEntries.$inferInsert)["id"] })[];
  },
): Promise<void> {
  const { id, kind, paymentId, subjectId, step, currency, legs } = input;
  await tx.sql.insert(ledgerTransactions).values({ ...tenant, id, kind, paymentId, subjectId, step });
  await tx.sql
    .insert(ledgerEntries)
    .values(legs.map((leg) => ({ ...tenant, ...leg, transactionId: id, currency })));
}

/** How often one kind has been booked about a payment, refund or dispute. The caller holds its lock. */
export async function countBookings(
  tx: Tx,
  tenant: Tenant,
  subjectId: string,
  kind: LedgerKind,
): Promise<number> {
  return await tx.sql.$count(
    ledgerTransactions,
    and(
      eq(ledgerTransactions.merchantId, tenant.merchantId),
      sql`coalesce(${ledgerTransactions.subjectId}, ${ledgerTransactions.paymentId}) = ${subjectId}`,
      eq(ledgerTransactions.kind, kind),
    ),
  );
}

/**
 * Takes an idempotency key for this transaction, or says that another call holds it. Then reads what is stored
 * under it.
 */
export async function takeIdempotencyKey(
  tx: Tx,
  tenant: Tenant,
  route: string,
  key: string,
): Promise<{ readonly isTaken: boolean; readonly row: IdempotencyRow | null }> {
  const name = `${tenant.merchantId}:${tenant.mode}:${route}:${key}`;
  const locked = await tx.sql.execute<{ taken: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) as taken`,
  );
  if (locked.rows[0]?.taken !== true) return { isTaken: false, row: null };
  return { isTaken: true, row: await findIdempotencyKey(tx, tenant, route, key) };
}

/** What is stored under a key, for a look that neither waits for other calls nor holds them up. */
export async function findIdempotencyKey(
  tx: Tx,
  tenant: Tenant,
  route: string,
  key: string,
): Promise<IdempotencyRow | null> {
  const [row] = await tx.sql
    .select()
    .from(idempotencyKeys)
    .where(keyed(tenant, route, key));
  return row ?? null;
}

export async function insertIdempotencyKey(
  tx: Tx,
  tenant: Tenant,
  input: Pick<IdempotencyRow, "route" | "key" | "fingerprint" | "resourceId" | "answer">,
): Promise<void> {
  await tx.sql.insert(idempotencyKeys).values({ ...tenant, ...input });
}

/** Stores the answer of a call that took several transactions; false where there is one, or the key is gone. */
export async function storeAnswer(
  tx: Tx,
  tenant: Tenant,
  route: string,
  key: string,
  answer: Uint8Array,
): Promise<boolean> {
  const stored = await tx.sql
    .update(idempotencyKeys)
    .set({ answer })
    .where(and(keyed(tenant, route, key), isNull(idempotencyKeys.answer)))
    .returning({ key: idempotencyKeys.key });
  return stored.length > 0;
}

function keyed(tenant: Tenant, route: string, key: string) {
  return and(
    eq(idempotencyKeys.merchantId, tenant.merchantId),
    eq(idempotencyKeys.mode, tenant.mode),
    eq(idempotencyKeys.route, route),
    eq(idempotencyKeys.key, key),
  );
}

/** Forgets keys of this tenant that are older than `before` (UTC). */
export async function purgeIdempotencyKeys(tx: Tx, tenant: Tenant, before: Date): Promise<void> {
  await tx.sql
    .delete(idempotencyKeys)
    .where(
      and(
        eq(idempotencyKeys.merchantId, tenant.merchantId),
        eq(idempotencyKeys.mode, tenant.mode),
        lt(idempotencyKeys.createdAt, before),
      ),
    );
}

export async function insertAudit(
  tx: Tx,
  tenant: Tenant,
  input: Omit<typeof auditEntries.$inferInsert, "merchantId" | "mode" | "at">,
): Promise<void> {
  await tx.sql.insert(auditEntries).values({ ...tenant, ...input, at: tx.now });
}

/** True where the act stands in this tenant's audit log. */
export async function hasAudit(tx: Tx, tenant: Tenant, act: string): Promise<boolean> {
  const [row] = await tx.sql
    .select({ id: auditEntries.id })
    .from(auditEntries)
    .where(
      and(
        eq(auditEntries.merchantId, tenant.merchantId),
        eq(auditEntries.mode, tenant.mode),
        eq(auditEntries.act, act),
      ),
    )
    .limit(1);
  return row !== undefined;
}
