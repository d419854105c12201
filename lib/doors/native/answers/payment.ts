// Answers about payments.

import { z } from "zod";
import { DECLINE_CODES, DISPOSITIONS, PAYMENT_METHODS, PAYMENT_STATES } from "#lib/domain/payment.ts";
import { currency } from "../fields.ts";
import { address, id, instant, minor, mode, needsReview, version } from "./shared.ts";

const fields = {
  id: id("payment"),
  object: z.literal("payment"),
  mode,
  invoice_id: id("invoice"),
  method: z.enum(PAYMENT_METHODS),
  state: z.enum(PAYMENT_STATES),
  version,
  amount: minor,
  currency,
  fee: minor,
  amount_refunded: minor,
  amount_refundable: minor,
  capture: z.boolean(),
  authorized_at: instant.nullable(),
  authorization_expires_at: instant.nullable(),
  capture_requested_at: instant.nullable(),
  cancel_requested_at: instant.nullable(),
  disposition: z.enum(DISPOSITIONS).nullable(),
  card: z.strictObject({ brand: z.string().nullable(), last4: z.string() }).nullable(),
  rail_reference: z.string().nullable(),
  settlement_reference: z.string().nullable(),
  decline: z.strictObject({ code: z.enum(DECLINE_CODES), rail_code: z.string().nullable() }).nullable(),
  superseded_at: instant.nullable(),
  unknown_since: instant.nullable(),
  needs_review: needsReview,
  completed_at: instant.nullable(),
  created_at: instant,
};

/** As events and lists hold it: without what to do next. */
export const paymentSnapshot = z
  .strictObject(fields)
  .meta({ id: "PaymentSnapshot", description: "A payment as lists and events hold it." });

export const paymentFields = {
  ...fields,
  next_action: z.strictObject({ type: z.enum(["redirect", "wait", "enter_code"]), url: address }).nullable(),
};

export const payment = z
  .strictObject(paymentFields)
  .meta({ id: "Payment", description: "One attempt to pay an invoice, by one method." });
