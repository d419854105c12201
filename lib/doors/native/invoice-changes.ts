// Operations that change an invoice that was made before.

import { z } from "zod";
import { parseCurrency } from "#lib/domain/currency.ts";
import type { InvoiceLine } from "#lib/domain/lines.ts";
import { onceInPhases } from "#lib/services/idempotency/once.ts";
import { editInvoice } from "#lib/services/invoices/edit.ts";
import { markPaid, resumeMarkPaid } from "#lib/services/invoices/mark-paid.ts";
import type { InvoiceChanges } from "#lib/services/invoices/plan-edit.ts";
import { reopenInvoice } from "#lib/services/invoices/reopen.ts";
import { line, reference } from "../text.ts";
import { invoice } from "./answers/invoice.ts";
import { vetCallbackAddress } from "./callback-address.ts";
import {
  amount,
  currency,
  instant,
  invoiceLine,
  locale,
  metadata,
  methods,
  version,
  webAddress,
} from "./fields.ts";
import { given } from "./given.ts";
import { invoiceId } from "./invoices.ts";
import { keyedOperation, operation, toAnswer } from "./operation.ts";
import { noQuery } from "./schemas.ts";
import { renderInvoice } from "./views.ts";

export const editInvoiceBody = z.strictObject({
  version,
  amount: amount.optional(),
  currency: currency.optional(),
  methods: methods.optional(),
  lines: z.array(invoiceLine).max(200).optional(),
  description: line(200).optional(),
  merchant_reference: reference().nullable().optional(),
  purchase_category: line(50).nullable().optional(),
  due_at: instant.nullable().optional(),
  expires_at: instant.optional(),
  locale: locale.optional(),
  return_url: webAddress.nullable().optional(),
  failure_url: webAddress.nullable().optional(),
  cancel_url: webAddress.nullable().optional(),
  landing_url: webAddress.nullable().optional(),
  callback_url: webAddress.nullable().optional(),
  metadata: metadata.optional(),
});

export const markPaidBody = z.strictObject({ reference: reference().nullable().optional() }).optional();

export const reopenInvoiceBody = z.strictObject({ expires_at: instant });

export const editInvoiceOperation = operation({
  body: editInvoiceBody,
  query: noQuery,
  doc: {
    id: "editInvoice",
    tag: "Invoices",
    summary: "Change an open invoice",
    details:
      "What is left out stays as it is; null clears, or gives your default where there is one. `amount`, `currency` and `methods` change only while no attempt may still take the old amount: a card page that nobody has completed is closed first, any other open attempt is a 409. A message that waits to be sent is written anew.",
    status: 200,
    answer: invoice,
    errors: [
      "invoice_not_found",
      "invoice_state_conflict",
      "version_conflict",
      "attempt_in_progress",
      "payment_state_conflict",
      "lines_mismatch",
      "expiry_out_of_range",
      "amount_out_of_range",
      "url_not_allowed",
      "url_not_registered",
      "method_unavailable",
      "no_method_available",
      "sms_text_too_long",
    ],
  },
  run: async ({ ctx, params, body }) => {
    const id = invoiceId(params);
    const scopes = ["invoices:write"] as const;
    const callbackUrl =
      typeof body.callback_url === "string"
        ? await vetCallbackAddress(ctx, scopes, body.callback_url, "/callback_url")
        : body.callback_url;
    const changes: InvoiceChanges = given({
      amountMinor: body.amount === undefined ? undefined : BigInt(body.amount),
      currency: body.currency === undefined ? undefined : parseCurrency(body.currency),
      methods: body.methods,
      lines: body.lines?.map(toLine),
      description: body.description,
      merchantReference: body.merchant_reference,
      purchaseCategory: body.purchase_category,
      dueAt: body.due_at,
      expiresAt: body.expires_at,
      locale: body.locale,
      returnUrl: body.return_url,
      failureUrl: body.failure_url,
      cancelUrl: body.cancel_url,
      landingUrl: body.landing_url,
      callbackUrl,
      metadata: body.metadata,
    });
    return renderInvoice(await editInvoice(ctx, id, { version: body.version, changes }));
  },
});

function toLine(entry: z.infer<typeof invoiceLine>): InvoiceLine {
  return {
    description: entry.description,
    quantity: entry.quantity,
    unitAmountMinor: BigInt(entry.unit_amount),
    taxRateBasisPoints: entry.tax_rate ?? null,
  };
}

export const markPaidOperation = keyedOperation({
  scope: "invoices:write",
  body: markPaidBody,
  query: noQuery,
  doc: {
    id: "markInvoicePaid",
    tag: "Invoices",
    summary: "Mark an invoice as paid outside",
    details:
      "For an open or expired invoice that was paid in another way. What its rail has open is closed first; where the rail turns out to have the money, the invoice is paid by that and the answer is 409. Money that comes later is surplus.",
    status: 200,
    answer: invoice,
    errors: ["invoice_not_found", "invoice_state_conflict"],
  },
  run: async ({ ctx, params, body, keyed }) => {
    const id = invoiceId(params);
    return await onceInPhases(ctx, keyed, async (bind, interrupted) => {
      const marked =
        interrupted === null
          ? await markPaid(ctx, id, { reference: body?.reference ?? null, bind })
          : await resumeMarkPaid(ctx, id);
      return toAnswer(200, renderInvoice(marked));
    });
  },
});

export const reopenInvoiceOperation = operation({
  body: reopenInvoiceBody,
  query: noQuery,
  doc: {
    id: "reopenInvoice",
    tag: "Invoices",
    summary: "Open an expired invoice again",
    details: "Until a new time, with the same link. Nothing is sent. It may be repeated.",
    status: 200,
    answer: invoice,
    errors: ["invoice_not_found", "invoice_state_conflict", "expiry_out_of_range"],
  },
  run: async ({ ctx, params, body }) =>
    renderInvoice(await reopenInvoice(ctx, invoiceId(params), body.expires_at)),
});
