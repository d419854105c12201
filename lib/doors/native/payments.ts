// Operations on payments.

import { ServiceError } from "#lib/domain/errors.ts";
import { type InvoiceId, type PaymentId, parseId } from "#lib/domain/ids.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { onceInPhases } from "#lib/services/idempotency/once.ts";
import { getPayment, listPayments } from "#lib/services/payments/get.ts";
import {
  type NewInvoiceInput,
  resumeMerchantPayment,
  startMerchantPayment,
} from "#lib/services/payments/start-for-merchant.ts";
import { paymentDetail, paymentList } from "./answers/payment-detail.ts";
import { CREATE_INVOICE_ERRORS, toCreateInput } from "./invoices.ts";
import { keyedOperation, operation, toAnswer } from "./operation.ts";
import { type CreatePaymentBody, createPaymentBody, listPaymentsQuery, noQuery } from "./schemas.ts";
import { renderPaymentDetail, renderPaymentItem } from "./views.ts";

export const createPaymentOperation = keyedOperation({
  body: createPaymentBody,
  query: noQuery,
  doc: {
    id: "createPayment",
    tag: "Payments",
    summary: "Start a payment",
    details:
      "Of an invoice that exists (`invoice`), or of one that is made with it and sends no SMS. `next_action` is where the payer goes on.",
    status: 201,
    answer: paymentDetail,
    errors: [
      "invoice_not_found",
      "invoice_state_conflict",
      "payment_state_conflict",
      "attempt_in_progress",
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
        renderPaymentDetail(await startMerchantPayment(ctx, { invoice, method: body.method, bind })),
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
