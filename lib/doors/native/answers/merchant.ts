// Answers about the merchant's own profile.

import { z } from "zod";
import { LATE_MONEY_POLICIES } from "#lib/domain/invoice.ts";
import { AFTER_PAYMENT, LOCALES, RAIL_ACCOUNT_KINDS, SURPLUS_POLICIES } from "#lib/domain/merchant.ts";
import { PAYMENT_METHODS } from "#lib/domain/payment.ts";
import { address, id, mode } from "./shared.ts";

export const merchant = z
  .strictObject({
    id: id("merchant"),
    object: z.literal("merchant"),
    mode,
    name: z.string(),
    legal_name: z.string(),
    address: z.string().nullable(),
    registration_number: z.string().nullable(),
    contact: z.strictObject({
      email: z.string().nullable(),
      phone: z.string().nullable(),
      url: address.nullable(),
    }),
    country: z.string(),
    time_zone: z.string(),
    locale: z.string(),
    return_url: address.nullable(),
    failure_url: address.nullable(),
    cancel_url: address.nullable(),
    landing_url: address.nullable(),
    callback_url: address.nullable(),
    registered_hosts: z.array(z.string()),
    after_payment: z.enum(AFTER_PAYMENT),
    methods: z.array(z.enum(PAYMENT_METHODS)),
    purchase_category: z.string().nullable(),
    sms: z.strictObject({
      sender: z.string().nullable(),
      texts: z.partialRecord(z.enum(LOCALES), z.string()),
      cap_per_day: z.int().min(0).nullable(),
    }),
    policies: z.strictObject({
      on_expired: z.enum(LATE_MONEY_POLICIES),
      on_cancelled: z.enum(LATE_MONEY_POLICIES),
      on_surplus: z.enum(SURPLUS_POLICIES),
    }),
    rails: z.array(
      z.strictObject({ id: id("railAccount"), kind: z.enum(RAIL_ACCOUNT_KINDS), is_enabled: z.boolean() }),
    ),
    notification_urls: z.partialRecord(z.enum(PAYMENT_METHODS), address),
  })
  .meta({ id: "Merchant", description: "Who bills, and the defaults of this mode." });
