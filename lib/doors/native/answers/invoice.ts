// Answers about invoices.

import { z } from "zod";
import { METHOD_OBSTACLES } from "#lib/domain/eligibility.ts";
import { INVOICE_ACTIONS, INVOICE_STATES } from "#lib/domain/invoice.ts";
import { PAYMENT_METHODS } from "#lib/domain/payment.ts";
import { currency } from "../fields.ts";
import { payment } from "./payment.ts";
import { address, id, instant, listOf, minor, mode, version } from "./shared.ts";
import { sms } from "./sms.ts";

const line = z.strictObject({
  description: z.string(),
  quantity: z.int().min(1),
  unit_amount: z.int(),
  tax_rate: z.number().min(0).max(100).nullable(),
});

const fields = {
  id: id("invoice"),
  object: z.literal("invoice"),
  mode,
  state: z.enum(INVOICE_STATES),
  version,
  amount: minor,
  amount_paid: minor,
  currency,
  description: z.string(),
  merchant_reference: z.string().nullable(),
  purchase_category: z.string().nullable(),
  lines: z.array(line),
  payer: z.strictObject({ phone_last4: z.string(), country: z.string().nullable() }),
  methods: z.array(z.enum(PAYMENT_METHODS)),
  locale: z.string(),
  due_at: instant.nullable(),
  expires_at: instant,
  return_url: address.nullable(),
  failure_url: address.nullable(),
  cancel_url: address.nullable(),
  landing_url: address.nullable(),
  callback_url: address.nullable(),
  metadata: z.record(z.string(), z.string()),
  opened_at: instant.nullable(),
  paid_at: instant.nullable(),
  paid_by: z.enum(["payment", "outside"]).nullable(),
  outside_reference: z.string().nullable(),
  payment_id: id("payment").nullable(),
  cancelled_at: instant.nullable(),
  expired_at: instant.nullable(),
  created_at: instant,
};

/** As events and payments hold it: without its link. */
export const invoiceSnapshot = z
  .strictObject(fields)
  .meta({ id: "InvoiceSnapshot", description: "An invoice without its link, as events hold it." });

const withLink = { ...fields, pay_url: address, actions: z.array(z.enum(INVOICE_ACTIONS)) };

export const invoice = z
  .strictObject(withLink)
  .meta({ id: "Invoice", description: "A request to be paid, with the link that pays it." });

const offer = z.strictObject({
  method: z.enum(PAYMENT_METHODS),
  is_available: z.boolean(),
  reason: z.enum(METHOD_OBSTACLES).nullable(),
  pay_url: address.nullable(),
});

export const invoiceDetail = z
  .strictObject({
    ...withLink,
    available_methods: z.array(offer),
    payments: z.array(payment),
    messages: z.array(sms),
  })
  .meta({ id: "InvoiceDetail", description: "An invoice with its methods, its payments and its messages." });

export const invoiceList = listOf(invoice).meta({
  id: "InvoiceList",
  description: "A page of invoices, newest first.",
});
