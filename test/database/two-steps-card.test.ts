// Cards in two steps: held by the card company until the merchant takes the amount or lets it go.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { InvoiceId, PaymentId } from "#lib/domain/ids.ts";
import type { Payment } from "#lib/domain/records.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { expireInvoice } from "#lib/services/invoices/expire.ts";
import { getInvoice } from "#lib/services/invoices/get.ts";
import { openLink, viewInvoice } from "#lib/services/payers/view.ts";
import { cancelPayment } from "#lib/services/payments/cancel.ts";
import { closeAttempt, closeOpenAttempt } from "#lib/services/payments/close.ts";
import { confirmPayment } from "#lib/services/payments/confirm.ts";
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

const bind = async () => undefined;
const paymentOf = async (id: PaymentId) => (await getPayment(shop.ctx, id)).payment;
const invoiceOf = async (id: InvoiceId) => (await getInvoice(shop.ctx, id)).invoice;
const settle = async (paymentId: PaymentId) =>
  (await settlePayment(shop.system, { paymentId, isForced: true })).payment;
const confirm = async (paymentId: PaymentId) => (await confirmPayment(shop.ctx, { paymentId, bind })).payment;
const cancel = async (paymentId: PaymentId) => (await cancelPayment(shop.ctx, { paymentId, bind })).payment;
const fault = (options: object) =>
  addFault(system.sandboxUrl, shop.sandboxName, { service: "stripe", fault: "error", ...options });
const callsTo = async (step: string, { railDetails }: Payment) =>
  (await requestsOf(system.sandboxUrl, shop.sandboxName)).filter(
    ({ path }) => path === `/v1/payment_intents/${railDetails.settlementReference}/${step}`,
  ).length;

async function begin() {
  const { invoice, payUrl } = await createInvoice(shop.ctx, invoiceInput());
  const payment = await startPayment(shop.ctx, {
    invoiceId: invoice.id,
    method: "card",
    shouldCapture: false,
  });
  return { invoice, payment, token: payUrl.slice(payUrl.lastIndexOf("/") + 1) };
}

async function reserve() {
  const { payment, ...rest } = await begin();
  await payHosted(payment.redirectUrl ?? "");
  return { ...rest, payment: await settle(payment.id) };
}

