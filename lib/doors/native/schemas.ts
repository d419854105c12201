// What the native door's operations take. Unknown fields are refused.

import { z } from "zod";
import { INVOICE_STATES, LATE_MONEY_POLICIES } from "#lib/domain/invoice.ts";
import { DESCRIPTION_LENGTH_MAX } from "#lib/domain/invoice-fields.ts";
import { AFTER_PAYMENT, LOCALES, SURPLUS_POLICIES } from "#lib/domain/merchant.ts";
import { PAYMENT_STATES } from "#lib/domain/payment.ts";
import { line, reference } from "../text.ts";
import {
  amount,
  currency,
  cursor,
  instant,
  invoiceLine,
  limit,
  locale,
  metadata,
  method,
  methods,
  phone,
  phoneInQuery,
  publicPage,
  smsSender,
  smsText,
  timeZone,
  webAddress,
  wholeNumber,
} from "./fields.ts";
import type { BodyForms } from "./parse-request.ts";

const invoiceFields = {
  amount,
  currency,
  payer: z.strictObject({ phone }),
  description: line(DESCRIPTION_LENGTH_MAX),
  merchant_reference: reference().optional(),
  lines: z.array(invoiceLine).max(200).default([]),
  purchase_category: line(50).optional(),
  due_at: instant.optional(),
  expires_at: instant.optional(),
  locale: locale.optional(),
  return_url: webAddress.optional(),
  failure_url: webAddress.optional(),
  cancel_url: webAddress.optional(),
  callback_url: webAddress.optional(),
  metadata: metadata.default({}),
};

export const createInvoiceBody = z.strictObject({
  ...invoiceFields,
  methods: methods.optional(),
  landing_url: webAddress.optional(),
  sms: z
    .strictObject({ sender: smsSender.optional(), text: smsText.optional(), send_at: instant.optional() })
    .default({}),
  send_sms: z.boolean().default(true),
});
export type CreateInvoiceBody = z.infer<typeof createInvoiceBody>;

/** False: only reserve the amount. */
const capture = z.boolean().optional();
const paymentOfInvoiceBody = z
  .strictObject({ invoice: z.string(), method, capture })
  .meta({ title: "Of an invoice that exists" });
const paymentWithInvoiceBody = z
  .strictObject({ ...invoiceFields, method, capture })
  .meta({ title: "With an invoice that is made" });
export type CreatePaymentBody = z.infer<typeof paymentOfInvoiceBody> | z.infer<typeof paymentWithInvoiceBody>;

/** A payment of an invoice that exists, or one that brings its own: the field `invoice` tells which is meant. */
export const createPaymentBody: BodyForms<CreatePaymentBody> = {
  forms: [paymentOfInvoiceBody, paymentWithInvoiceBody],
  choose(raw) {
    // The answer calls it invoice_id: whoever sends that means it too, and is told of the right name alone.
    const namesInvoice =
      typeof raw === "object" &&
      raw !== null &&
      (Object.hasOwn(raw, "invoice") || Object.hasOwn(raw, "invoice_id"));
    return namesInvoice ? paymentOfInvoiceBody : paymentWithInvoiceBody;
  },
};

export const emptyBody = z.strictObject({}).optional();

export const listInvoicesQuery = z.strictObject({
  state: z.enum(INVOICE_STATES).optional(),
  merchant_reference: reference().optional(),
  phone: phoneInQuery.optional(),
  phone_last4: z
    .string()
    .regex(/^\d{4}$/, "must be four digits")
    .optional(),
  currency: currency.optional(),
  created_from: instant.optional(),
  created_to: instant.optional(),
  cursor: cursor.optional(),
  limit,
});

export const listPaymentsQuery = z.strictObject({
  state: z.enum(PAYMENT_STATES).optional(),
  invoice: z.string().max(64).optional(),
  cursor: cursor.optional(),
  limit,
});

export const timelineQuery = z.strictObject({
  after_sequence: wholeNumber(0, 1_000_000_000).default(0),
  limit: wholeNumber(1, 100).default(100),
});

export const noQuery = z.strictObject({});

export const updateMerchantBody = z.strictObject({
  name: line(60).optional(),
  legal_name: line(120).optional(),
  address: line(300, true).nullable().optional(),
  registration_number: line(40).nullable().optional(),
  contact: z
    .strictObject({
      email: z.email().max(254).nullable().optional(),
      phone: phone.nullable().optional(),
      url: publicPage.nullable().optional(),
    })
    .optional(),
  time_zone: timeZone.optional(),
  locale: locale.optional(),
  return_url: webAddress.nullable().optional(),
  failure_url: webAddress.nullable().optional(),
  cancel_url: webAddress.nullable().optional(),
  landing_url: webAddress.nullable().optional(),
  callback_url: webAddress.nullable().optional(),
  registered_hosts: z.array(z.string().min(1).max(260)).max(50).optional(),
  after_payment: z.enum(AFTER_PAYMENT).optional(),
  methods: methods.optional(),
  purchase_category: line(50).nullable().optional(),
  sms: z
    .strictObject({
      sender: smsSender.nullable().optional(),
      texts: z.partialRecord(z.enum(LOCALES), smsText).optional(),
    })
    .optional(),
  policies: z
    .strictObject({
      on_expired: z.enum(LATE_MONEY_POLICIES).optional(),
      on_cancelled: z.enum(LATE_MONEY_POLICIES).optional(),
      on_surplus: z.enum(SURPLUS_POLICIES).optional(),
    })
    .optional(),
});
export type UpdateMerchantBody = z.infer<typeof updateMerchantBody>;
