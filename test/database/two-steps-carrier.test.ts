// The phone bill in two steps: reserved first, then taken or given back, once and by whoever was first.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PaymentId } from "#lib/domain/ids.ts";
import { applyOutcome } from "#lib/services/payments/apply-outcome.ts";
import { cancelPayment } from "#lib/services/payments/cancel.ts";
import { closeAttempt } from "#lib/services/payments/close.ts";
import { confirmPayment } from "#lib/services/payments/confirm.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { verifyCode } from "#lib/services/payments/verify-code.ts";
import { consentCode } from "#lib/services/sms/queue-code.ts";
import { bind, carrierSteps } from "./carrier-steps.ts";
import { hurry, requestsOf } from "./helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant({ carrierSteps: "two" });
});
afterAll(() => system.close());

const { open, start, reserve, paymentOf, invoiceOf, confirm, settle, poll, fault, calls } = carrierSteps(
  () => ({ system, shop }),
);
const cancel = async (paymentId: PaymentId) => (await cancelPayment(shop.ctx, { paymentId, bind })).payment;
const eventsOf = async (id: PaymentId) => {
  const { rows } = await system.superuser.query(
    "select type from events where payment_id = $1 order by sequence",
    [id],
  );
  return rows.map(({ type }) => type);
};

describe("an amount on the phone bill", () => {
  it("is reserved, and taken only when the merchant confirms", async () => {
    const { invoice, payment } = await reserve();
    expect(payment).toMatchObject({ state: "authorized", shouldCapture: false, captureRequestedAt: null });
    expect(payment.authorizedAt).not.toBeNull();
    expect(await settle(payment.id)).toMatchObject({ state: "authorized" });
    expect((await invoiceOf(invoice.id)).state).toBe("open");
    expect(await confirm(payment.id)).toMatchObject({ state: "succeeded", disposition: "accepted" });
    expect(await invoiceOf(invoice.id)).toMatchObject({ state: "paid", paidPaymentId: payment.id });
    expect(await eventsOf(payment.id)).toEqual([
      "payment.started",
      "payment.authorized",
      "payment.capture_requested",
      "payment.succeeded",
      "invoice.paid",
    ]);
  });

  it("is taken at once where that was meant, in the same call", async () => {
    const invoice = await open();
    const payment = await start(invoice.id, true);
    expect(payment).toMatchObject({ state: "succeeded", disposition: "accepted" });
    expect(await calls(payment.railReference, "confirm")).toBe(1);
    expect((await invoiceOf(invoice.id)).state).toBe("paid");
  });

  it("is given back, and then cannot be taken", async () => {
    const { invoice, payment } = await reserve();
    expect(await cancel(payment.id)).toMatchObject({ state: "cancelled" });
    expect(await cancel(payment.id)).toMatchObject({ state: "cancelled" });
    await expect(confirm(payment.id)).rejects.toMatchObject({ code: "payment_state_conflict" });
    expect((await invoiceOf(invoice.id)).state).toBe("open");
    expect(await start(invoice.id, true)).toMatchObject({ state: "succeeded" });
  });

  it("that the carrier reserves later is taken as soon as it is", async () => {
    const invoice = await open("33");
    const payment = await start(invoice.id, true);
    expect(payment).toMatchObject({ state: "pending" });
    await hurry(system.sandboxUrl, payment.railReference ?? "");
    expect(await settle(payment.id)).toMatchObject({ state: "succeeded" });
  });

  it("is refused as in one step", async () => {
    for (const [ending, declineCode] of [
      ["21", "unknown_number"],
      ["23", "declined_by_rail"],
      ["25", "limit_exceeded"],
    ] as const) {
      expect(await start((await open(ending)).id, false)).toMatchObject({ state: "failed", declineCode });
    }
  });

  it("needs our own code first where the carrier asks nothing", async () => {
    const plain = await system.merchant({ carrierSteps: "two", carrierAsksPayer: false });
    const invoice = await open("00", plain);
    const payment = await start(invoice.id, false, plain);
    expect(payment).toMatchObject({ state: "created" });
    const code = consentCode(system.deps, payment.id, invoice);
    const verified = await verifyCode(plain.ctx, { paymentId: payment.id, code });
    expect(verified).toMatchObject({ isAccepted: true, payment: { state: "authorized" } });
  });

  it("that is another than ours is given to a person, not taken", async () => {
    const invoice = await open("33");
    const payment = await start(invoice.id, true);
    const { railReference } = payment;
    await applyOutcome(shop.system, payment.id, {
      kind: "authorized",
      railReference: railReference ?? "",
      amount: { ...payment.amount, amountMinor: 1n },
      details: {},
      expiresAt: null,
    });
    expect(await paymentOf(payment.id)).toMatchObject({
      state: "pending",
      needsReviewAt: expect.any(Date),
      captureRequestedAt: null,
    });
  });
});

