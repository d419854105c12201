// What a rail has not said is not known: it is neither guessed nor forgotten.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCurrency } from "#lib/domain/currency.ts";
import type { NotificationId, PaymentId } from "#lib/domain/ids.ts";
import { fromDecimal } from "#lib/domain/money.ts";
import { cancelInvoice } from "#lib/services/invoices/cancel.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { getInvoice } from "#lib/services/invoices/get.ts";
import { connectRail } from "#lib/services/merchants/connect-rail.ts";
import { getMerchant } from "#lib/services/merchants/get.ts";
import { applyNotification } from "#lib/services/notifications/apply.ts";
import { applyOutcome } from "#lib/services/payments/apply-outcome.ts";
import { closeAttempt } from "#lib/services/payments/close.ts";
import { getPayment } from "#lib/services/payments/get.ts";
import { pollPayment } from "#lib/services/payments/poll.ts";
import { settlePayment } from "#lib/services/payments/settle.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { addFault, freshPhone, invoiceInput, payHosted, requestsOf } from "./helpers.ts";
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
const start = (invoiceId: Awaited<ReturnType<typeof open>>["id"], method: "card" | "carrier_billing") =>
  startPayment(shop.ctx, { invoiceId, method });
const fault = (service: "stripe" | "carrier", options: object) =>
  addFault(system.sandboxUrl, shop.sandboxName, { service, fault: "error", ...options });
const paymentOf = async (id: PaymentId) => (await getPayment(shop.ctx, id)).payment;
const jobsAbout = async (name: string, field: string, id: string) => {
  const { rows } = await system.superuser.query(
    "select data from pgboss.job where name = $1 and data->>$2 = $3 order by created_on",
    [name, field, id],
  );
  return rows.map((row) => row.data);
};

/** As if its rail had not been asked in the last two seconds. */
const askableAgain = (id: PaymentId) =>
  system.superuser.query("update payments set asked_at = null where id = $1", [id]);

/** A stored message of the card company about this payment, as its door leaves it. */
async function storedMessage(paymentId: PaymentId, railReference: string | null): Promise<NotificationId> {
  const { rows } = await system.superuser.query(
    `insert into notifications (merchant_id, mode, id, rail_account_id, event_id, event_type, payment_id, rail_reference, state)
     select merchant_id, mode, 'ntf_' || substr(id, 5), rail_account_id, 'evt_' || id, 'checkout.session.completed', id, $2, 'received'
     from payments where id = $1 returning id`,
    [paymentId, railReference],
  );
  return rows[0].id;
}

const notificationState = async (id: NotificationId) => {
  const { rows } = await system.superuser.query("select state from notifications where id = $1", [id]);
  return rows[0].state;
};

describe("a message of a rail", () => {
  it("is not done before its rail has answered, so that money on an attempt that was over is not lost", async () => {
    const invoice = await open();
    const payment = await start(invoice.id, "card");
    await payHosted(payment.redirectUrl ?? "");
    const railReference = payment.railReference ?? "";
    await applyOutcome(shop.system, payment.id, { kind: "expired", railReference });
    const notificationId = await storedMessage(payment.id, railReference);
    const remove = await fault("stripe", { status: 500, method: "GET" });
    await applyNotification(shop.system, { notificationId, asked: 0 });
    await remove();
    expect(await notificationState(notificationId)).toBe("received");
    expect(await paymentOf(payment.id)).toMatchObject({ state: "expired" });
    expect(await jobsAbout("notification.apply", "notificationId", notificationId)).toMatchObject([
      { asked: 1 },
    ]);
    await applyNotification(shop.system, { notificationId, asked: 1 });
    expect(await notificationState(notificationId)).toBe("applied");
    expect(await paymentOf(payment.id)).toMatchObject({ state: "succeeded", disposition: "accepted" });
    expect((await getInvoice(shop.ctx, invoice.id)).invoice.state).toBe("paid");
  });

  it("that its rail leaves unanswered for seven days is set aside for a person", async () => {
    const payment = await start((await open()).id, "card");
    const notificationId = await storedMessage(payment.id, payment.railReference);
    await system.superuser.query(
      "update notifications set received_at = now() - interval '8 days' where id = $1",
      [notificationId],
    );
    const remove = await fault("stripe", { status: 500, method: "GET" });
    await applyNotification(shop.system, { notificationId, asked: 9 });
    await remove();
    expect(await notificationState(notificationId)).toBe("quarantined");
  });
});

