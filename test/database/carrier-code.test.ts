// The carrier wants to be convinced before it reserves: by a code that it texts, or on a page of its own.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { InvoiceId, PaymentId } from "#lib/domain/ids.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { getInvoice } from "#lib/services/invoices/get.ts";
import { openLink, viewInvoice } from "#lib/services/payers/view.ts";
import { closeOpenAttempt } from "#lib/services/payments/close.ts";
import { getPayment } from "#lib/services/payments/get.ts";
import { pollPayment } from "#lib/services/payments/poll.ts";
import { releaseReservation } from "#lib/services/payments/release.ts";
import { settlePayment } from "#lib/services/payments/settle.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { validatePayment } from "#lib/services/payments/validate.ts";
import { until } from "../until.ts";
import {
  addFault,
  carrierCodeOn,
  freshPhone,
  hurry,
  invoiceInput,
  requestsOf,
  wrongCode,
} from "./helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant({ carrierSteps: "two" });
});
afterAll(() => system.close());

const CODE = "31";
const LINK = "32";

async function begin(ending: string, shouldCapture = true) {
  const phone = freshPhone(ending);
  const { invoice, payUrl } = await createInvoice(shop.ctx, invoiceInput({ phone }));
  const payment = await start(invoice.id, shouldCapture);
  const code = ending === CODE ? await carrierCodeOn(system.sandboxUrl, phone) : "";
  return { phone, invoice, payment, code, token: payUrl.slice(payUrl.lastIndexOf("/") + 1) };
}
const start = (invoiceId: InvoiceId, shouldCapture?: boolean) =>
  startPayment(shop.ctx, {
    invoiceId,
    method: "carrier_billing",
    ...(shouldCapture === undefined ? {} : { shouldCapture }),
  });
const type = (paymentId: PaymentId, code: string) => validatePayment(shop.ctx, { paymentId, code });
const paymentOf = async (id: PaymentId) => (await getPayment(shop.ctx, id)).payment;
const settle = async (paymentId: PaymentId) =>
  (await settlePayment(shop.system, { paymentId, isForced: true })).payment;
const fault = (options: object) =>
  addFault(system.sandboxUrl, shop.sandboxName, { service: "carrier", fault: "error", ...options });
const calls = async (reference: string | null, step: string) =>
  (await requestsOf(system.sandboxUrl, shop.sandboxName)).filter(
    ({ method, path }) => method === "POST" && path.endsWith(`${reference}/${step}`),
  ).length;
const stepOf = async (token: string) => (await viewInvoice(await openLink(system.deps, token, "req"))).step;
const lateCode = (id: PaymentId) =>
  system.superuser.query(
    `update payments set validation = validation || '{"expiresAt": "2020-01-01T00:00:00.000Z"}' where id = $1`,
    [id],
  );

