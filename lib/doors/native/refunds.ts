// Operations on refunds.

import type { z } from "zod";
import { ServiceError } from "#lib/domain/errors.ts";
import { parseId, type RefundId } from "#lib/domain/ids.ts";
import type { Refund } from "#lib/domain/records.ts";
import { snapshotRefund } from "#lib/domain/records.ts";
import { once, onceInPhases } from "#lib/services/idempotency/once.ts";
import { type CreateRefundInput, createRefund, resumeRefund } from "#lib/services/refunds/create.ts";
import { getRefund, listRefunds } from "#lib/services/refunds/get.ts";
import { reviewRefund } from "#lib/services/refunds/review.ts";
import { refund, refundList } from "./answers/refund.ts";
import { keyedOperation, operation, toAnswer } from "./operation.ts";
import { paymentId } from "./payments.ts";
import { createRefundBody, listRefundsQuery, reviewRefundBody } from "./refund-schemas.ts";
import { noQuery } from "./schemas.ts";
import { subjectFilter } from "./subject-filter.ts";
import { renderRefundSnapshot } from "./views.ts";

const render = (made: Refund) => renderRefundSnapshot(snapshotRefund(made));

export const createRefundOperation = keyedOperation({
  scope: "refunds:write",
  body: createRefundBody,
  query: noQuery,
  doc: {
    id: "createRefund",
    tag: "Refunds",
    summary: "Refund a payment",
    details:
      "All that is left, an `amount`, or `lines` of the invoice. `refundable_amount` is what you believe can still be refunded (`amount_refundable` of the payment): where it is not, nothing is refunded. The answer may still be `pending`, and a refund that succeeded may fail later.",
    status: 201,
    answer: refund,
    errors: [
      "payment_not_found",
      "refund_not_possible",
      "refundable_amount_mismatch",
      "refund_exceeds_refundable",
      "refund_line_invalid",
      "capability_missing",
      "amount_not_representable",
    ],
  },
  run: async ({ ctx, params, body, keyed }) => {
    const id = paymentId(params);
    return await onceInPhases(ctx, keyed, async (bind, interrupted) => {
      const interruptedId = interrupted === null ? null : parseId("refund", interrupted);
      if (interruptedId !== null) return toAnswer(201, render(await resumeRefund(ctx, interruptedId)));
      const made = await createRefund(ctx, {
        paymentId: id,
        refundableMinor: BigInt(body.refundable_amount),
        part: partOf(body),
        reason: body.reason ?? null,
        bind,
      });
      return toAnswer(201, render(made));
    });
  },
});

function partOf({ amount, lines }: z.infer<typeof createRefundBody>): CreateRefundInput["part"] {
  if (lines !== undefined) return { kind: "lines", lines };
  return amount === undefined ? { kind: "rest" } : { kind: "amount", amountMinor: BigInt(amount) };
}

export const getRefundOperation = operation({
  query: noQuery,
  doc: {
    id: "getRefund",
    tag: "Refunds",
    summary: "Read a refund",
    status: 200,
    answer: refund,
    errors: ["refund_not_found"],
  },
  run: async ({ ctx, params }) => render(await getRefund(ctx, refundId(params))),
});

export const listRefundsOperation = operation({
  query: listRefundsQuery,
  doc: {
    id: "listRefunds",
    tag: "Refunds",
    summary: "List refunds, newest first",
    status: 200,
    answer: refundList,
    errors: [],
  },
  run: async ({ ctx, query }) => {
    const subject = subjectFilter(query);
    if (subject === null) return { data: [], next_cursor: null };
    const page = await listRefunds(ctx, {
      filter: { ...subject, ...(query.state === undefined ? {} : { state: query.state }) },
      cursor: query.cursor ?? null,
      limit: query.limit,
    });
    return { data: page.items.map(render), next_cursor: page.nextCursor };
  },
});

export const reviewRefundOperation = keyedOperation({
  scope: "refunds:write",
  body: reviewRefundBody,
  query: noQuery,
  doc: {
    id: "reviewRefund",
    tag: "Refunds",
    summary: "Decide what became of a doubtful refund",
    details:
      "For a refund with `needs_review`. `settle`: the payer has the money. `void`: the payer never will. `dismiss`: what is booked is right.",
    status: 200,
    answer: refund,
    errors: ["refund_not_found", "review_not_needed", "refund_not_possible"],
  },
  run: async ({ ctx, params, body, keyed }) => {
    const id = refundId(params);
    return await once(ctx, keyed, async (inTx) =>
      toAnswer(
        200,
        render(await reviewRefund(inTx, { refundId: id, decision: body.decision, note: body.note })),
      ),
    );
  },
});

function refundId(params: Readonly<Record<string, string>>): RefundId {
  const id = parseId("refund", params.id ?? "");
  if (id === null) throw new ServiceError("refund_not_found", "There is no such refund.");
  return id;
}