describe("a card payment with capture: false", () => {
  it("is held until the merchant confirms, and is taken then", async () => {
    const { invoice, payment, token } = await reserve();
    expect(payment).toMatchObject({
      state: "authorized",
      railDetails: {
        cardBrand: "visa",
        cardLast4: "4242",
        settlementReference: expect.stringMatching(/^pi_/),
      },
    });
    const left = Number(payment.authorizationExpiresAt) - Date.now();
    expect(left).toBeGreaterThan(86_400_000);
    expect((await viewInvoice(await openLink(system.deps, token, "req"))).step).toBe("reserved");
    expect(await confirm(payment.id)).toMatchObject({ state: "succeeded", disposition: "accepted" });
    expect(await settle(payment.id)).toMatchObject({ state: "succeeded", needsReviewAt: null });
    expect(await invoiceOf(invoice.id)).toMatchObject({ state: "paid", paidPaymentId: payment.id });
    expect(await callsTo("capture", payment)).toBe(1);
  });

  it("is let go by cancelling, at Stripe too", async () => {
    const { payment } = await reserve();
    expect(await cancel(payment.id)).toMatchObject({ state: "cancelled" });
    expect(await settle(payment.id)).toMatchObject({ state: "cancelled" });
    expect(await callsTo("cancel", payment)).toBe(1);
  });

  it("that is not paid yet is closed by cancelling: its page takes no card any more", async () => {
    const { payment } = await begin();
    expect(await cancel(payment.id)).toMatchObject({ state: "cancelled" });
    expect(await payHosted(payment.redirectUrl ?? "")).toBe(410);
  });

  it("is told of by Stripe's messages, held and taken", async () => {
    const worker = await system.startWorker();
    const { payment } = await begin();
    await payHosted(payment.redirectUrl ?? "");
    await until("the hold", async () => (await paymentOf(payment.id)).state === "authorized");
    const remove = await fault({ status: 500, path: "/capture$", after: true });
    const lost = await fault({ status: 500, method: "GET" });
    await confirm(payment.id);
    await lost();
    await remove();
    await until("the money", async () => (await paymentOf(payment.id)).state === "succeeded");
    const { rows } = await system.superuser.query(
      "select event_type, state from notifications where payment_id = $1 and event_type like 'payment_intent.%'",
      [payment.id],
    );
    const types = rows.map(({ event_type }) => event_type);
    expect(types).toContain("payment_intent.amount_capturable_updated");
    expect(types).toContain("payment_intent.succeeded");
    await worker.close();
  });

  it.each([
    ["capture", confirm, "succeeded"],
    ["cancel", cancel, "cancelled"],
  ] as const)("whose %s loses its answer is read from Stripe's record", async (step, wish, state) => {
    const { payment } = await reserve();
    const remove = await fault({ fault: "lost_answer", path: `/${step}$` });
    expect(await wish(payment.id)).toMatchObject({ state });
    await remove();
  });

  it.each([
    ["capture", confirm, "succeeded"],
    ["cancel", cancel, "cancelled"],
  ] as const)(
    "whose %s Stripe answers with an error, which it keeps for the key, goes through at the next try",
    async (step, wish, state) => {
      const { payment } = await reserve();
      await fault({ status: 500, path: `/${step}$`, kept: true, times: 1 });
      expect(await wish(payment.id)).toMatchObject({ state: "authorized" });
      expect(await wish(payment.id)).toMatchObject({ state });
      expect(await callsTo(step, payment)).toBe(2);
    },
  );

  it("whose capture is in doubt is asked for again, and taken once", async () => {
    const { payment } = await reserve();
    const remove = await fault({ fault: "reset", path: "/capture$" });
    expect(await confirm(payment.id)).toMatchObject({
      state: "authorized",
      captureRequestedAt: expect.any(Date),
    });
    await expect(cancel(payment.id)).rejects.toMatchObject({ code: "payment_state_conflict" });
    await remove();
    await system.superuser.query("update payments set asked_at = null where id = $1", [payment.id]);
    await pollPayment(shop.system, { paymentId: payment.id, pollNumber: 4 });
    expect(await paymentOf(payment.id)).toMatchObject({ state: "succeeded" });
    expect(await callsTo("capture", payment)).toBeGreaterThan(1);
    const { rows } = await system.superuser.query(
      "select count(*)::int as booked from ledger_transactions where payment_id = $1 and kind = 'payment_accepted'",
      [payment.id],
    );
    expect(rows[0].booked).toBe(1);
  });

  it("confirmed by many at once is taken once", async () => {
    const { payment } = await reserve();
    await Promise.all(Array.from({ length: 10 }, () => confirm(payment.id)));
    expect(await settle(payment.id)).toMatchObject({ state: "succeeded" });
    const { rows } = await system.superuser.query(
      "select count(*)::int as booked from ledger_transactions where payment_id = $1 and kind = 'payment_accepted'",
      [payment.id],
    );
    expect(rows[0].booked).toBe(1);
  });

  it("confirmed and cancelled at once has one winner", async () => {
    for (let round = 0; round < 4; round += 1) {
      const { payment } = await reserve();
      const wishes = round % 2 === 0 ? [confirm, cancel] : [cancel, confirm];
      const answers = await Promise.allSettled(wishes.map((wish) => wish(payment.id)));
      expect(answers.filter(({ status }) => status === "rejected")).toHaveLength(1);
      expect(["succeeded", "cancelled"]).toContain((await settle(payment.id)).state);
    }
  });

  it("that nobody takes in time is expired, by Stripe's own word", async () => {
    const { payment } = await reserve();
    await hurry(system.sandboxUrl, payment.railDetails.settlementReference ?? "");
    expect(await settle(payment.id)).toMatchObject({ state: "expired" });
    await expect(confirm(payment.id)).rejects.toMatchObject({ code: "payment_state_conflict" });
  });

  it("is let go when its invoice expires, and when the payer chooses the phone bill", async () => {
    const one = await reserve();
    await system.superuser.query(
      "update invoices set expires_at = now() - interval '1 second' where id = $1",
      [one.invoice.id],
    );
    await expireInvoice(shop.system, one.invoice.id);
    expect(await paymentOf(one.payment.id)).toMatchObject({ state: "cancelled" });
    const two = await reserve();
    expect(await closeOpenAttempt(shop.ctx, two.invoice.id)).toMatchObject({ state: "cancelled" });
  });

  it("confirmed just before its invoice expired is taken all the same", async () => {
    const { invoice, payment } = await reserve();
    const remove = await fault({ fault: "reset", path: "/capture$" });
    await confirm(payment.id);
    await system.superuser.query(
      "update invoices set expires_at = now() - interval '1 second' where id = $1",
      [invoice.id],
    );
    await expireInvoice(shop.system, invoice.id);
    await closeAttempt(shop.system, payment.id);
    await remove();
    expect(await paymentOf(payment.id)).toMatchObject({ state: "authorized", cancelRequestedAt: null });
    await system.superuser.query("update payments set asked_at = null where id = $1", [payment.id]);
    await pollPayment(shop.system, { paymentId: payment.id, pollNumber: 4 });
    expect(await paymentOf(payment.id)).toMatchObject({ state: "succeeded", disposition: "accepted" });
    expect((await invoiceOf(invoice.id)).state).toBe("paid");
  });

  it("stays a hold when the payer tries again after a declined try", async () => {
    const { invoice, payment } = await begin();
    await hurry(system.sandboxUrl, payment.railReference ?? "");
    expect(await settle(payment.id)).toMatchObject({ state: "expired" });
    const again = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" });
    expect(again).toMatchObject({ shouldCapture: false });
  });
});

describe("a card payment in one step", () => {
  it("has nothing to confirm", async () => {
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    const payment = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" });
    await payHosted(payment.redirectUrl ?? "");
    expect(await settle(payment.id)).toMatchObject({ state: "succeeded", captureRequestedAt: null });
    await expect(confirm(payment.id)).rejects.toMatchObject({ code: "payment_state_conflict" });
    await expect(cancel(payment.id)).rejects.toMatchObject({ code: "payment_state_conflict" });
  });
});
