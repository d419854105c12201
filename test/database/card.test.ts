import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ServiceError } from "#lib/domain/errors.ts";
import type { PaymentId } from "#lib/domain/ids.ts";
import { cancelInvoice } from "#lib/services/invoices/cancel.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { expireInvoice } from "#lib/services/invoices/expire.ts";
import { getInvoice } from "#lib/services/invoices/get.ts";
import { getPayment } from "#lib/services/payments/get.ts";
import { pollPayment } from "#lib/services/payments/poll.ts";
import { settlePayment } from "#lib/services/payments/settle.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { until } from "../until.ts";
import { addFault, hurry, invoiceInput, payHosted, requestsOf } from "./helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant();
});
afterAll(() => system.close());

const open = async (options: Parameters<typeof invoiceInput>[0] = {}) =>
  (await createInvoice(shop.ctx, invoiceInput(options))).invoice;
const start = (invoiceId: Parameters<typeof startPayment>[1]["invoiceId"]) =>
  startPayment(shop.ctx, { invoiceId, method: "card" });
const settle = async (paymentId: PaymentId) =>
  (await settlePayment(shop.system, { paymentId, isForced: true })).payment;
const fault = (options: object) =>
  addFault(system.sandboxUrl, shop.sandboxName, { service: "stripe", fault: "error", ...options });

/** Sessions created under this payment's key. */
async function creations(paymentId: PaymentId) {
  const requests = await requestsOf(system.sandboxUrl, shop.sandboxName);
  return requests.filter(
    (entry) =>
      entry.method === "POST" &&
      entry.path === "/v1/checkout/sessions" &&
      entry.idempotency_key === `${paymentId}:begin`,
  );
}

describe("a card payment", () => {
  it("leads to a hosted page, and pays the invoice once it is paid there", async () => {
    const invoice = await open();
    const payment = await start(invoice.id);
    expect(payment).toMatchObject({ state: "pending", redirectUrl: expect.stringContaining("/checkout/c/") });
    expect(await payHosted(payment.redirectUrl ?? "")).toBe(303);
    const settled = await settle(payment.id);
    expect(settled).toMatchObject({
      state: "succeeded",
      disposition: "accepted",
      railDetails: { cardBrand: "visa", cardLast4: "4242" },
    });
    expect((await getInvoice(shop.ctx, invoice.id)).invoice).toMatchObject({
      state: "paid",
      paidPaymentId: payment.id,
      amountPaidMinor: 24_900n,
    });
  });

  it("is booked with what the card company keeps of it, which the merchant bears", async () => {
    const payment = await start((await open()).id);
    await payHosted(payment.redirectUrl ?? "");
    await settle(payment.id);
    const { rows } = await system.superuser.query(
      `select t.kind, e.account, e.amount_minor::int as minor from ledger_entries e
       join ledger_transactions t on t.id = e.transaction_id where t.payment_id = $1 and t.kind = 'rail_cost' order by 2`,
      [payment.id],
    );
    // 2.9 % and 0.30 at the sandbox.
    expect(rows).toEqual([
      { kind: "rail_cost", account: "merchant_pending:card", minor: 752 },
      { kind: "rail_cost", account: "rail_clearing:card", minor: -752 },
    ]);
  });

  it("that Stripe captures in the background is booked with its cost once that is told, and once only", async () => {
    const slow = await system.merchant();
    const asked = await fetch(`${system.sandboxUrl}/accounts/${slow.sandboxName}`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ stripe_booking_ms: 600_000 }),
    });
    expect(asked.status).toBe(200);
    const { invoice } = await createInvoice(slow.ctx, invoiceInput());
    const payment = await startPayment(slow.ctx, { invoiceId: invoice.id, method: "card" });
    await payHosted(payment.redirectUrl ?? "");
    const settleSlow = async () =>
      (await settlePayment(slow.system, { paymentId: payment.id, isForced: true })).payment;
    const costs = async () => {
      const { rows } = await system.superuser.query(
        `select e.amount_minor::int as minor from ledger_entries e join ledger_transactions t on t.id = e.transaction_id
         where t.payment_id = $1 and t.kind = 'rail_cost' order by 1`,
        [payment.id],
      );
      return rows.map(({ minor }) => minor);
    };
    const paid = await settleSlow();
    expect(paid).toMatchObject({ state: "succeeded", disposition: "accepted" });
    expect(await costs()).toEqual([]);
    await hurry(system.sandboxUrl, paid.railDetails.settlementReference ?? "");
    const worker = await system.startWorker();
    await until("the cost", async () => (await costs()).length > 0);
    await Promise.all(Array.from({ length: 10 }, settleSlow));
    expect(await costs()).toEqual([-752, 752]);
    const { rows } = await system.superuser.query(
      "select state from notifications where event_type = 'charge.updated' and payment_id = $1",
      [payment.id],
    );
    expect(rows).toHaveLength(1);
    await worker.close();
  });

  it("stays open when the card is declined, so that another card can be tried on the same page", async () => {
    const payment = await start((await open()).id);
    expect(await payHosted(payment.redirectUrl ?? "", "4000000000000002")).toBe(200);
    expect(await settle(payment.id)).toMatchObject({ state: "pending" });
    await payHosted(payment.redirectUrl ?? "");
    expect(await settle(payment.id)).toMatchObject({ state: "succeeded" });
    expect(await creations(payment.id)).toHaveLength(1);
  });

  it("that the card company confirms later is processing until then", async () => {
    const payment = await start((await open()).id);
    await payHosted(payment.redirectUrl ?? "", "4000000000005001");
    expect(await settle(payment.id)).toMatchObject({ state: "pending", isProcessing: true });
    await fetch(`${system.sandboxUrl}/hurry`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ id: payment.railReference }),
    });
    await until("the confirmation", async () => (await settle(payment.id)).state === "succeeded");
  });

  it("that the card company refuses later has failed, and another can be started", async () => {
    const invoice = await open();
    const payment = await start(invoice.id);
    await payHosted(payment.redirectUrl ?? "", "4000000000006009");
    await fetch(`${system.sandboxUrl}/hurry`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ id: payment.railReference }),
    });
    await until("the refusal", async () => (await settle(payment.id)).state === "failed");
    expect((await start(invoice.id)).id).not.toBe(payment.id);
  });

  it("begun twice is the same attempt and the same session, however many begin it at once", async () => {
    const invoice = await open();
    const started = await Promise.all(Array.from({ length: 10 }, () => start(invoice.id)));
    expect(new Set(started.map((payment) => payment.id)).size).toBe(1);
    expect(new Set(started.map((payment) => payment.redirectUrl)).size).toBe(1);
    expect(await creations(started[0]?.id as PaymentId)).toHaveLength(1);
  });

  it("is in the invoice's language, currency and time", async () => {
    const payment = await start(
      (await open({ locale: "nb", expiresAt: new Date(Date.now() + 3_600_000) })).id,
    );
    const { rows } = await system.superuser.query("select rail_request from payments where id = $1", [
      payment.id,
    ]);
    const request = rows[0].rail_request;
    expect(request).toMatchObject({ locale: "nb", client_reference_id: payment.id });
    expect(request.line_items[0].price_data).toMatchObject({ currency: "nok", unit_amount: 24_900 });
    expect(Math.abs(request.expires_at - Date.now() / 1000 - 3_600)).toBeLessThan(30);
    expect(JSON.stringify(request)).not.toContain("/i/");
  });
});

