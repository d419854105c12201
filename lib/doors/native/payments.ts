// Operations on payments.

import { ServiceError } from "#lib/domain/errors.ts";
import { type InvoiceId, type PaymentId, parseId } from "#lib/domain/ids.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { type KeyedAnswer, type KeyedRequest, onceInPhases } from "#lib/services/idempotency/once.ts";
import { cancelPayment, resumeCancellation } from "#lib/services/payments/cancel.ts";
import {
  confirmPayment,
  type DecidePaymentInput,
  resumeConfirmation,
} from "#lib/services/payments/confirm.ts";
import { getPayment, listPayments, type PaymentDetail } from "#lib/services/payments/get.ts";
import {
  type NewInvoiceInput,
  resumeMerchantPayment,
  startMerchantPayment,
} from "#lib/services/payments/start-for-merchant.ts";
import { paymentDetail, paymentList } from "./answers/payment-detail.ts";
import { CREATE_INVOICE_ERRORS, toCreateInput } from "./invoices.ts";
import { keyedOperation, operation, toAnswer } from "./operation.ts";
import {
  type CreatePaymentBody,
  createPaymentBody,
  emptyBody,
  listPaymentsQuery,
  noQuery,
} from "./schemas.ts";
import { renderPaymentDetail, renderPaymentItem } from "./views.ts";

export const createPaymentOperation = keyedOperation({
  scope: "payments:write",
  body: createPaymentBody,
  query: noQuery,
  doc: {
    id: "createPayment",
    tag: "Payments",
    summary: "Start a payment",
    details:
      "Of an invoice that exists (`invoice`), or of one that is made with it and sends no SMS. `next_action` is where the payer goes on. With `capture: false` the amount is only reserved, and taken by confirming.",
    status: 201,
    answer: paymentDetail,
    errors: [
      "invoice_not_found",
      "invoice_state_conflict",
      "payment_state_conflict",
      "attempt_in_progress",
      "capability_missing",
      ...CREATE_INVOICE_ERRORS,
    ],
  },
  run: async ({ ctx, body, keyed }) => {
    return await onceInPhases(ctx, keyed, async (bind, interrupted) => {
      const interruptedId = interrupted === null ? null : parseId("payment", interrupted);
      if (interruptedId !== null) {
        return toAnswer(201, renderPaymentDetail(await resumeMerchantPayment(ctx, interruptedId)));
      }
      // Here and not before: what was begun is gone on with, wherever the callback's name leads by now.
      const invoice = await toInvoiceInput(ctx, body);
      return toAnswer(
        201,
        renderPaymentDetail(
          await startMerchantPayment(ctx, {
            invoice,
            method: body.method,
            ...(body.capture === undefined ? {} : { shouldCapture: body.capture }),
            bind,
          }),
        ),
      );
    });
  },
});

async function toInvoiceInput(
  ctx: ServiceContext,
  body: CreatePaymentBody,
): Promise<InvoiceId | NewInvoiceInput> {
  if ("invoice" in body) {
    const id = parseId("invoice", body.invoice);
    if (id === null)
      throw new ServiceError("invoice_not_found", "There is no such invoice.", { pointer: "/invoice" });
    return id;
  }
  const { methods: _methods, shouldSendSms: _should, sms: _sms, ...input } = await toCreateInput(ctx, body);
  return input;
}

export const confirmPaymentOperation = keyedOperation({
  scope: "payments:write",
  body: emptyBody,
  query: noQuery,
  doc: {
    id: "confirmPayment",
    tag: "Payments",
    summary: "Take a reserved amount",
    details:
      "Asks the rail at once. Where its answer is missing or not final the payment stays `authorized`, with `capture_requested_at`, and the rail is asked until it is known.",
    status: 200,
    answer: paymentDetail,
    errors: ["payment_not_found", "payment_state_conflict", "invoice_state_conflict", "capability_missing"],
  },
  run: ({ ctx, params, keyed }) => decide(ctx, keyed, paymentId(params), confirmPayment, resumeConfirmation),
});

export const cancelPaymentOperation = keyedOperation({
  scope: "payments:write",
  body: emptyBody,
  query: noQuery,
  doc: {
    id: "cancelPayment",
    tag: "Payments",
    summary: "Give a reserved amount back",
    details:
      "Or give up an attempt that is not reserved yet: it is closed at its rail, or marked as superseded where the rail cannot close it now, and given back should it be reserved later.",
    status: 200,
    answer: paymentDetail,
    errors: ["payment_not_found", "payment_state_conflict", "capability_missing"],
  },
  run: ({ ctx, params, keyed }) => decide(ctx, keyed, paymentId(params), cancelPayment, resumeCancellation),
});

/** What is to become of a payment: committed with the key, then carried out at the rail. */
function decide(
  ctx: ServiceContext,
  keyed: KeyedRequest,
  id: PaymentId,
  begin: (ctx: ServiceContext, input: DecidePaymentInput) => Promise<PaymentDetail>,
  resume: (ctx: ServiceContext, id: PaymentId) => Promise<PaymentDetail>,
): Promise<KeyedAnswer> {
  return onceInPhases(ctx, keyed, async (bind, interrupted) => {
    const detail = interrupted === null ? await begin(ctx, { paymentId: id, bind }) : await resume(ctx, id);
    return toAnswer(200, renderPaymentDetail(detail));
  });
}

export const getPaymentOperation = operation({
  query: noQuery,
  doc: {
    id: "getPayment",
    tag: "Payments",
    summary: "Read a payment",
    details: "With the invoice that it pays.",
    status: 200,
    answer: paymentDetail,
    errors: ["payment_not_found"],
  },
  run: async ({ ctx, params }) => renderPaymentDetail(await getPayment(ctx, paymentId(params))),
});

export const listPaymentsOperation = operation({
  query: listPaymentsQuery,
  doc: {
    id: "listPayments",
    tag: "Payments",
    summary: "List payments",
    details: "Newest first. Every condition that is given must hold.",
    status: 200,
    answer: paymentList,
    errors: [],
  },
  run: async ({ ctx, query }) => {
    const ofInvoice = query.invoice === undefined ? undefined : parseId("invoice", query.invoice);
    // A malformed id is one that nothing belongs to.
    if (ofInvoice === null) return { data: [], next_cursor: null };
    const page = await listPayments(ctx, {
      filter: {
        ...(query.state === undefined ? {} : { states: [query.state] }),
        ...(ofInvoice === undefined ? {} : { invoiceId: ofInvoice }),
      },
      cursor: query.cursor ?? null,
      limit: query.limit,
    });
    return { data: page.items.map(renderPaymentItem), next_cursor: page.nextCursor };
  },
});

/** A malformed id reads as one that does not exist. */
export function paymentId(params: Readonly<Record<string, string>>): PaymentId {
  const id = parseId("payment", params.id ?? "");
  if (id === null) throw new ServiceError("payment_not_found", "There is no such payment.");
  return id;
}