describe("confirming and cancelling", () => {
  it("at once, twenty times over, takes the money once and answers all alike", async () => {
    const { payment } = await reserve();
    const answers = await Promise.all(Array.from({ length: 20 }, () => confirm(payment.id)));
    expect(new Set(answers.map(({ id }) => id))).toEqual(new Set([payment.id]));
    expect(await paymentOf(payment.id)).toMatchObject({ state: "succeeded" });
    expect((await eventsOf(payment.id)).filter((type) => type === "payment.capture_requested")).toHaveLength(
      1,
    );
    expect(await confirm(payment.id)).toMatchObject({ state: "succeeded" });
  });

  it("at the same time has one winner, and the other is refused", async () => {
    for (let round = 0; round < 6; round += 1) {
      const { payment } = await reserve();
      const wishes = round % 2 === 0 ? [confirm, cancel] : [cancel, confirm];
      const answers = await Promise.allSettled(wishes.map((wish) => wish(payment.id)));
      const refused = answers.filter((answer) => answer.status === "rejected");
      expect(refused.map(({ reason }) => reason.code)).toEqual(["payment_state_conflict"]);
      const { state } = await paymentOf(payment.id);
      expect(["succeeded", "cancelled"]).toContain(state);
      expect(await eventsOf(payment.id)).toContain(
        state === "succeeded" ? "payment.capture_requested" : "payment.cancel_requested",
      );
    }
  });

  it.each([
    ["confirm", confirm, cancel, "succeeded"],
    ["cancel", cancel, confirm, "cancelled"],
  ] as const)(
    "%s with a lost answer is asked about, and what the record says decides",
    async (step, wish, _opposite, state) => {
      const { payment } = await reserve();
      const remove = await fault({ fault: "lost_answer", path: `/${step}$` });
      expect(await wish(payment.id)).toMatchObject({ state });
      await remove();
    },
  );

  it.each([
    ["confirm", confirm, cancel, "succeeded", "captureRequestedAt"],
    ["cancel", cancel, confirm, "cancelled", "cancelRequestedAt"],
  ] as const)(
    "%s without any answer stays wished for: the opposite is refused, and the poll carries it out",
    async (step, wish, opposite, state, fact) => {
      const { payment } = await reserve();
      const remove = await fault({ status: 503, path: payment.railReference });
      expect(await wish(payment.id)).toMatchObject({ state: "authorized", [fact]: expect.any(Date) });
      await expect(opposite(payment.id)).rejects.toMatchObject({ code: "payment_state_conflict" });
      expect(await wish(payment.id)).toMatchObject({ state: "authorized" });
      await remove();
      await system.superuser.query("update payments set asked_at = null where id = $1", [payment.id]);
      await poll(payment.id, 3);
      if (step === "cancel") await closeAttempt(shop.system, payment.id);
      expect(await paymentOf(payment.id)).toMatchObject({ state });
    },
  );

  it("never reached the carrier is asked for again, and taken once", async () => {
    const { payment } = await reserve();
    const remove = await fault({ fault: "reset", path: "/confirm$" });
    expect(await confirm(payment.id)).toMatchObject({ state: "authorized" });
    await remove();
    expect(await confirm(payment.id)).toMatchObject({ state: "succeeded" });
  });

  it("plans with the wish a job that carries it out where the call is cut off", async () => {
    const { payment } = await reserve();
    const remove = await fault({ status: 503, path: payment.railReference });
    await confirm(payment.id);
    await remove();
    const { rows } = await system.superuser.query(
      "select name, start_after > now() as is_later from pgboss.job where name in ('payment.capture', 'payment.poll') and data->>'paymentId' = $1",
      [payment.id],
    );
    expect(rows).toContainEqual({ name: "payment.capture", is_later: true });
  });

  it.each(["confirm", "cancel"] as const)(
    "%s is refused where amounts are taken in one step, before any call",
    async (step) => {
      const plain = await system.merchant();
      const invoice = await open("00", plain);
      await expect(start(invoice.id, false, plain)).rejects.toMatchObject({
        code: "capability_missing",
        pointer: "/capture",
      });
      const payment = await startPayment(plain.ctx, { invoiceId: invoice.id, method: "carrier_billing" });
      const before = (await requestsOf(system.sandboxUrl, plain.sandboxName)).length;
      const wish = step === "confirm" ? confirmPayment : cancelPayment;
      await expect(wish(plain.ctx, { paymentId: payment.id, bind })).rejects.toMatchObject({
        code: "capability_missing",
        pointer: "/capture",
      });
      expect(await requestsOf(system.sandboxUrl, plain.sandboxName)).toHaveLength(before);
    },
  );

  it("a payment that is not reserved yet is closed, or marked so that it is given back later", async () => {
    const invoice = await open("33");
    const payment = await start(invoice.id, true);
    await expect(confirm(payment.id)).rejects.toMatchObject({ code: "payment_state_conflict" });
    const cancelled = await cancel(payment.id);
    expect(cancelled).toMatchObject({ state: "pending", supersededAt: expect.any(Date) });
    await hurry(system.sandboxUrl, payment.railReference ?? "");
    expect(await settle(payment.id)).toMatchObject({ state: "cancelled" });
    expect(await calls(payment.railReference, "confirm")).toBe(0);
  });
});