describe("when the card company does not answer,", () => {
  it("a session whose answer was lost is found under the same key, and there is only one", async () => {
    const remove = await fault({ fault: "lost_answer", path: "/checkout/sessions$", method: "POST" });
    const payment = await start((await open()).id);
    expect(payment).toMatchObject({ state: "pending", railReference: null });
    expect(payment.unknownSince).not.toBeNull();
    await remove();
    const known = await settle(payment.id);
    expect(known).toMatchObject({ state: "pending", unknownSince: null });
    expect(known.railReference).toMatch(/^cs_test_/);
    await payHosted(known.redirectUrl ?? "");
    expect(await settle(payment.id)).toMatchObject({ state: "succeeded" });
  });

  it("a timeout is not a failure", async () => {
    const remove = await fault({
      fault: "delay",
      when: "after",
      ms: 3_000,
      method: "POST",
      path: "/checkout/sessions$",
    });
    const payment = await start((await open()).id);
    await remove();
    expect(payment).toMatchObject({ state: "pending", declineCode: null });
    expect(payment.unknownSince).not.toBeNull();
    await until("the session", async () => (await settle(payment.id)).railReference !== null);
  });

  it("an error after the effect is not a failure either", async () => {
    const remove = await fault({
      fault: "error",
      after: true,
      status: 500,
      method: "POST",
      path: "/checkout/sessions$",
    });
    const payment = await start((await open()).id);
    await remove();
    expect(payment.unknownSince).not.toBeNull();
  });

  it("a request to wait ends the attempt at once, since nothing was done", async () => {
    const remove = await fault({ fault: "rate_limit", method: "POST" });
    const payment = await start((await open()).id);
    await remove();
    expect(payment).toMatchObject({ state: "failed", declineCode: "rail_unavailable" });
  });

  it("an unanswered question changes nothing", async () => {
    const payment = await start((await open()).id);
    const remove = await fault({ fault: "error", status: 503, method: "GET" });
    expect(await settle(payment.id)).toMatchObject({ state: "pending", unknownSince: null });
    await remove();
  });

  it("questions are planned until the end is known, each once", async () => {
    const payment = await start((await open()).id);
    const jobs = async () => {
      const { rows } = await system.superuser.query(
        "select (data->>'pollNumber')::int as number, round(extract(epoch from start_after - created_on))::int as after from pgboss.job where name = 'payment.poll' and data->>'paymentId' = $1 order by 1",
        [payment.id],
      );
      return rows;
    };
    expect(await jobs()).toEqual([{ number: 0, after: 10 }]);
    await pollPayment(shop.system, { paymentId: payment.id, pollNumber: 0 });
    await pollPayment(shop.system, { paymentId: payment.id, pollNumber: 0 });
    expect((await jobs()).map((job) => job.number)).toEqual([0, 1]);
    await payHosted(payment.redirectUrl ?? "");
    await system.superuser.query("update payments set asked_at = null where id = $1", [payment.id]);
    await pollPayment(shop.system, { paymentId: payment.id, pollNumber: 1 });
    expect((await getPayment(shop.ctx, payment.id)).payment.state).toBe("succeeded");
    expect((await jobs()).map((job) => job.number)).toEqual([0, 1]);
  });

  it("is asked at most once in two seconds about one attempt, however many ask", async () => {
    const payment = await start((await open()).id);
    const before = (await requestsOf(system.sandboxUrl, shop.sandboxName)).length;
    await Promise.all(
      Array.from({ length: 20 }, () => settlePayment(shop.system, { paymentId: payment.id })),
    );
    expect((await requestsOf(system.sandboxUrl, shop.sandboxName)).length - before).toBe(1);
  });
});

