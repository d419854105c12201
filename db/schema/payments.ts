// Attempts to pay, and the history of every state.

import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import type { InvoiceId, PaymentId, RailAccountId } from "#lib/domain/ids.ts";
import {
  DECLINE_CODES,
  DISPOSITIONS,
  OPEN_PAYMENT_STATES,
  PAYMENT_METHODS,
  PAYMENT_STATES,
} from "#lib/domain/payment.ts";
import type { JsonValue } from "#lib/domain/ports/json.ts";
import type { RailDetails } from "#lib/domain/ports/rail.ts";
import type { PaymentValidation } from "#lib/domain/records.ts";
import { MODES } from "#lib/domain/tenant.ts";
import { instant, minor, oneOf, tenantColumns, tenantPolicy, writtenAt } from "./columns.ts";
import { invoices } from "./invoices.ts";
import { railAccounts } from "./merchants.ts";

const openStates = sql.raw(OPEN_PAYMENT_STATES.map((state) => `'${state}'`).join(", "));

export const payments = pgTable(
  "payments",
  {
    ...tenantColumns(),
    id: text("id").$type<PaymentId>().notNull(),
    invoiceId: text("invoice_id").$type<InvoiceId>().notNull(),
    method: text("method", { enum: PAYMENT_METHODS }).notNull(),
    railAccountId: text("rail_account_id").$type<RailAccountId>().notNull(),
    state: text("state", { enum: PAYMENT_STATES }).notNull(),
    version: integer("version").notNull().default(1),
    amountMinor: minor("amount_minor").notNull(),
    currency: text("currency").notNull(),
    /** What became of the money; null until it succeeded. */
    disposition: text("disposition", { enum: DISPOSITIONS }),
    /** True where the invoice allows several payments; such payments are outside the one-accepted rule. */
    isPart: boolean("is_part").notNull().default(false),
    feeMinor: minor("fee_minor").notNull().default(sql`0`),
    /** Refunded or on its way back; grows and shrinks under the payment's lock. */
    refundedMinor: minor("refunded_minor").notNull().default(sql`0`),
    shouldCapture: boolean("should_capture").notNull().default(true),
    authorizedAt: instant("authorized_at"),
    authorizationExpiresAt: instant("authorization_expires_at"),
    /** One or neither: the rail is asked for one of them until it has answered. */
    captureRequestedAt: instant("capture_requested_at"),
    cancelRequestedAt: instant("cancel_requested_at"),
    validation: jsonb("validation").$type<PaymentValidation>(),
    validationTries: smallint("validation_tries").notNull().default(0),
    /** Our key at the rail, and the request as it was first built: repeats are identical. */
    railKey: text("rail_key").notNull(),
    railRequest: jsonb("rail_request").$type<JsonValue>().notNull(),
    railReference: text("rail_reference"),
    railDetails: jsonb("rail_details").$type<RailDetails>().notNull().default({}),
    /** The one of the rail's details that payments are found by. Written by a trigger. */
    settlementReference: text("settlement_reference"),
    /** The rail's hosted page, and until when it lives. */
    redirectUrl: text("redirect_url"),
    redirectExpiresAt: instant("redirect_expires_at"),
    isProcessing: boolean("is_processing").notNull().default(false),
    declineCode: text("decline_code", { enum: DECLINE_CODES }),
    declineRailCode: text("decline_rail_code"),
    /** Another method was chosen while this one could not be closed. */
    supersededAt: instant("superseded_at"),
    /** Since when the rail's answer is missing. */
    unknownSince: instant("unknown_since"),
    /** The rail's record contradicts ours; nothing settles it but a person. */
    needsReviewAt: instant("needs_review_at"),
    reviewReason: text("review_reason"),
    submittedAt: instant("submitted_at"),
    /** The last question to the rail; at most one in 2 s. */
    askedAt: instant("asked_at"),
    /** Questions planned so far, so that a job that runs twice plans the next one once. */
    pollCount: integer("poll_count").notNull().default(0),
    completedAt: instant("completed_at"),
    createdAt: writtenAt("created_at"),
    updatedAt: writtenAt("updated_at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    foreignKey({ columns: [t.merchantId, t.invoiceId], foreignColumns: [invoices.merchantId, invoices.id] }),
    foreignKey({
      columns: [t.merchantId, t.railAccountId],
      foreignColumns: [railAccounts.merchantId, railAccounts.id],
    }),
    index("payments_invoice").on(t.merchantId, t.invoiceId, t.createdAt),
    // Ascending: read backwards they are in the order that a plain `desc` asks for.
    index("payments_state").on(t.merchantId, t.mode, t.state, t.createdAt, t.id),
    // What is counted of attempts is in it, so that they are counted without the rows.
    index("payments_newest").on(
      t.merchantId,
      t.mode,
      t.createdAt,
      t.id,
      t.method,
      t.railAccountId,
      t.state,
      t.declineCode,
    ),
    index("payments_method").on(t.merchantId, t.mode, t.method, t.createdAt, t.id),
    index("payments_amount").on(t.merchantId, t.mode, t.currency, t.amountMinor, t.createdAt, t.id),
    index("payments_completed")
      .on(t.merchantId, t.mode, t.completedAt, t.createdAt, t.id)
      .where(sql`completed_at is not null`),
    index("payments_surplus").on(t.merchantId, t.mode, t.completedAt).where(sql`disposition = 'surplus'`),
    index("payments_review")
      .on(t.merchantId, t.mode, t.needsReviewAt)
      .where(sql`needs_review_at is not null`),
    uniqueIndex("payments_one_open")
      .on(t.merchantId, t.invoiceId)
      .where(sql`state in (${openStates}) and superseded_at is null`),
    uniqueIndex("payments_one_accepted")
      .on(t.merchantId, t.invoiceId)
      .where(sql`disposition = 'accepted' and not is_part`),
    uniqueIndex("payments_rail_reference")
      .on(t.merchantId, t.railAccountId, t.railReference)
      .where(sql`rail_reference is not null`),
    uniqueIndex("payments_rail_key").on(t.merchantId, t.railAccountId, t.railKey),
    index("payments_settlement_reference")
      .on(t.merchantId, t.railAccountId, t.settlementReference)
      .where(sql`settlement_reference is not null`),
    check("payments_amount", sql`amount_minor between 1 and 99999999`),
    check("payments_refunded", sql`refunded_minor between 0 and amount_minor`),
    check("payments_refunded_is_captured", sql`refunded_minor = 0 or state = 'succeeded'`),
    check("payments_one_wish", sql`capture_requested_at is null or cancel_requested_at is null`),
    check("payments_disposition", sql`(state = 'succeeded') = (disposition is not null)`),
    oneOf("payments_state_known", t.state, PAYMENT_STATES),
    oneOf("payments_method", t.method, PAYMENT_METHODS),
    oneOf("payments_mode", t.mode, MODES),
    tenantPolicy("payments"),
  ],
);

/** Every legal step of every state machine; a copy of the tables in lib/domain, compared by a test. */
export const stateEdges = pgTable(
  "state_edges",
  {
    machine: text("machine").notNull(),
    fromState: text("from_state").notNull(),
    event: text("event").notNull(),
    toState: text("to_state").notNull(),
  },
  (t) => [primaryKey({ columns: [t.machine, t.fromState, t.event, t.toState] })],
);

/** Every step that was taken. Append only. */
export const transitions = pgTable(
  "transitions",
  {
    ...tenantColumns(),
    machine: text("machine").notNull(),
    subjectId: text("subject_id").notNull(),
    /** The subject's version after the step. */
    version: integer("version").notNull(),
    fromState: text("from_state").notNull(),
    event: text("event").notNull(),
    toState: text("to_state").notNull(),
    actorKind: text("actor_kind").notNull(),
    actorId: text("actor_id").notNull(),
    at: writtenAt("at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.subjectId, t.version] }),
    foreignKey({
      columns: [t.machine, t.fromState, t.event, t.toState],
      foreignColumns: [stateEdges.machine, stateEdges.fromState, stateEdges.event, stateEdges.toState],
    }),
    oneOf("transitions_mode", t.mode, MODES),
    tenantPolicy("transitions"),
  ],
);
