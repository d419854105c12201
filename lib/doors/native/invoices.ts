// Operations on invoices.

import { parseCurrency } from "#lib/domain/currency.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import { type InvoiceId, parseId } from "#lib/domain/ids.ts";
import { billableMoney } from "#lib/domain/money.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { findAnswer, once } from "#lib/services/idempotency/once.ts";
import { cancelInvoice } from "#lib/services/invoices/cancel.ts";
import { type CreateInvoiceInput, createInvoice } from "#lib/services/invoices/create.ts";
import { getInvoice, listInvoices } from "#lib/services/invoices/get.ts";
import { sendInvoice } from "#lib/services/invoices/send.ts";
import { listTimeline } from "#lib/services/invoices/timeline.ts";
import { keyedOperation, operation, toAnswer } from "./operation.ts";
import {
  type CreateInvoiceBody,
  createInvoiceBody,
  emptyBody,
  listInvoicesQuery,
  noQuery,
  timelineQuery,
} from "./schemas.ts";
import { renderInvoice, renderInvoiceDetail, renderSms, renderTimelineEntry } from "./views.ts";

export const createInvoiceOperation = keyedOperation({
  body: createInvoiceBody,
  query: noQuery,
  run: async ({ ctx, body, keyed }) => {
    // The callback's name may lead elsewhere by now; a repeat is answered as the first was.
    const earlier = body.callback_url === undefined ? null : await findAnswer(ctx, keyed);
    if (earlier !== null) return earlier;
    const input = await toCreateInput(ctx, body);
    await ctx.failpoints?.reach("K1");
    const answer = await once(ctx, keyed, async (inTx) =>
      toAnswer(201, renderInvoice(await createInvoice(inTx, input))),
    );
    await ctx.failpoints?.reach("K3");
    return answer;
  },
});

/** The verb's input. The callback address is checked here, before any transaction: that asks the network. */
export async function toCreateInput(
  ctx: ServiceContext,
  body: Omit<CreateInvoiceBody, "send_sms" | "sms"> & Partial<Pick<CreateInvoiceBody, "send_sms" | "sms">>,
): Promise<CreateInvoiceInput> {
  const callbackUrl =
    body.callback_url === undefined
      ? null
      : await ctx.callbacks.vet(body.callback_url, ctx.tenant.mode, "/callback_url");
  return {
    amount: billableMoney(BigInt(body.amount), parseCurrency(body.currency)),
    phone: body.payer.phone.phone,
    phoneCountry: body.payer.phone.country,
    description: body.description,
    merchantReference: body.merchant_reference ?? null,
    lines: body.lines.map((line) => ({
      description: line.description,
      quantity: line.quantity,
      unitAmountMinor: BigInt(line.unit_amount),
      taxRateBasisPoints: line.tax_rate ?? null,
    })),
    purchaseCategory: body.purchase_category ?? null,
    dueAt: body.due_at ?? null,
    expiresAt: body.expires_at ?? null,
    methods: body.methods ?? null,
    locale: body.locale ?? null,
    sms: {
      sender: body.sms?.sender ?? null,
      text: body.sms?.text ?? null,
      sendAt: body.sms?.send_at ?? null,
    },
    shouldSendSms: body.send_sms ?? false,
    returnUrl: body.return_url ?? null,
    failureUrl: body.failure_url ?? null,
    cancelUrl: body.cancel_url ?? null,
    landingUrl: body.landing_url ?? null,
    callbackUrl,
    metadata: body.metadata,
    door: "native",
  };
}

export const listInvoicesOperation = operation({
  query: listInvoicesQuery,
  run: async ({ ctx, query }) => {
    const page = await listInvoices(ctx, {
      filter: {
        ...(query.state === undefined ? {} : { states: [query.state] }),
        ...(query.merchant_reference === undefined ? {} : { merchantReference: query.merchant_reference }),
        ...(query.phone_last4 === undefined ? {} : { phoneLast4: query.phone_last4 }),
        ...(query.currency === undefined ? {} : { currency: query.currency }),
        ...(query.created_from === undefined ? {} : { createdFrom: query.created_from }),
        ...(query.created_to === undefined ? {} : { createdTo: query.created_to }),
      },
      phone: query.phone?.phone ?? null,
      cursor: query.cursor ?? null,
      limit: query.limit,
    });
    return { data: page.items.map(renderInvoice), next_cursor: page.nextCursor };
  },
});

export const getInvoiceOperation = operation({
  query: noQuery,
  run: async ({ ctx, params }) => renderInvoiceDetail(await getInvoice(ctx, invoiceId(params))),
});

export const cancelInvoiceOperation = operation({
  body: emptyBody,
  query: noQuery,
  run: async ({ ctx, params }) => renderInvoice(await cancelInvoice(ctx, invoiceId(params))),
});

export const sendInvoiceOperation = keyedOperation({
  body: emptyBody,
  query: noQuery,
  run: async ({ ctx, params, keyed }) => {
    const id = invoiceId(params);
    return await once(ctx, keyed, async (inTx) => toAnswer(202, renderSms(await sendInvoice(inTx, id))));
  },
});

export const listTimelineOperation = operation({
  query: timelineQuery,
  run: async ({ ctx, params, query }) => {
    const timeline = await listTimeline(ctx, invoiceId(params), query.after_sequence, query.limit);
    return { data: timeline.entries.map(renderTimelineEntry), next_sequence: timeline.nextSequence };
  },
});

/** A malformed id reads as one that does not exist. */
export function invoiceId(params: Readonly<Record<string, string>>, name = "id"): InvoiceId {
  const id = parseId("invoice", params[name] ?? "");
  if (id === null) throw new ServiceError("invoice_not_found", "There is no such invoice.");
  return id;
}