describe("the carrier's code", () => {
  it("is asked for on our page, for ten minutes, and the right one pays", async () => {
    const { payment, invoice, code, token } = await begin(CODE);
    expect(payment).toMatchObject({ state: "pending_validation", validation: { by: "code", url: null } });
    const life = Date.parse(payment.validation?.expiresAt ?? "") - Date.now();
    expect(Math.abs(life - 600_000)).toBeLessThan(10_000);
    expect(await stepOf(token)).toBe("code");
    expect(await type(payment.id, code)).toMatchObject({
      result: "accepted",
      payment: { state: "succeeded" },
    });
    expect((await getInvoice(shop.ctx, invoice.id)).invoice.state).toBe("paid");
    expect(await stepOf(token)).toBe("paid");
  });

  it("only reserves where that is all that was asked for", async () => {
    const { payment, code, token } = await begin(CODE, false);
    expect(await type(payment.id, code)).toMatchObject({
      result: "accepted",
      payment: { state: "authorized" },
    });
    expect(await stepOf(token)).toBe("reserved");
  });

  it("wrong, leaves the attempt waiting, until the carrier takes no more", async () => {
    const { payment, invoice, code } = await begin(CODE);
    const wrong = wrongCode(code);
    expect(await type(payment.id, wrong)).toMatchObject({ result: "wrong", triesLeft: 4 });
    expect(await type(payment.id, wrong)).toMatchObject({ result: "wrong", triesLeft: 3 });
    expect(await paymentOf(payment.id)).toMatchObject({ state: "pending_validation", validationTries: 2 });
    expect(await type(payment.id, wrong)).toMatchObject({
      result: "exhausted",
      payment: { state: "failed", declineCode: "code_exhausted" },
    });
    await expect(type(payment.id, code)).rejects.toMatchObject({ code: "payment_state_conflict" });
    expect((await start(invoice.id)).id).not.toBe(payment.id);
  });

  it("has five tries by our own count, each counted before the carrier is asked", async () => {
    const { payment, code } = await begin(CODE);
    const remove = await fault({ status: 503, path: payment.railReference });
    for (const left of [4, 3, 2, 1, 0]) {
      expect(await type(payment.id, wrongCode(code))).toMatchObject({ result: "unchecked", triesLeft: left });
    }
    expect(await calls(payment.railReference, "validate")).toBe(5);
    expect(await type(payment.id, code)).toMatchObject({ result: "exhausted" });
    expect(await calls(payment.railReference, "validate")).toBe(5);
    await remove();
    expect(await paymentOf(payment.id)).toMatchObject({ state: "failed", declineCode: "code_exhausted" });
  });

  it("guessed fifty times at once is asked about five times, and nothing is taken", async () => {
    const { payment, code } = await begin(CODE);
    const remove = await fault({ fault: "delay", ms: 300, path: "/validate$" });
    const guesses = Array.from({ length: 50 }, (_, index) => wrongCode(code, index + 1));
    await Promise.all(guesses.map((guess) => type(payment.id, guess).catch(() => null)));
    await remove();
    expect(await calls(payment.railReference, "validate")).toBe(5);
    expect(await paymentOf(payment.id)).toMatchObject({
      state: "failed",
      declineCode: "code_exhausted",
      validationTries: 5,
    });
  });

  it("that is right among fifty guesses at once takes the money once, or reserves nothing for good", async () => {
    for (let round = 0; round < 3; round += 1) {
      const { payment, code } = await begin(CODE);
      const guesses = Array.from({ length: 50 }, (_, index) => wrongCode(code, index));
      await Promise.all(guesses.map((guess) => type(payment.id, guess).catch(() => null)));
      const { state } = await settle(payment.id);
      expect(["succeeded", "failed"]).toContain(state);
      if (state === "failed") await releaseReservation(shop.system, { paymentId: payment.id, asked: 0 });
      expect(await calls(payment.railReference, "confirm")).toBe(state === "succeeded" ? 1 : 0);
    }
  });

  it("is dead after ten minutes, whether it is typed or not", async () => {
    const typed = await begin(CODE);
    await lateCode(typed.payment.id);
    expect(await type(typed.payment.id, typed.code)).toMatchObject({ result: "exhausted" });
    expect(await calls(typed.payment.railReference, "validate")).toBe(0);
    const waited = await begin(CODE);
    await lateCode(waited.payment.id);
    await pollPayment(shop.system, { paymentId: waited.payment.id, pollNumber: 1 });
    expect(await paymentOf(waited.payment.id)).toMatchObject({
      state: "failed",
      declineCode: "code_exhausted",
    });
  });

  it.each(["lost_answer", "reset"])(
    "with a connection that breaks (%s) is asked about: the record decides",
    async (kind) => {
      const { payment, code } = await begin(CODE);
      const remove = await fault({ fault: kind, path: "/validate$" });
      const first = await type(payment.id, code);
      await remove();
      expect(first.result).toBe(kind === "lost_answer" ? "accepted" : "unchecked");
      if (kind === "reset") expect(await type(payment.id, code)).toMatchObject({ result: "accepted" });
      expect(await paymentOf(payment.id)).toMatchObject({ state: "succeeded" });
    },
  );

  it("typed twice at once is one acceptance", async () => {
    const { payment, code } = await begin(CODE);
    const answers = await Promise.all([type(payment.id, code), type(payment.id, code)]);
    expect(answers.map(({ result }) => result)).toEqual(["accepted", "accepted"]);
    expect(await paymentOf(payment.id)).toMatchObject({ state: "succeeded" });
  });

  it("of another attempt is of no use", async () => {
    const one = await begin(CODE);
    const two = await begin(CODE);
    expect(await type(two.payment.id, one.code)).toMatchObject({ result: "wrong" });
  });

  it("that nobody types in the carrier's time has failed as a code that ran out", async () => {
    const { payment } = await begin(CODE);
    await hurry(system.sandboxUrl, payment.railReference ?? "");
    expect(await settle(payment.id)).toMatchObject({ state: "failed", declineCode: "code_exhausted" });
  });

  it("is texted four times a day for one invoice, so that new attempts are no way to more guesses", async () => {
    const { invoice, payment } = await begin(CODE);
    let current = payment;
    for (let round = 2; round <= 4; round += 1) {
      await hurry(system.sandboxUrl, current.railReference ?? "");
      expect(await settle(current.id)).toMatchObject({ state: "failed" });
      current = await start(invoice.id);
    }
    await hurry(system.sandboxUrl, current.railReference ?? "");
    await settle(current.id);
    await expect(start(invoice.id)).rejects.toMatchObject({ code: "sms_cap_reached" });
  });

  it("cannot be typed where the answer that told of it was lost, and the payer is not sent to a dead end", async () => {
    const phone = freshPhone(CODE);
    const { invoice, payUrl } = await createInvoice(shop.ctx, invoiceInput({ phone }));
    const remove = await fault({ fault: "lost_answer", path: "/prepare$" });
    const payment = await start(invoice.id);
    await remove();
    const known = await settle(payment.id);
    expect(known).toMatchObject({ state: "pending_validation", validation: { by: "code", reference: null } });
    expect(await stepOf(payUrl.slice(payUrl.lastIndexOf("/") + 1))).toBe("waiting");
    await expect(type(payment.id, "123456")).rejects.toMatchObject({ code: "payment_state_conflict" });
    await closeOpenAttempt(shop.ctx, invoice.id);
    const card = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" });
    expect(card.redirectUrl).not.toBeNull();
  });
});

