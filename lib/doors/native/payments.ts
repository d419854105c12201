// Operations on payments.

import { ServiceError } from "#lib/domain/errors.ts";
import { type InvoiceId, type PaymentId, parseId } from "#lib/domain/ids.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { onceInPhases } from "#lib/services/idempotency/once.ts";
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
import { toCreateInput } from "./invoices.ts";
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
  body: createPaymentBody,
  query: noQuery,
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

export const confirmPaymentOperation = decideOperation(confirmPayment, resumeConfirmation);
export const cancelPaymentOperation = decideOperation(cancelPayment, resumeCancellation);

/** What is to become of a payment: committed with the key, then carried out at the rail. */
function decideOperation(
  decide: (ctx: ServiceContext, input: DecidePaymentInput) => Promise<PaymentDetail>,
  resume: (ctx: ServiceContext, id: PaymentId) => Promise<PaymentDetail>,
) {
  return keyedOperation({
    body: emptyBody,
    query: noQuery,
    run: async ({ ctx, params, keyed }) => {
      const id = paymentId(params);
      return await onceInPhases(ctx, keyed, async (bind, interrupted) =>
        toAnswer(
          200,
          renderPaymentDetail(
            interrupted === null ? await decide(ctx, { paymentId: id, bind }) : await resume(ctx, id),
          ),
        ),
      );
    },
  });
}

export const getPaymentOperation = operation({
  query: noQuery,
  run: async ({ ctx, params }) => renderPaymentDetail(await getPayment(ctx, paymentId(params))),
});

export const listPaymentsOperation = operation({
  query: listPaymentsQuery,
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

function paymentId(params: Readonly<Record<string, string>>): PaymentId {
  const id = parseId("payment", params.id ?? "");
  if (id === null) throw new ServiceError("payment_not_found", "There is no such payment.");
  return id;
}
