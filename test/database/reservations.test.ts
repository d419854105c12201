// What is reserved on the phone bill: found again, run out, given back when nobody waits for it any more.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PaymentId } from "#lib/domain/ids.ts";
import { cancelInvoice } from "#lib/services/invoices/cancel.ts";
import { expireInvoice } from "#lib/services/invoices/expire.ts";
import { applyOutcome } from "#lib/services/payments/apply-outcome.ts";
import { closeAttempt } from "#lib/services/payments/close.ts";
import { confirmPayment } from "#lib/services/payments/confirm.ts";
import { releaseReservation } from "#lib/services/payments/release.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { bind, carrierSteps } from "./carrier-steps.ts";
import { hurry, payHosted, requestsOf } from "./helpers.ts";
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
const runOut = (id: PaymentId, seconds: number) =>
  system.superuser.query(
    "update payments set authorization_expires_at = now() + make_interval(secs => $2) where id = $1",
    [id, seconds],
  );

describe("a reservation", () => {
  it("whose answer was lost is found by its correlator, and never asked for twice", async () => {
    const invoice = await open();
    const remove = await fault({ fault: "lost_answer", path: "/prepare$" });
    const payment = await start(invoice.id, false);
    await remove();
    expect(payment).toMatchObject({ state: "pending", railReference: null, unknownSince: expect.any(Date) });
    expect(await settle(payment.id)).toMatchObject({ state: "authorized", unknownSince: null });
    const prepared = (await requestsOf(system.sandboxUrl, shop.sandboxName)).filter(({ path }) =>
      path.endsWith("/prepare"),
    );
    expect((await start(invoice.id, false)).id).toBe(payment.id);
    const after = (await requestsOf(system.sandboxUrl, shop.sandboxName)).filter(({ path }) =>
      path.endsWith("/prepare"),
    );
    expect(after).toHaveLength(prepared.length);
  });

  it("that nobody confirms runs out, by the carrier's record", async () => {
    const { invoice, payment } = await reserve();
    await hurry(system.sandboxUrl, payment.railReference ?? "");
    expect(await settle(payment.id)).toMatchObject({ state: "expired" });
    await expect(confirm(payment.id)).rejects.toMatchObject({ code: "payment_state_conflict" });
    expect((await invoiceOf(invoice.id)).state).toBe("open");
  });

  it("that ends before the time that the carrier promised was given up, not run out", async () => {
    const early = await reserve();
    await runOut(early.payment.id, 600);
    await hurry(system.sandboxUrl, early.payment.railReference ?? "");
    expect(await settle(early.payment.id)).toMatchObject({ state: "cancelled" });
    const late = await reserve();
    await runOut(late.payment.id, -1);
    await hurry(system.sandboxUrl, late.payment.railReference ?? "");
    expect(await settle(late.payment.id)).toMatchObject({ state: "expired" });
  });

  it("lives as long as the carrier has agreed to, where it has", async () => {
    const agreed = await system.merchant({ carrierSteps: "two" });
    await system.superuser.query(
      "update rail_accounts set settings = settings || '{\"reservationMinutes\": 30}' where merchant_id = $1 and kind = 'carrier_billing'",
      [agreed.merchantId],
    );
    const payment = await start((await open("00", agreed)).id, false, agreed);
    const life = Number(payment.authorizationExpiresAt) - Number(payment.authorizedAt);
    expect(Math.abs(life - 30 * 60_000)).toBeLessThan(5_000);
  });

  it("confirmed just as it runs out is either taken or over, never both", async () => {
    for (let round = 0; round < 4; round += 1) {
      const { payment } = await reserve();
      await Promise.allSettled([hurry(system.sandboxUrl, payment.railReference ?? ""), confirm(payment.id)]);
      const { state, disposition } = await settle(payment.id);
      expect([
        ["succeeded", "accepted"],
        ["expired", null],
      ]).toContainEqual([state, disposition]);
    }
  });

  it("is asked about hourly, and given back when its invoice expires", async () => {
    const { invoice, payment } = await reserve();
    await poll(payment.id, 8);
    const { rows } = await system.superuser.query(
      "select extract(epoch from start_after - created_on)::int as pause from pgboss.job where name = 'payment.poll' and data->>'paymentId' = $1 and (data->>'pollNumber')::int = 9",
      [payment.id],
    );
    expect(rows[0].pause).toBeGreaterThan(3_500);
    await system.superuser.query(
      "update invoices set expires_at = now() - interval '1 second' where id = $1",
      [invoice.id],
    );
    await expireInvoice(shop.system, invoice.id);
    expect(await paymentOf(payment.id)).toMatchObject({ state: "cancelled" });
    expect((await invoiceOf(invoice.id)).state).toBe("expired");
  });

  it("is given back when its invoice is cancelled, also where the carrier answers only later", async () => {
    const { invoice, payment } = await reserve();
    const remove = await fault({ status: 503, path: payment.railReference });
    await cancelInvoice(shop.ctx, invoice.id);
    await remove();
    expect(await paymentOf(payment.id)).toMatchObject({
      state: "authorized",
      cancelRequestedAt: expect.any(Date),
    });
    await closeAttempt(shop.system, payment.id);
    expect(await paymentOf(payment.id)).toMatchObject({ state: "cancelled" });
  });

  it("whose taking came to nothing is given back once the invoice is cancelled", async () => {
    const { invoice, payment } = await reserve();
    const remove = await fault({ status: 503, path: `${payment.railReference}` });
    await confirm(payment.id);
    await cancelInvoice(shop.ctx, invoice.id);
    await remove();
    await closeAttempt(shop.system, payment.id);
    expect(await paymentOf(payment.id)).toMatchObject({ state: "cancelled", captureRequestedAt: null });
    expect(await calls(payment.railReference, "cancel")).toBe(1);
  });

  it("is given back before another method is tried", async () => {
    const { invoice, payment } = await reserve();
    const card = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card", shouldCapture: true });
    expect(await paymentOf(payment.id)).toMatchObject({ state: "cancelled" });
    await payHosted(card.redirectUrl ?? "");
    expect(await settle(card.id)).toMatchObject({ state: "succeeded", disposition: "accepted" });
  });

  it("of an attempt that is over is given back", async () => {
    const invoice = await open("33");
    const payment = await start(invoice.id, true);
    await applyOutcome(shop.system, payment.id, {
      kind: "cancelled",
      railReference: payment.railReference ?? "",
    });
    await hurry(system.sandboxUrl, payment.railReference ?? "");
    expect(await settle(payment.id)).toMatchObject({ state: "cancelled" });
    await releaseReservation(shop.system, { paymentId: payment.id, asked: 0 });
    expect(await calls(payment.railReference, "cancel")).toBe(1);
    expect(await calls(payment.railReference, "confirm")).toBe(0);
  });

  it("made in two steps stays so when the account is set to one", async () => {
    const moved = await system.merchant({ carrierSteps: "two" });
    const payment = await start((await open("00", moved)).id, false, moved);
    await system.superuser.query(
      "update rail_accounts set settings = settings || '{\"steps\": \"one\"}' where merchant_id = $1 and kind = 'carrier_billing'",
      [moved.merchantId],
    );
    const { payment: confirmed } = await confirmPayment(moved.ctx, { paymentId: payment.id, bind });
    expect(confirmed).toMatchObject({ state: "succeeded" });
  });

  it("is not gone on with by one who wants the money at once, nor closed for it", async () => {
    const { invoice, payment } = await reserve();
    await expect(start(invoice.id, true)).rejects.toMatchObject({
      code: "attempt_in_progress",
      pointer: "/capture",
    });
    const joined = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "carrier_billing" });
    expect(joined).toMatchObject({ id: payment.id, state: "authorized" });
  });
});
