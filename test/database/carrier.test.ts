import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PaymentId } from "#lib/domain/ids.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { getInvoice } from "#lib/services/invoices/get.ts";
import { openLink, viewInvoice } from "#lib/services/payers/view.ts";
import { closeOpenAttempt } from "#lib/services/payments/close.ts";
import { getPayment } from "#lib/services/payments/get.ts";
import { settlePayment } from "#lib/services/payments/settle.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { verifyCode } from "#lib/services/payments/verify-code.ts";
import { consentCode } from "#lib/services/sms/queue-code.ts";
import { sendSms } from "#lib/services/sms/send-sms.ts";
import { until } from "../until.ts";
import {
  addFault,
  answerPrompt,
  freshPhone,
  invoiceInput,
  messagesOn,
  payHosted,
  requestsOf,
} from "./helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant();
});
afterAll(() => system.close());

async function open(ending = "00", merchant = shop) {
  const phone = freshPhone(ending);
  return { ...(await createInvoice(merchant.ctx, invoiceInput({ phone }))), phone };
}

const start = (invoiceId: Parameters<typeof startPayment>[1]["invoiceId"], merchant = shop) =>
  startPayment(merchant.ctx, { invoiceId, method: "carrier_billing" });
const settle = async (paymentId: PaymentId) =>
  (await settlePayment(shop.system, { paymentId, isForced: true })).payment;
const fault = (options: object) =>
  addFault(system.sandboxUrl, shop.sandboxName, { service: "carrier", fault: "error", ...options });
const charges = async () =>
  (await requestsOf(system.sandboxUrl, shop.sandboxName)).filter(
    (entry) => entry.method === "POST" && entry.path.endsWith("/payments"),
  );

describe("a charge on the phone bill", () => {
  it("is made after the phone's owner approved it there", async () => {
    const { invoice, phone } = await open();
    const payment = await start(invoice.id);
    expect(payment).toMatchObject({ state: "pending", unknownSince: null });
    expect(await settle(payment.id)).toMatchObject({ state: "pending" });
    await answerPrompt(system.sandboxUrl, phone, "approve");
    await until("the charge", async () => (await settle(payment.id)).state === "succeeded");
    expect((await getInvoice(shop.ctx, invoice.id)).invoice.state).toBe("paid");
  });

  it("declined on the phone has failed, and can be tried again", async () => {
    const { invoice, phone } = await open();
    const payment = await start(invoice.id);
    await answerPrompt(system.sandboxUrl, phone, "decline");
    await until("the refusal", async () => (await settle(payment.id)).state === "failed");
    expect((await getPayment(shop.ctx, payment.id)).payment).toMatchObject({
      declineCode: "declined_by_rail",
    });
    expect((await start(invoice.id)).id).not.toBe(payment.id);
  });

  it("that the carrier answers at once is settled at once", async () => {
    const { invoice } = await open("12");
    expect(await start(invoice.id)).toMatchObject({ state: "succeeded", disposition: "accepted" });
  });

  it.each([
    ["21", "unknown_number", "IDENTIFIER_NOT_FOUND"],
    ["22", "service_not_available", "SERVICE_NOT_APPLICABLE"],
    ["23", "declined_by_rail", "CARRIER_BILLING.PAYMENT_DENIED"],
    ["25", "limit_exceeded", "CARRIER_BILLING.USER_AMOUNT_THRESHOLD_OVERPASSED"],
  ])("to a number ending in %s is refused as %s", async (ending, declineCode, railCode) => {
    const { invoice } = await open(ending);
    expect(await start(invoice.id)).toMatchObject({
      state: "failed",
      declineCode,
      declineRailCode: railCode,
    });
  });

  it("is found at the carrier when its answer was lost, and never asked for twice", async () => {
    const { invoice, phone } = await open();
    const before = (await charges()).length;
    const remove = await fault({ fault: "lost_answer", method: "POST", path: "/payments$" });
    const payment = await start(invoice.id);
    await remove();
    expect(payment).toMatchObject({ state: "pending", railReference: null });
    expect(payment.unknownSince).not.toBeNull();
    const known = await settle(payment.id);
    expect(known.railReference).not.toBeNull();
    expect(known.unknownSince).toBeNull();
    await answerPrompt(system.sandboxUrl, phone, "approve");
    await until("the charge", async () => (await settle(payment.id)).state === "succeeded");
    expect((await charges()).length - before).toBe(1);
  });

  it("whose request was lost on the way stays unknown, and is asked about but not sent again", async () => {
    const { invoice } = await open();
    const remove = await fault({ fault: "reset", method: "POST", path: "/payments$" });
    const payment = await start(invoice.id);
    await remove();
    const before = (await charges()).length;
    for (let round = 0; round < 3; round += 1) {
      expect(await settle(payment.id)).toMatchObject({ state: "pending", railReference: null });
    }
    expect((await charges()).length).toBe(before);
    expect(await start(invoice.id)).toMatchObject({ id: payment.id });
  });

  it("waits with a refreshed token when the old one is refused", async () => {
    const { invoice } = await open("12");
    const remove = await fault({ fault: "error", status: 401, times: 1, method: "POST", path: "/payments$" });
    expect(await start(invoice.id)).toMatchObject({ state: "succeeded" });
    await remove();
  });

  it("has failed at once when the carrier gives no token: nothing was asked of it", async () => {
    const fresh = await system.merchant();
    const remove = await addFault(system.sandboxUrl, fresh.sandboxName, {
      service: "carrier",
      fault: "error",
      status: 503,
      path: "/oauth/token",
    });
    const { invoice } = await open("00", fresh);
    const payment = await start(invoice.id, fresh);
    await remove();
    expect(payment).toMatchObject({ state: "failed", declineCode: "rail_unavailable" });
  });
});

