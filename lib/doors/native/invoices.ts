// Operations on invoices.

import { parseCurrency } from "#lib/domain/currency.ts";
import { type ErrorCode, ServiceError } from "#lib/domain/errors.ts";
import { type InvoiceId, parseId } from "#lib/domain/ids.ts";
import { billableMoney } from "#lib/domain/money.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { findAnswer, once } from "#lib/services/idempotency/once.ts";
import { cancelInvoice } from "#lib/services/invoices/cancel.ts";
import { type CreateInvoiceInput, createInvoice } from "#lib/services/invoices/create.ts";
import { getInvoice, listInvoices } from "#lib/services/invoices/get.ts";
import { sendInvoice } from "#lib/services/invoices/send.ts";
import { listTimeline } from "#lib/services/invoices/timeline.ts";
import { timeline } from "./answers/event.ts";
import { invoice, invoiceDetail, invoiceList } from "./answers/invoice.ts";
import { sms } from "./answers/sms.ts";
import { vetCallbackAddress } from "./callback-address.ts";
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

/** What can be wrong with an invoice that is to be made. */
export const CREATE_INVOICE_ERRORS = [
  "lines_mismatch",
  "expiry_out_of_range",
  "url_not_allowed",
  "url_not_registered",
  "method_unavailable",
  "no_method_available",
  "sms_not_configured",
  "sms_text_too_long",
  "sms_cap_reached",
] as const satisfies readonly ErrorCode[];

export const createInvoiceOperation = keyedOperation({
  scope: "invoices:write",
  body: createInvoiceBody,
  query: noQuery,
  doc: {
    id: "createInvoice",
    tag: "Invoices",
    summary: "Bill a phone number",
    details:
      "Makes an open invoice with a link that pays it, and sends the link by SMS unless `send_sms` is false.",
    status: 201,
    answer: invoice,
    errors: CREATE_INVOICE_ERRORS,
  },
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

/** The verb's input, with the callback address looked up. */
export async function toCreateInput(
  ctx: ServiceContext,
  body: Omit<CreateInvoiceBody, "send_sms" | "sms"> & Partial<Pick<CreateInvoiceBody, "send_sms" | "sms">>,
): Promise<CreateInvoiceInput> {
  const callbackUrl =
    body.callback_url === undefined
      ? null
      : await vetCallbackAddress(ctx, ["invoices:write"], body.callback_url, "/callback_url");
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
  doc: {
    id: "listInvoices",
    tag: "Invoices",
    summary: "List invoices",
    details: "Newest first. Every condition that is given must hold.",
    status: 200,
    answer: invoiceList,
    errors: [],
  },
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
  doc: {
    id: "getInvoice",
    tag: "Invoices",
    summary: "Read an invoice",
    details: "With the methods that can pay it now, its payments and its messages.",
    status: 200,
    answer: invoiceDetail,
    errors: ["invoice_not_found"],
  },
  run: async ({ ctx, params }) => renderInvoiceDetail(await getInvoice(ctx, invoiceId(params))),
});

export const cancelInvoiceOperation = operation({
  body: emptyBody,
  query: noQuery,
  doc: {
    id: "cancelInvoice",
    tag: "Invoices",
    summary: "Withdraw an invoice",
    details:
      "Closes what a rail has open first. Where the rail turns out to have the money, the invoice is paid and stays so. Repeating it changes nothing.",
    status: 200,
    answer: invoice,
    errors: ["invoice_not_found", "invoice_state_conflict", "attempt_in_progress"],
  },
  run: async ({ ctx, params }) => renderInvoice(await cancelInvoice(ctx, invoiceId(params))),
});

export const sendInvoiceOperation = keyedOperation({
  scope: "invoices:write",
  body: emptyBody,
  query: noQuery,
  doc: {
    id: "sendInvoice",
    tag: "Invoices",
    summary: "Send an invoice again",
    details: "The same link to the same number. An invoice is sent three times at most.",
    status: 202,
    answer: sms,
    errors: [
      "invoice_not_found",
      "invoice_state_conflict",
      "sms_cap_reached",
      "sms_limit_reached",
      "sms_not_configured",
      "sms_text_too_long",
    ],
  },
  run: async ({ ctx, params, keyed }) => {
    const id = invoiceId(params);
    return await once(ctx, keyed, async (inTx) => toAnswer(202, renderSms(await sendInvoice(inTx, id))));
  },
});

export const listTimelineOperation = operation({
  query: timelineQuery,
  doc: {
    id: "listInvoiceEvents",
    tag: "Invoices",
    summary: "Read what happened to an invoice",
    details: "Every event, oldest first, each with every try to call back about it.",
    status: 200,
    answer: timeline,
    errors: ["invoice_not_found"],
  },
  run: async ({ ctx, params, query }) => {
    const page = await listTimeline(ctx, invoiceId(params), query.after_sequence, query.limit);
    return { data: page.entries.map(renderTimelineEntry), next_sequence: page.nextSequence };
  },
});

/** A malformed id reads as one that does not exist. */
export function invoiceId(params: Readonly<Record<string, string>>, name = "id"): InvoiceId {
  const id = parseId("invoice", params[name] ?? "");
  if (id === null) throw new ServiceError("invoice_not_found", "There is no such invoice.");
  return id;
}
