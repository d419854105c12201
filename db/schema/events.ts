// The outbox, what was delivered of it, what rails told us, and what was answered to whom.

import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import type { EventType } from "#lib/domain/events.ts";
import type {
  DeliveryAttemptId,
  DeliveryId,
  EndpointId,
  EventId,
  Id,
  InvoiceId,
  NotificationId,
  PaymentId,
  RailAccountId,
  RefundId,
} from "#lib/domain/ids.ts";
import type { JsonValue } from "#lib/domain/ports/json.ts";
import { MODES } from "#lib/domain/tenant.ts";
import { bytes, instant, oneOf, tenantColumns, tenantPolicy, transactionId, writtenAt } from "./columns.ts";

/** Facts, written in the transaction that makes them true. Append only. */
export const events = pgTable(
  "events",
  {
    ...tenantColumns(),
    id: text("id").$type<EventId>().notNull(),
    type: text("type").$type<EventType>().notNull(),
    /** Null: it is about a callback endpoint. */
    invoiceId: text("invoice_id").$type<InvoiceId>(),
    paymentId: text("payment_id").$type<PaymentId>(),
    /** The refund, dispute or endpoint that it is about. */
    subjectId: text("subject_id"),
    /** 1, 2, 3, … per invoice, without gaps; 0 where it is about none. */
    sequence: integer("sequence").notNull(),
    /** The whole state at that moment, in our own words; each door renders it in its dialect. */
    data: jsonb("data").$type<JsonValue>().notNull(),
    actorKind: text("actor_kind").notNull(),
    actorId: text("actor_id").notNull(),
    correlationId: text("correlation_id").notNull(),
    occurredAt: writtenAt("occurred_at"),
    /** The order in which events can be read without missing one: the transaction that wrote it, by a count that
     * goes on after a restore (see eventOrder), then its place in it. What is still being written by others is not
     * given out (see listEventsAfter). */
    writtenBy: transactionId("written_by").notNull().default(sql`next_event_place()`),
    position: bigint("position", { mode: "bigint" }).generatedAlwaysAsIdentity().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    index("events_order").on(t.merchantId, t.mode, t.writtenBy, t.position),
    index("events_by_payment").on(t.merchantId, t.paymentId, t.writtenBy, t.position),
    uniqueIndex("events_sequence").on(t.merchantId, t.invoiceId, t.sequence),
    index("events_newest").on(t.merchantId, t.mode, t.occurredAt.desc(), t.id.desc()),
    oneOf("events_mode", t.mode, MODES),
    tenantPolicy("events"),
  ],
);

/**
 * What events are ahead of the server's own count of transactions: 0 until the rows come to a server that has counted
 * less than they say. One row, of no tenant; the migration alone changes it (see db/event-order.ts).
 */
export const eventOrder = pgTable(
  "event_order",
  {
    isOnly: boolean("is_only").primaryKey().default(true),
    ahead: bigint("ahead", { mode: "bigint" }).notNull().default(sql`0`),
    changedAt: instant("changed_at").notNull().defaultNow(),
  },
  (t) => [check("event_order_only", sql`${t.isOnly}`)],
);

export const DELIVERY_STATES = ["pending", "delivered", "failed"] as const;

