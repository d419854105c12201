// What operations on money back take.

import { z } from "zod";
import { DISPUTE_STATES } from "#lib/domain/dispute.ts";
import { REFUND_STATES } from "#lib/domain/refund.ts";
import { REVIEW_DECISIONS } from "#lib/services/payments/review.ts";
import { rule } from "../faults.ts";
import { line, reference } from "../text.ts";
import { amount, cursor, limit } from "./fields.ts";

const AMOUNT_MAX = 99_999_999;

export const createRefundBody = z
  .strictObject({
    /** What the caller believes can still be refunded. */
    refundable_amount: z.int().min(0).max(AMOUNT_MAX),
    /** Left out together with `lines`: all that can be refunded. */
    amount: amount.optional(),
    lines: z
      .array(z.strictObject({ index: z.int().min(0).max(199), quantity: z.int().min(1).max(1_000_000) }))
      .min(1)
      .max(200)
      .optional(),
    reason: line(200).optional(),
  })
  .refine((body) => body.amount === undefined || body.lines === undefined, {
    ...rule("unexpected", "must not be given together with amount"),
    path: ["lines"],
  });

const note = line(500);

export const reviewPaymentBody = z.strictObject({
  decision: z.enum(REVIEW_DECISIONS),
  settlement_reference: reference().optional(),
  note,
});

export const reviewRefundBody = z.strictObject({ decision: z.enum(REVIEW_DECISIONS), note });

export const acceptSurplusBody = z.strictObject({ note });

const ofWhat = { payment: z.string().max(64).optional(), invoice: z.string().max(64).optional() };

export const listRefundsQuery = z.strictObject({
  state: z.enum(REFUND_STATES).optional(),
  ...ofWhat,
  cursor: cursor.optional(),
  limit,
});

export const listDisputesQuery = z.strictObject({
  state: z.enum(DISPUTE_STATES).optional(),
  ...ofWhat,
  cursor: cursor.optional(),
  limit,
});