describe("a charge on the phone bill", () => {
  it.each([408, 425, 409, 502])("that is answered with %i is unknown, not failed", async (status) => {
    const invoice = await open({ phone: freshPhone() });
    const remove = await fault("carrier", { status, method: "POST", path: "/payments$" });
    const payment = await start(invoice.id, "carrier_billing");
    await remove();
    expect(payment).toMatchObject({ state: "pending", railReference: null, declineCode: null });
    expect(payment.unknownSince).not.toBeNull();
  });

  it("that nobody can say anything about is given to a person after seven days, the invoice still open", async () => {
    const invoice = await open({ phone: freshPhone(), expiresAt: new Date(Date.now() + 90 * 86_400_000) });
    const remove = await fault("carrier", { fault: "reset", method: "POST", path: "/payments$" });
    const payment = await start(invoice.id, "carrier_billing");
    await remove();
    const age = (interval: string) =>
      system.superuser.query("update payments set submitted_at = now() - $2::interval where id = $1", [
        payment.id,
        interval,
      ]);
    await age("2 days");
    await pollPayment(shop.system, { paymentId: payment.id, pollNumber: 8 });
    expect((await paymentOf(payment.id)).needsReviewAt).toBeNull();
    await age("8 days");
    await pollPayment(shop.system, { paymentId: payment.id, pollNumber: 9 });
    expect((await paymentOf(payment.id)).needsReviewAt).not.toBeNull();
  });
});

describe("a poll", () => {
  it("plans one closing of a card session that is of no more use, once its rail answers, and none before", async () => {
    const invoice = await open();
    const payment = await start(invoice.id, "card");
    const remove = await fault("stripe", { status: 503 });
    await start(invoice.id, "carrier_billing");
    await pollPayment(shop.system, { paymentId: payment.id, pollNumber: 0 });
    expect(await jobsAbout("payment.close", "paymentId", payment.id)).toHaveLength(0);
    await remove();
    await askableAgain(payment.id);
    await pollPayment(shop.system, { paymentId: payment.id, pollNumber: 1 });
    await askableAgain(payment.id);
    await pollPayment(shop.system, { paymentId: payment.id, pollNumber: 1 });
    expect(await jobsAbout("payment.close", "paymentId", payment.id)).toHaveLength(1);
    await closeAttempt(shop.system, payment.id);
    expect((await paymentOf(payment.id)).state).toBe("cancelled");
  });

  it("comes soon again once doubt has ended", async () => {
    const invoice = await open({ phone: freshPhone() });
    const remove = await fault("carrier", { fault: "lost_answer", method: "POST", path: "/payments$" });
    const payment = await start(invoice.id, "carrier_billing");
    await remove();
    const before = (await jobsAbout("payment.poll", "paymentId", payment.id)).length;
    const { payment: known } = await settlePayment(shop.system, { paymentId: payment.id });
    expect(known).toMatchObject({ state: "pending", unknownSince: null });
    expect(await jobsAbout("payment.poll", "paymentId", payment.id)).toHaveLength(before + 1);
  });
});

