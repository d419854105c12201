// Who reads sees one moment, whatever commits beside it.

import { afterAll, beforeAll, expect, it } from "vitest";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { getInvoice } from "#lib/services/invoices/get.ts";
import { openLink, viewInvoice } from "#lib/services/payers/view.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { until } from "../until.ts";
import { invoiceInput } from "./helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant();
});
afterAll(() => system.close());

/** Lets `read` begin, and holds it up between its invoice and its payments while `change` commits. */
async function readAround<T>(read: () => Promise<T>, change: () => Promise<unknown>): Promise<T> {
  const holder = await system.superuser.connect();
  try {
    await holder.query("begin; lock table merchant_settings in access exclusive mode");
    const reading = read();
    await until("the reader to wait", async () => {
      const { rows } = await system.superuser.query(
        "select from pg_locks where relation = 'merchant_settings'::regclass and not granted",
      );
      return rows.length === 1;
    });
    await change();
    await holder.query("commit");
    return await reading;
  } finally {
    holder.release();
  }
}

it.each(["the payer's page", "the API"])(
  "%s never shows an invoice of before beside a payment of after",
  async (reader) => {
    const { invoice, payUrl } = await createInvoice(shop.ctx, invoiceInput());
    const payment = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" });
    const payer = await openLink(system.deps, payUrl.split("/").at(-1) ?? "", "req_test");
    const read = async () =>
      reader === "the API"
        ? (await getInvoice(shop.ctx, invoice.id)).payments.at(-1)
        : (await viewInvoice(payer)).attempt;
    const change = () =>
      system.superuser.query("update payments set is_processing = true where id = $1", [payment.id]);
    expect(await readAround(read, change)).toMatchObject({ id: payment.id, isProcessing: false });
    expect(await read()).toMatchObject({ isProcessing: true });
  },
);
