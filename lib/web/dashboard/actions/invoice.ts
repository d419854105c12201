"use server";

// Forms about one invoice. Every one goes through the verb that the API has, as the person who is signed in.

import { redirect } from "next/navigation";
import { type InvoiceId, type PaymentId, parseId } from "#lib/domain/ids.ts";
import { fromDecimal } from "#lib/domain/money.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { cancelInvoice } from "#lib/services/invoices/cancel.ts";
import { markPaid } from "#lib/services/invoices/mark-paid.ts";
import { reopenInvoice } from "#lib/services/invoices/reopen.ts";
import { sendInvoice } from "#lib/services/invoices/send.ts";
import { getPayment } from "#lib/services/payments/get.ts";
import { createRefund } from "#lib/services/refunds/create.ts";
import { newInvoice } from "../new-invoice.ts";
import { type PlaceParams, requirePlace } from "../viewer.ts";
import { atPlace } from "../where.ts";
import { attempt, type FormState, textOf } from "./outcome.ts";

const bind = async () => undefined;

async function onInvoice(
  where: PlaceParams,
  id: string,
  done: string,
  work: (ctx: ServiceContext, id: InvoiceId) => Promise<unknown>,
): Promise<FormState> {
  const invoiceId = parseId("invoice", id) ?? ("" as InvoiceId);
  return await atPlace(where, (ctx) => work(ctx, invoiceId), done);
}

export async function sendAction(where: PlaceParams, id: string): Promise<FormState> {
  return await onInvoice(where, id, "The text message is on its way.", sendInvoice);
}

export async function cancelAction(where: PlaceParams, id: string): Promise<FormState> {
  return await onInvoice(where, id, "The invoice is withdrawn.", cancelInvoice);
}

export async function markPaidAction(
  where: PlaceParams,
  id: string,
  _: FormState,
  form: FormData,
): Promise<FormState> {
  const reference = textOf(form, "outside_reference").trim().slice(0, 100) || null;
  return await onInvoice(where, id, "The invoice is marked as paid.", (ctx, invoiceId) =>
    markPaid(ctx, invoiceId, { reference, bind }),
  );
}

const DAY_MS = 86_400_000;

export async function reopenAction(
  where: PlaceParams,
  id: string,
  _: FormState,
  form: FormData,
): Promise<FormState> {
  const days = Math.min(365, Math.max(1, Math.trunc(Number(textOf(form, "days")) || 30)));
  return await onInvoice(where, id, "The invoice can be paid again.", (ctx, invoiceId) =>
    reopenInvoice(ctx, invoiceId, new Date(Date.now() + days * DAY_MS)),
  );
}

/** `believed`: what could be refunded when the form was shown, in minor units: a second tap refunds nothing more. */
export async function refundAction(
  where: PlaceParams,
  payment: string,
  believed: string,
  _: FormState,
  form: FormData,
): Promise<FormState> {
  const paymentId = parseId("payment", payment) ?? ("" as PaymentId);
  const refund = async (ctx: ServiceContext) => {
    const { payment: paid } = await getPayment(ctx, paymentId);
    const amount = fromDecimal(textOf(form, "amount").trim().replace(",", "."), paid.amount.currency);
    await createRefund(ctx, {
      paymentId,
      refundableMinor: BigInt(believed),
      part: { kind: "amount", amountMinor: amount.amountMinor },
      reason: textOf(form, "reason").trim().slice(0, 200) || null,
      bind,
    });
  };
  return await atPlace(where, refund, "The money is on its way back.");
}

export async function createInvoiceAction(
  where: PlaceParams,
  _: FormState,
  form: FormData,
): Promise<FormState> {
  const { ctx, base } = await requirePlace(Promise.resolve(where));
  let id = "";
  const told = await attempt(async () => {
    id = await newInvoice(ctx, (name) => textOf(form, name));
  });
  if (told.error !== null) return told;
  redirect(`${base}/invoices/${id}`);
}