describe("changing from the phone bill to a card", () => {
  it("supersedes the charge, which may still go through: then it is surplus, and the card's money stays", async () => {
    const { invoice, phone } = await open();
    const charge = await start(invoice.id);
    const card = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" });
    expect((await getPayment(shop.ctx, charge.id)).payment.supersededAt).not.toBeNull();
    await payHosted(card.redirectUrl ?? "");
    expect(await settle(card.id)).toMatchObject({ state: "succeeded", disposition: "accepted" });
    await answerPrompt(system.sandboxUrl, phone, "approve");
    await until("the surplus", async () => (await settle(charge.id)).state === "succeeded");
    expect((await getPayment(shop.ctx, charge.id)).payment.disposition).toBe("surplus");
    expect((await getInvoice(shop.ctx, invoice.id)).invoice).toMatchObject({
      state: "paid",
      paidPaymentId: card.id,
      amountPaidMinor: 24_900n,
    });
  });

  it("never puts a second charge to the same phone while the first may still go through", async () => {
    const { invoice, payUrl } = await open();
    await start(invoice.id);
    await closeOpenAttempt(shop.ctx, invoice.id);
    await expect(start(invoice.id)).rejects.toMatchObject({
      code: "attempt_in_progress",
      retryAfterSeconds: expect.any(Number),
    });
    const token = payUrl.slice(payUrl.lastIndexOf("/") + 1);
    const view = await viewInvoice(await openLink(system.deps, token, "req"));
    expect(view.offers.map((offer) => offer.method)).toEqual(["card"]);
    expect(view.superseded).toHaveLength(1);
  });

  it("lets the first charge pay the invoice when it succeeds before the card does, and closes the card's page", async () => {
    const worker = await system.startWorker();
    const { invoice, phone } = await open();
    const charge = await start(invoice.id);
    const card = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" });
    await answerPrompt(system.sandboxUrl, phone, "approve");
    await until("the charge", async () => (await settle(charge.id)).state === "succeeded");
    expect((await getInvoice(shop.ctx, invoice.id)).invoice.paidPaymentId).toBe(charge.id);
    await until(
      "the card's end",
      async () => (await getPayment(shop.ctx, card.id)).payment.state === "cancelled",
    );
    expect(await payHosted(card.redirectUrl ?? "")).toBe(410);
    await worker.close();
  });
});