describe("a card session that is no longer wanted", () => {
  it("is expired at the card company when the invoice is cancelled", async () => {
    const invoice = await open();
    const payment = await start(invoice.id);
    await cancelInvoice(shop.ctx, invoice.id);
    expect((await getPayment(shop.ctx, payment.id)).payment.state).toBe("cancelled");
    expect(await payHosted(payment.redirectUrl ?? "")).toBe(410);
  });

  it("that was paid just before keeps the invoice from being cancelled", async () => {
    const invoice = await open();
    const payment = await start(invoice.id);
    await payHosted(payment.redirectUrl ?? "");
    await expect(cancelInvoice(shop.ctx, invoice.id)).rejects.toMatchObject({
      code: "invoice_state_conflict",
    });
    expect((await getInvoice(shop.ctx, invoice.id)).invoice.state).toBe("paid");
  });

  it("that was paid just before keeps the invoice from expiring", async () => {
    const invoice = await open();
    const payment = await start(invoice.id);
    await payHosted(payment.redirectUrl ?? "");
    await system.superuser.query(
      "update invoices set expires_at = now() - interval '1 second' where id = $1",
      [invoice.id],
    );
    await expireInvoice(shop.system, invoice.id);
    expect((await getInvoice(shop.ctx, invoice.id)).invoice.state).toBe("paid");
  });

  it("is expired when the invoice expires", async () => {
    const invoice = await open();
    const payment = await start(invoice.id);
    await system.superuser.query(
      "update invoices set expires_at = now() - interval '1 second' where id = $1",
      [invoice.id],
    );
    await expireInvoice(shop.system, invoice.id);
    expect((await getInvoice(shop.ctx, invoice.id)).invoice.state).toBe("expired");
    expect(await payHosted(payment.redirectUrl ?? "")).toBe(410);
  });

  it("is superseded, and still asked about, when the card company cannot be reached to expire it", async () => {
    const invoice = await open();
    const payment = await start(invoice.id);
    const remove = await fault({ fault: "error", status: 503 });
    const other = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "carrier_billing" });
    await remove();
    expect(other).toMatchObject({ method: "carrier_billing", state: "pending" });
    expect((await getPayment(shop.ctx, payment.id)).payment.supersededAt).not.toBeNull();
  });
});

describe("starting a payment", () => {
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => "none",
      (error: ServiceError) => error.code,
    );

  it("is refused for an invoice that is paid, cancelled or past its end", async () => {
    const cancelled = await open();
    await cancelInvoice(shop.ctx, cancelled.id);
    expect(await codeOf(start(cancelled.id))).toBe("invoice_state_conflict");
    const late = await open();
    await system.superuser.query(
      "update invoices set expires_at = now() - interval '1 second' where id = $1",
      [late.id],
    );
    expect(await codeOf(start(late.id))).toBe("invoice_state_conflict");
  });

  it("is refused for a method that the invoice does not have", async () => {
    const invoice = await open({ methods: ["card"] });
    expect(await codeOf(startPayment(shop.ctx, { invoiceId: invoice.id, method: "carrier_billing" }))).toBe(
      "method_unavailable",
    );
    expect(await codeOf(startPayment(shop.ctx, { invoiceId: invoice.id, method: "mobile_money" }))).toBe(
      "method_unavailable",
    );
  });
});
