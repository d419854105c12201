// What a person decides about payments.

import { once } from "#lib/services/idempotency/once.ts";
import { acceptSurplus } from "#lib/services/payments/accept-surplus.ts";
import { readPaymentDetail } from "#lib/services/payments/get.ts";
import { reviewPayment } from "#lib/services/payments/review.ts";
import { paymentDetail } from "./answers/payment-detail.ts";
import { keyedOperation, toAnswer } from "./operation.ts";
import { paymentId } from "./payments.ts";
import { acceptSurplusBody, reviewPaymentBody } from "./refund-schemas.ts";
import { noQuery } from "./schemas.ts";
import { renderPaymentDetail } from "./views.ts";

export const reviewPaymentOperation = keyedOperation({
  scope: "payments:write",
  body: reviewPaymentBody,
  query: noQuery,
  doc: {
    id: "reviewPayment",
    tag: "Payments",
    summary: "Decide what became of a doubtful payment",
    details:
      "For a payment with `needs_review`. `settle`: the rail has its whole amount, as the rail's report shows; it is booked as if the rail had said so. `void`: the rail has none of it and never will. `dismiss`: what is booked is right.",
    status: 200,
    answer: paymentDetail,
    errors: ["payment_not_found", "review_not_needed", "payment_state_conflict", "invoice_state_conflict"],
  },
  run: async ({ ctx, params, body, keyed }) => {
    const id = paymentId(params);
    return await once(ctx, keyed, async (inTx) => {
      await reviewPayment(inTx, {
        paymentId: id,
        decision: body.decision,
        settlementReference: body.settlement_reference ?? null,
        note: body.note,
      });
      return toAnswer(200, renderPaymentDetail(await readPaymentDetail(inTx, id)));
    });
  },
});

export const acceptSurplusOperation = keyedOperation({
  scope: "payments:write",
  body: acceptSurplusBody,
  query: noQuery,
  doc: {
    id: "acceptSurplus",
    tag: "Payments",
    summary: "Let surplus pay its invoice",
    details:
      "For a payment whose `disposition` is `surplus`, nothing of it refunded, while its invoice is unpaid.",
    status: 200,
    answer: paymentDetail,
    errors: ["payment_not_found", "payment_state_conflict", "invoice_state_conflict"],
  },
  run: async ({ ctx, params, body, keyed }) => {
    const id = paymentId(params);
    return await once(ctx, keyed, async (inTx) => {
      await acceptSurplus(inTx, { paymentId: id, note: body.note });
      return toAnswer(200, renderPaymentDetail(await readPaymentDetail(inTx, id)));
    });
  },
});