/** One event for one receiver: a stored endpoint, or the invoice's own callback address. */
export const deliveries = pgTable(
  "deliveries",
  {
    ...tenantColumns(),
    id: text("id").$type<DeliveryId>().notNull(),
    eventId: text("event_id").$type<EventId>().notNull(),
    invoiceId: text("invoice_id").$type<InvoiceId>(),
    /** The delivery that this one repeats, by hand. */
    resendOf: text("resend_of").$type<DeliveryId>(),
    /** Null: the invoice's own address. The address is read at each try, so a changed one takes effect. */
    endpointId: text("endpoint_id").$type<EndpointId>(),
    state: text("state", { enum: DELIVERY_STATES }).notNull(),
    attempts: integer("attempts").notNull().default(0),
    nextAttemptAt: instant("next_attempt_at"),
    completedAt: instant("completed_at"),
    createdAt: writtenAt("created_at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    foreignKey({ columns: [t.merchantId, t.eventId], foreignColumns: [events.merchantId, events.id] }),
    index("deliveries_event").on(t.merchantId, t.eventId),
    index("deliveries_newest").on(t.merchantId, t.mode, t.createdAt, t.id),
    index("deliveries_endpoint").on(t.merchantId, t.endpointId, t.createdAt, t.id),
    index("deliveries_invoice").on(t.merchantId, t.invoiceId),
    oneOf("deliveries_state", t.state, DELIVERY_STATES),
    oneOf("deliveries_mode", t.mode, MODES),
    tenantPolicy("deliveries"),
  ],
);

/** One try. Append only. */
export const deliveryAttempts = pgTable(
  "delivery_attempts",
  {
    ...tenantColumns(),
    id: text("id").$type<DeliveryAttemptId>().notNull(),
    deliveryId: text("delivery_id").$type<DeliveryId>().notNull(),
    number: integer("number").notNull(),
    url: text("url").notNull(),
    isDelivered: boolean("is_delivered").notNull(),
    status: integer("status"),
    failure: text("failure"),
    responseText: text("response_text").notNull(),
    resolvedIp: text("resolved_ip"),
    durationMs: integer("duration_ms").notNull(),
    at: writtenAt("at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    foreignKey({
      columns: [t.merchantId, t.deliveryId],
      foreignColumns: [deliveries.merchantId, deliveries.id],
    }),
    uniqueIndex("delivery_attempts_number").on(t.merchantId, t.deliveryId, t.number),
    oneOf("delivery_attempts_mode", t.mode, MODES),
    tenantPolicy("delivery_attempts"),
  ],
);

export const NOTIFICATION_STATES = ["received", "applied", "ignored", "quarantined"] as const;

/** Verified messages from rails, each stored once by its sender's event id. */
export const notifications = pgTable(
  "notifications",
  {
    ...tenantColumns(),
    id: text("id").$type<NotificationId>().notNull(),
    railAccountId: text("rail_account_id").$type<RailAccountId>().notNull(),
    eventId: text("event_id").notNull(),
    eventType: text("event_type").notNull(),
    paymentId: text("payment_id").$type<PaymentId>(),
    railReference: text("rail_reference"),
    refundId: text("refund_id").$type<RefundId>(),
    refundReference: text("refund_reference"),
    disputeReference: text("dispute_reference"),
    state: text("state", { enum: NOTIFICATION_STATES }).notNull(),
    reason: text("reason"),
    receivedAt: writtenAt("received_at"),
    appliedAt: instant("applied_at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    uniqueIndex("notifications_once").on(t.merchantId, t.railAccountId, t.eventId),
    oneOf("notifications_state", t.state, NOTIFICATION_STATES),
    oneOf("notifications_mode", t.mode, MODES),
    tenantPolicy("notifications"),
  ],
);

/** The first answer to a keyed request, written with its effect. */
export const idempotencyKeys = pgTable(
  "idempotency_keys",
  {
    ...tenantColumns(),
    route: text("route").notNull(),
    key: text("key").notNull(),
    /** SHA-256 of the canonical body. */
    fingerprint: bytes("fingerprint").notNull(),
    /** What the effect made; an interrupted request goes on from it. */
    resourceId: text("resource_id"),
    /** The answer, sealed, since it may hold a link; null while the request is still running. */
    answer: bytes("answer"),
    /** Real time, in test mode too: keys are about requests on their way. */
    createdAt: instant("created_at").notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.mode, t.route, t.key] }),
    index("idempotency_keys_age").on(t.createdAt),
    oneOf("idempotency_keys_mode", t.mode, MODES),
    tenantPolicy("idempotency_keys"),
  ],
);

/** Who did what that needs a privilege, in the transaction that did it. Append only. */
export const auditEntries = pgTable(
  "audit_entries",
  {
    ...tenantColumns(),
    id: text("id").$type<Id<"audit">>().notNull(),
    act: text("act").notNull(),
    subjectId: text("subject_id").notNull(),
    actorKind: text("actor_kind").notNull(),
    actorId: text("actor_id").notNull(),
    correlationId: text("correlation_id").notNull(),
    detail: jsonb("detail").$type<JsonValue>().notNull().default(sql`'{}'::jsonb`),
    at: writtenAt("at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    index("audit_entries_newest").on(t.merchantId, t.mode, t.at, t.id),
    index("audit_entries_subject").on(t.merchantId, t.subjectId, t.at),
    oneOf("audit_entries_mode", t.mode, MODES),
    tenantPolicy("audit_entries"),
  ],
);
