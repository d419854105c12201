// Answers about refunds.

import { z } from "zod";
import { REFUND_FAILURE_CODES, REFUND_ORIGINS, REFUND_STATES } from "#lib/domain/refund.ts";
import { currency } from "../fields.ts";
import { id, instant, listOf, minor, mode, needsReview, version } from "./shared.ts";

export const refund = z
  .strictObject({
    id: id("refund"),
    object: z.literal("refund"),
    mode,
    payment_id: id("payment"),
    invoice_id: id("invoice"),
    state: z.enum(REFUND_STATES),
    version,
    amount: minor,
    currency,
    origin: z.enum(REFUND_ORIGINS),
    reason: z.string().nullable(),
    lines: z.array(z.strictObject({ index: z.int().min(0), quantity: z.int().min(1), amount: minor })),
    rail_reference: z.string().nullable(),
    failure: z
      .strictObject({ code: z.enum(REFUND_FAILURE_CODES), rail_code: z.string().nullable() })
      .nullable(),
    unknown_since: instant.nullable(),
    needs_review: needsReview,
    completed_at: instant.nullable(),
    created_at: instant,
  })
  .meta({ id: "Refund", description: "Money back to the payer." });

export const refundList = listOf(refund).meta({
  id: "RefundList",
  description: "A page of refunds, newest first.",
});