describe("where the carrier asks the owner nothing,", () => {
  let plain: TestMerchant;
  beforeAll(async () => {
    plain = await system.merchant({ carrierAsksPayer: false });
  });

  it("no charge is made before our own code, sent to that phone, was typed", async () => {
    const { invoice, phone } = await open("00", plain);
    const payment = await start(invoice.id, plain);
    expect(payment.state).toBe("created");
    const worker = await system.startWorker();
    const message = await until(
      "the code",
      async () =>
        (await messagesOn(system.sandboxUrl, phone)).find((sms) => /\b\d{6}\b/.test(sms.body)) ?? null,
    );
    await worker.close();
    const code = /\b(\d{6})\b/.exec(message.body)?.[1] ?? "";
    expect(message.body).toContain("NOK 249.00");
    const before = await requestsOf(system.sandboxUrl, plain.sandboxName);
    expect(before.filter((entry) => entry.path.endsWith("/payments"))).toEqual([]);
    const verified = await verifyCode(plain.ctx, { paymentId: payment.id, code: ` ${code} ` });
    expect(verified).toMatchObject({ isAccepted: true, payment: { state: "succeeded" } });
  });

  it("the method is not offered by a merchant who cannot send a code", async () => {
    const mute = await system.merchant({ carrierAsksPayer: false });
    await system.superuser.query(
      "update rail_accounts set is_enabled = false where merchant_id = $1 and kind = 'sms'",
      [mute.merchantId],
    );
    const silent = { ...invoiceInput(), shouldSendSms: false };
    const { invoice } = await createInvoice(mute.ctx, silent);
    await expect(start(invoice.id, mute)).rejects.toMatchObject({ code: "method_unavailable" });
    await expect(createInvoice(mute.ctx, { ...silent, methods: ["carrier_billing"] })).rejects.toMatchObject({
      code: "method_unavailable",
    });
  });

  it("five wrong codes end the attempt, and the right one is too late then", async () => {
    const { invoice } = await open("00", plain);
    const payment = await start(invoice.id, plain);
    const right = consentCode(system.deps, payment.id, invoice);
    const wrong = right === "000000" ? "000001" : "000000";
    for (const left of [4, 3, 2, 1]) {
      expect(await verifyCode(plain.ctx, { paymentId: payment.id, code: wrong })).toMatchObject({
        isAccepted: false,
        triesLeft: left,
      });
    }
    expect(await verifyCode(plain.ctx, { paymentId: payment.id, code: wrong })).toMatchObject({
      payment: { state: "failed", declineCode: "code_exhausted" },
    });
    await expect(verifyCode(plain.ctx, { paymentId: payment.id, code: right })).rejects.toMatchObject({
      code: "payment_state_conflict",
    });
    expect((await start(invoice.id, plain)).id).not.toBe(payment.id);
  });

  it("guesses made at once have five tries in all", async () => {
    const { invoice } = await open("00", plain);
    const payment = await start(invoice.id, plain);
    const right = Number(consentCode(system.deps, payment.id, invoice));
    const guesses = Array.from({ length: 60 }, (_, index) =>
      String((right + 1 + index) % 1_000_000).padStart(6, "0"),
    );
    await Promise.all(
      guesses.map((code) => verifyCode(plain.ctx, { paymentId: payment.id, code }).catch(() => null)),
    );
    const { rows } = await system.superuser.query("select tries from consent_codes where payment_id = $1", [
      payment.id,
    ]);
    expect(rows[0].tries).toBe(5);
    expect((await getPayment(plain.ctx, payment.id)).payment.state).toBe("failed");
  });

  it("no code is sent for an attempt that was given up before", async () => {
    const { invoice, phone } = await open("00", plain);
    const payment = await start(invoice.id, plain);
    await startPayment(plain.ctx, { invoiceId: invoice.id, method: "card" });
    const { rows } = await system.superuser.query("select id from sms_messages where payment_id = $1", [
      payment.id,
    ]);
    await sendSms(plain.system, rows[0].id);
    const after = await system.superuser.query("select state from sms_messages where id = $1", [rows[0].id]);
    expect(after.rows[0].state).toBe("skipped");
    expect(await messagesOn(system.sandboxUrl, phone)).toHaveLength(0);
  });

  it("a code is good for ten minutes, and for its own attempt only", async () => {
    const first = await open("00", plain);
    const second = await open("00", plain);
    const one = await start(first.invoice.id, plain);
    const two = await start(second.invoice.id, plain);
    expect(
      await verifyCode(plain.ctx, {
        paymentId: two.id,
        code: consentCode(system.deps, one.id, first.invoice),
      }),
    ).toMatchObject({ isAccepted: false });
    await system.superuser.query(
      "update consent_codes set expires_at = now() - interval '1 second' where payment_id = $1",
      [one.id],
    );
    const again = await start(first.invoice.id, plain);
    expect(again.id).not.toBe(one.id);
    expect((await getPayment(plain.ctx, one.id)).payment.state).toBe("expired");
  });
});