describe("a card session", () => {
  it("that could not be closed when its invoice was cancelled is closed as soon as it can be", async () => {
    const invoice = await open();
    const payment = await start(invoice.id, "card");
    const remove = await fault("stripe", { status: 503 });
    await cancelInvoice(shop.ctx, invoice.id);
    expect(await jobsAbout("payment.close", "paymentId", payment.id)).toHaveLength(1);
    await expect(closeAttempt(shop.system, payment.id)).rejects.toMatchObject({
      code: "service_unavailable",
    });
    await remove();
    await closeAttempt(shop.system, payment.id);
    expect((await paymentOf(payment.id)).state).toBe("cancelled");
    expect(await payHosted(payment.redirectUrl ?? "")).toBe(410);
  });

  it("begun while its invoice was being cancelled is closed after it", async () => {
    const invoices = await Promise.all(Array.from({ length: 12 }, () => open()));
    const started = await Promise.all(
      invoices.map(async ({ id }, index) => {
        const cancelled = new Promise((resolve) => setTimeout(resolve, index * 3)).then(() =>
          cancelInvoice(shop.ctx, id),
        );
        const payment = await start(id, "card").catch(() => null);
        await cancelled;
        return payment;
      }),
    );
    for (const payment of started) {
      if (payment === null) continue;
      const isOver = !["created", "pending"].includes((await paymentOf(payment.id)).state);
      const closing = await jobsAbout("payment.close", "paymentId", payment.id);
      expect(isOver || closing.length > 0, payment.id).toBe(true);
    }
  });

  it("that surely was not made is not made later by asking about it", async () => {
    const invoice = await open();
    const remove = await fault("stripe", { fault: "rate_limit", method: "POST" });
    const payment = await start(invoice.id, "card");
    await remove();
    expect(payment).toMatchObject({ state: "failed", declineCode: "rail_unavailable" });
    await pollPayment(shop.system, { paymentId: payment.id, pollNumber: 0 });
    const requests = await requestsOf(system.sandboxUrl, shop.sandboxName);
    expect(requests.filter((entry) => entry.idempotency_key === `${payment.id}:begin`)).toHaveLength(1);
  });

  it("whose page should be over by now is asked about before the payer is sent there again", async () => {
    const invoice = await open();
    const payment = await start(invoice.id, "card");
    await payHosted(payment.redirectUrl ?? "");
    await system.superuser.query(
      "update payments set redirect_expires_at = now() - interval '1 second' where id = $1",
      [payment.id],
    );
    await expect(start(invoice.id, "card")).rejects.toMatchObject({ code: "invoice_state_conflict" });
    expect((await paymentOf(payment.id)).state).toBe("succeeded");
  });
});

describe("an account that another takes the place of", () => {
  it("is still asked about the attempts that it began, and begins no more", async () => {
    const moved = await system.merchant();
    await system.superuser.query(
      "update rail_accounts set fee_basis_points = 250 where merchant_id = $1 and kind = 'card'",
      [moved.merchantId],
    );
    const { invoice } = await createInvoice(moved.ctx, invoiceInput());
    const payment = await startPayment(moved.ctx, { invoiceId: invoice.id, method: "card" });
    await payHosted(payment.redirectUrl ?? "");
    const id = await connectRail(moved.system, {
      kind: "card",
      target: "provider",
      baseUrl: null,
      credentials: { secretKey: "sk_test_elsewhere", webhookSecret: "whsec_elsewhere" },
      settings: {},
      bounds: {},
    });
    expect(id).not.toBe(payment.railAccountId);
    const { rows } = await system.superuser.query(
      "select fee_basis_points from rail_accounts where id = $1",
      [id],
    );
    expect(rows[0].fee_basis_points, "the tariff stays").toBe(250);
    const { payment: settled } = await settlePayment(moved.system, { paymentId: payment.id });
    expect(settled).toMatchObject({ state: "succeeded", railAccountId: payment.railAccountId });
    expect((await getMerchant(moved.ctx)).accounts.filter(({ kind }) => kind === "card")).toMatchObject([
      { id, target: "provider" },
    ]);
  });

  it("at the same place is the same account with other credentials", async () => {
    const rotated = await system.merchant();
    const before = (await getMerchant(rotated.ctx)).accounts.find(({ kind }) => kind === "card");
    const id = await connectRail(rotated.system, {
      kind: "card",
      target: "sandbox",
      baseUrl: before?.baseUrl ?? null,
      credentials: { secretKey: "sk_test_new", webhookSecret: "whsec_new" },
      settings: {},
      bounds: {},
    });
    expect(id).toBe(before?.id);
  });
});

describe("an amount between the card company's steps", () => {
  it("is not offered by card", async () => {
    const amount = fromDecimal("10.005", parseCurrency("KWD"));
    await expect(open({ amount, methods: ["card"] })).rejects.toMatchObject({ code: "method_unavailable" });
    const invoice = await open({ amount, methods: null });
    await expect(start(invoice.id, "card")).rejects.toMatchObject({ code: "method_unavailable" });
  });
});

describe("a description", () => {
  it.each(["😀".repeat(150), "a".concat("😀".repeat(150)), "👨‍👩‍👧‍👦".repeat(200)])(
    "of the longest characters can be paid by both methods: %#",
    async (description) => {
      const card = await start((await open({ description })).id, "card");
      expect(card).toMatchObject({ state: "pending", redirectUrl: expect.stringContaining("http") });
      const charge = await start((await open({ description, phone: freshPhone() })).id, "carrier_billing");
      expect(charge).toMatchObject({ state: "pending", unknownSince: null });
    },
  );
});