describe("the carrier's own page", () => {
  const answer = (url: string, word: "approve" | "decline") =>
    fetch(url, { method: "POST", redirect: "manual", body: new URLSearchParams({ answer: word }) });

  it("is where the payer is led, and an approval there pays", async () => {
    const { payment, token } = await begin(LINK);
    expect(payment).toMatchObject({
      state: "pending_validation",
      validation: { by: "link", reference: null },
    });
    expect(await stepOf(token)).toBe("code");
    await answer(payment.validation?.url ?? "", "approve");
    expect(await settle(payment.id)).toMatchObject({ state: "succeeded" });
  });

  it("declined, leads to another try", async () => {
    const { payment, token } = await begin(LINK);
    await answer(payment.validation?.url ?? "", "decline");
    expect(await settle(payment.id)).toMatchObject({ state: "failed", declineCode: "declined_by_rail" });
    expect(await stepOf(token)).toBe("retry");
  });

  it("takes no code from us", async () => {
    const { payment } = await begin(LINK);
    await expect(type(payment.id, "123456")).rejects.toMatchObject({ code: "payment_state_conflict" });
  });

  it("approved after the payer chose a card reserves nothing for good", async () => {
    const { payment, invoice } = await begin(LINK);
    await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" });
    expect(await paymentOf(payment.id)).toMatchObject({ supersededAt: expect.any(Date) });
    await answer(payment.validation?.url ?? "", "approve");
    expect(await settle(payment.id)).toMatchObject({ state: "cancelled" });
    expect(await calls(payment.railReference, "confirm")).toBe(0);
  });

  it("is told of by the carrier's own message, with nobody asking", async () => {
    const worker = await system.startWorker();
    const { payment } = await begin(LINK);
    await answer(payment.validation?.url ?? "", "approve");
    await until("the money", async () => (await paymentOf(payment.id)).state === "succeeded");
    await worker.close();
  });
});
