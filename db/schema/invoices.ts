// Invoices and what is sent about them.

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
import type { InvoiceId, PaymentId, RailAccountId, SmsId } from "#lib/domain/ids.ts";
import { INVOICE_STATES } from "#lib/domain/invoice.ts";
import { PAYMENT_METHODS } from "#lib/domain/payment.ts";
import { SMS_ENCODINGS, SMS_KINDS, SMS_STATES } from "#lib/domain/sms.ts";
import { MODES } from "#lib/domain/tenant.ts";
import { bytes, instant, minor, oneOf, tenantColumns, tenantPolicy, writtenAt } from "./columns.ts";

export interface StoredLine {
  readonly description: string;
  readonly quantity: number;
  readonly unitAmountMinor: number;
  readonly taxRateBasisPoints: number | null;
}

export const invoices = pgTable(
  "invoices",
  {
    ...tenantColumns(),
    id: text("id").$type<InvoiceId>().notNull(),
    state: text("state", { enum: INVOICE_STATES }).notNull(),
    /** Grows by one with every change of state. */
    version: integer("version").notNull().default(1),
    /** Sequence of the last event about this invoice. */
    eventSequence: integer("event_sequence").notNull().default(0),
    amountDueMinor: minor("amount_due_minor").notNull(),
    amountPaidMinor: minor("amount_paid_minor").notNull().default(sql`0`),
    /** ISO 4217. */
    currency: text("currency").notNull(),
    description: text("description").notNull(),
    merchantReference: text("merchant_reference"),
    /** The same in lower case, as bytes: the beginning of a reference is sought by it. Written by a trigger. */
    referenceKey: bytes("reference_key"),
    purchaseCategory: text("purchase_category"),
    lines: jsonb("lines").$type<readonly StoredLine[]>().notNull().default([]),
    methods: text("methods", { enum: PAYMENT_METHODS }).array().notNull(),
    locale: text("locale").notNull(),
    dueAt: instant("due_at"),
    expiresAt: instant("expires_at").notNull(),
    phone: bytes("phone").notNull(),
    phoneHash: bytes("phone_hash").notNull(),
    phoneLast4: text("phone_last4").notNull(),
    phoneCountry: text("phone_country"),
    returnUrl: text("return_url"),
    failureUrl: text("failure_url"),
    cancelUrl: text("cancel_url"),
    landingUrl: text("landing_url"),
    callbackUrl: text("callback_url"),
    metadata: jsonb("metadata").$type<Readonly<Record<string, string>>>().notNull().default({}),
    smsSender: text("sms_sender"),
    smsText: text("sms_text"),
    /** Which link is valid, and the key it was derived with. */
    linkCounter: integer("link_counter").notNull().default(1),
    linkKeyId: smallint("link_key_id").notNull(),
    /** The door that made it; its callbacks speak that dialect. */
    door: text("door").notNull(),
    openedAt: instant("opened_at"),
    botOpenings: integer("bot_openings").notNull().default(0),
    /** How far it came, for counting: when its message was first taken, and had; when a method was first chosen. */
    firstSentAt: instant("first_sent_at"),
    firstDeliveredAt: instant("first_delivered_at"),
    methodChosenAt: instant("method_chosen_at"),
    paidBy: text("paid_by"),
    paidPaymentId: text("paid_payment_id").$type<PaymentId>(),
    paidAt: instant("paid_at"),
    /** What the merchant noted about money taken in another way. */
    outsideReference: text("outside_reference"),
    cancelledAt: instant("cancelled_at"),
    expiredAt: instant("expired_at"),
    createdAt: writtenAt("created_at"),
    updatedAt: writtenAt("updated_at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    // Ascending: read backwards they are in the order that a plain `desc` asks for.
    index("invoices_newest").on(t.merchantId, t.mode, t.createdAt, t.id),
    index("invoices_state").on(t.merchantId, t.mode, t.state, t.createdAt, t.id),
    index("invoices_phone").on(t.merchantId, t.phoneHash, t.createdAt, t.id),
    index("invoices_last4").on(t.merchantId, t.mode, t.phoneLast4, t.createdAt, t.id),
    index("invoices_reference")
      .on(t.merchantId, t.mode, t.referenceKey, t.createdAt, t.id)
      .where(sql`reference_key is not null`),
    // These two hold all that is summed, so that it is summed without the rows.
    index("invoices_paid")
      .on(t.merchantId, t.mode, t.paidAt, t.createdAt, t.id, t.currency, t.amountPaidMinor, t.paidBy)
      .where(sql`paid_at is not null`),
    index("invoices_open")
      .on(t.merchantId, t.mode, t.currency, t.dueAt, t.expiresAt, t.amountDueMinor, t.amountPaidMinor)
      .where(sql`state = 'open'`),
    index("invoices_due").on(t.merchantId, t.mode, t.dueAt, t.createdAt, t.id).where(sql`due_at is not null`),
    index("invoices_amount").on(t.merchantId, t.mode, t.currency, t.amountDueMinor, t.createdAt, t.id),
    check("invoices_amount_due", sql`amount_due_minor between 1 and 99999999`),
    check("invoices_amount_paid", sql`amount_paid_minor >= 0 and amount_paid_minor <= amount_due_minor`),
    check("invoices_paid_by", sql`(state = 'paid') = (paid_by is not null)`),
    oneOf("invoices_state_known", t.state, INVOICE_STATES),
    oneOf("invoices_mode", t.mode, MODES),
    tenantPolicy("invoices"),
  ],
);

export const smsMessages = pgTable(
  "sms_messages",
  {
    ...tenantColumns(),
    id: text("id").$type<SmsId>().notNull(),
    invoiceId: text("invoice_id").$type<InvoiceId>().notNull(),
    kind: text("kind", { enum: SMS_KINDS }).notNull(),
    /** The attempt a code belongs to. */
    paymentId: text("payment_id").$type<PaymentId>(),
    state: text("state", { enum: SMS_STATES }).notNull(),
    version: integer("version").notNull().default(1),
    sender: text("sender"),
    /** The text with marks for its link and its code: both are secrets and are derived again when it is sent. */
    template: text("template").notNull(),
    linkCounter: integer("link_counter").notNull(),
    linkKeyId: smallint("link_key_id").notNull(),
    encoding: text("encoding", { enum: SMS_ENCODINGS }).notNull(),
    segments: smallint("segments").notNull(),
    sendAt: instant("send_at").notNull(),
    /** When the provider was first asked for the current try; look-ups search from here. */
    claimedAt: instant("claimed_at"),
    /** The account it was given to. */
    railAccountId: text("rail_account_id").$type<RailAccountId>(),
    attempts: integer("attempts").notNull().default(0),
    unknownSince: instant("unknown_since"),
    /** Sends whose answer was lost and that the provider then did not know. */
    unclearSends: smallint("unclear_sends").notNull().default(0),
    /** Set once a look-up was made after an unclear answer. */
    lookedUpAt: instant("looked_up_at"),
    providerId: text("provider_id"),
    providerCode: text("provider_code"),
    sentAt: instant("sent_at"),
    finalAt: instant("final_at"),
    createdAt: writtenAt("created_at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    foreignKey({ columns: [t.merchantId, t.invoiceId], foreignColumns: [invoices.merchantId, invoices.id] }),
    index("sms_messages_invoice").on(t.merchantId, t.invoiceId),
    index("sms_messages_sent")
      .on(t.merchantId, t.mode, t.sentAt, t.kind, t.segments)
      .where(sql`sent_at is not null`),
    uniqueIndex("sms_messages_provider").on(t.merchantId, t.providerId).where(sql`provider_id is not null`),
    oneOf("sms_messages_state", t.state, SMS_STATES),
    oneOf("sms_messages_kind", t.kind, SMS_KINDS),
    oneOf("sms_messages_encoding", t.encoding, SMS_ENCODINGS),
    oneOf("sms_messages_mode", t.mode, MODES),
    tenantPolicy("sms_messages"),
  ],
);

/** A code of our own by SMS, where the carrier asks the phone's owner nothing. The code itself is derived from
 * the payment's id and a key, and stands only in the message. */
export const consentCodes = pgTable(
  "consent_codes",
  {
    ...tenantColumns(),
    paymentId: text("payment_id").$type<PaymentId>().notNull(),
    /** Counted before the code is compared. */
    tries: integer("tries").notNull().default(0),
    isUsed: boolean("is_used").notNull().default(false),
    expiresAt: instant("expires_at").notNull(),
    createdAt: writtenAt("created_at"),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.paymentId] }),
    oneOf("consent_codes_mode", t.mode, MODES),
    tenantPolicy("consent_codes"),
  ],
);
