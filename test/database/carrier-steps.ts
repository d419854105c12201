// Steps of tests about the phone bill in two steps.

import type { InvoiceId, PaymentId } from "#lib/domain/ids.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { getInvoice } from "#lib/services/invoices/get.ts";
import { confirmPayment } from "#lib/services/payments/confirm.ts";
import { getPayment } from "#lib/services/payments/get.ts";
import { pollPayment } from "#lib/services/payments/poll.ts";
import { settlePayment } from "#lib/services/payments/settle.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { addFault, freshPhone, invoiceInput, requestsOf } from "./helpers.ts";
import type { TestMerchant, TestSystem } from "./system.ts";

export const bind = async () => undefined;

/** `at`: where the steps are taken; there only once the tests run. */
export function carrierSteps(at: () => { readonly system: TestSystem; readonly shop: TestMerchant }) {
  const open = async (ending = "00", merchant = at().shop) =>
    (await createInvoice(merchant.ctx, invoiceInput({ phone: freshPhone(ending) }))).invoice;
  const start = (invoiceId: InvoiceId, shouldCapture: boolean, merchant = at().shop) =>
    startPayment(merchant.ctx, { invoiceId, method: "carrier_billing", shouldCapture });
  return {
    open,
    start,
    async reserve() {
      const invoice = await open();
      return { invoice, payment: await start(invoice.id, false) };
    },
    paymentOf: async (id: PaymentId) => (await getPayment(at().shop.ctx, id)).payment,
    invoiceOf: async (id: InvoiceId) => (await getInvoice(at().shop.ctx, id)).invoice,
    confirm: async (paymentId: PaymentId) =>
      (await confirmPayment(at().shop.ctx, { paymentId, bind })).payment,
    settle: async (paymentId: PaymentId) =>
      (await settlePayment(at().shop.system, { paymentId, isForced: true })).payment,
    poll: (paymentId: PaymentId, pollNumber: number) =>
      pollPayment(at().shop.system, { paymentId, pollNumber }),
    fault: (options: object) =>
      addFault(at().system.sandboxUrl, at().shop.sandboxName, {
        service: "carrier",
        fault: "error",
        ...options,
      }),
    /** How often a step of one payment was asked for at the carrier. */
    calls: async (reference: string | null, step: string) =>
      (await requestsOf(at().system.sandboxUrl, at().shop.sandboxName)).filter(
        ({ method, path }) => method === "POST" && path.endsWith(`${reference}/${step}`),
      ).length,
  };
}
