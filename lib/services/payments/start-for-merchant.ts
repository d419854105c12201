// A merchant starts a payment itself, because the method is known: of an invoice that exists, or of one made
// with it.

import { ServiceError } from "#lib/domain/errors.ts";
import type { InvoiceId, PaymentId } from "#lib/domain/ids.ts";
import type { PaymentMethod } from "#lib/domain/payment.ts";
import type { Payment } from "#lib/domain/records.ts";
import { requirePermission, type ServiceContext, type TxContext, transact } from "../context.ts";
import { type CreateInvoiceInput, createInvoice } from "../invoices/create.ts";
import { type PaymentDetail, readPaymentDetail } from "./get.ts";
import { settlePayment } from "./settle.ts";
import { carryOut, commitIntent, type StartPaymentInput, startPayment } from "./start.ts";

export type NewInvoiceInput = Omit<CreateInvoiceInput, "methods" | "shouldSendSms" | "sms">;

export interface StartForMerchantInput {
  readonly method: PaymentMethod;
  /** False: only reserve the amount. Left out: as an attempt that is open, else take it. */
  readonly shouldCapture?: boolean;
  /** The invoice's id, or what to make one of; one that is made sends no SMS. */
  readonly invoice: InvoiceId | NewInvoiceInput;
  /** Runs in the transaction that commits the intent: the idempotency key is stored with it. */
  readonly bind: (ctx: TxContext, resourceId: PaymentId) => Promise<void>;
}

/**
 * Starts a payment, and makes its invoice in the same transaction where none is named.
 *
 * @throws permission_denied  the key lacks payments:write, or invoices:write for an invoice to be made
 * @throws everything that createInvoice and startPayment throw
 */
export async function startMerchantPayment(
  ctx: ServiceContext,
  input: StartForMerchantInput,
): Promise<PaymentDetail> {
  requirePermission(ctx, "payments.start");
  const { invoice, bind, ...same } = input;
  const how = { ...same, withIntent: (inTx: TxContext, payment: Payment) => bind(inTx, payment.id) };
  const payment =
    typeof invoice === "string"
      ? await startPayment(ctx, { invoiceId: invoice, ...how })
      : await startWithInvoice(ctx, invoice, how);
  return await readPaymentDetail(ctx, payment.id);
}

/** After an interruption: the intent is there, and what its rail made of it is asked, never sent again. */
export async function resumeMerchantPayment(
  ctx: ServiceContext,
  paymentId: PaymentId,
): Promise<PaymentDetail> {
  requirePermission(ctx, "payments.start");
  await settlePayment(ctx, { paymentId });
  return await readPaymentDetail(ctx, paymentId);
}

async function startWithInvoice(
  ctx: ServiceContext,
  invoice: NewInvoiceInput,
  how: Omit<StartPaymentInput, "invoiceId">,
): Promise<Payment> {
  const intent = await transact(ctx, async (inTx) => {
    const made = await createInvoice(inTx, {
      ...invoice,
      methods: [how.method],
      shouldSendSms: false,
      sms: { sender: null, text: null, sendAt: null },
    }).catch((error: unknown) => {
      // The caller named one method, not a list of them.
      if (!(error instanceof ServiceError) || error.code !== "method_unavailable") throw error;
      throw new ServiceError(error.code, error.message, { pointer: "/method" });
    });
    return await commitIntent(inTx, { invoiceId: made.invoice.id, ...how });
  });
  if (intent.kind === "other_open" || intent.kind === "page_over") {
    throw new Error("A new invoice has an attempt already.");
  }
  return await carryOut(ctx, intent);
}
