// What was decided about an attempt holds, although the call was cut off or its rail stays silent.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findPayment } from "#db/queries/payments.ts";
import type { PaymentId } from "#lib/domain/ids.ts";
import type { Payment } from "#lib/domain/records.ts";
import { expireInvoice } from "#lib/services/invoices/expire.ts";
import { reopenInvoice } from "#lib/services/invoices/reopen.ts";
import { applyOutcome } from "#lib/services/payments/apply-outcome.ts";
import { cancelPayment } from "#lib/services/payments/cancel.ts";
import { closeAttempt } from "#lib/services/payments/close.ts";
import { confirmPayment } from "#lib/services/payments/confirm.ts";
import { pollPayment } from "#lib/services/payments/poll.ts";
import { prepareRailCall } from "#lib/services/payments/rail-call.ts";
import { releaseReservation } from "#lib/services/payments/release.ts";
import { reviewPayment } from "#lib/services/payments/review.ts";
import { settlePayment } from "#lib/services/payments/settle.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { bind, carrierSteps } from "./carrier-steps.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant({ carrierSteps: "two" });
});
afterAll(() => system.close());

const { open, start, reserve, paymentOf, calls, fault } = carrierSteps(() => ({ system, shop }));
const silence = (path: string | null) => fault({ status: 503, path });
const cancels = ({ railReference }: Payment) => calls(railReference, "cancel");
const set = (id: PaymentId, column: string, ago: string) =>
  system.superuser.query(`update payments set ${column} = now() - $2::interval where id = $1`, [id, ago]);
const plannedReleases = async (id: PaymentId) =>
  (
    await system.superuser.query(
      "select (data->>'asked')::int as asked from pgboss.job where name = 'payment.release' and data->>'paymentId' = $1 order by 1",
      [id],
    )
  ).rows.map(({ asked }) => asked);
const markForReview = async (id: PaymentId) => {
  await set(id, "needs_review_at", "1 second");
  await system.superuser.query("update payments set review_reason = 'Seen in a report.' where id = $1", [id]);
};
const voidIt = (paymentId: PaymentId) =>
  reviewPayment(shop.ctx, {
    paymentId,
    decision: "void",
    settlementReference: null,
    note: "Not in the report.",
  });

describe("what a rail has reserved for an attempt that is over", () => {
  it("is asked back until the rail has answered; after seven days a person must look", async () => {
    const { payment } = await reserve();
    await applyOutcome(shop.system, payment.id, {
      kind: "cancelled",
      railReference: payment.railReference ?? "",
    });
    const remove = await silence(payment.railReference);
    await releaseReservation(shop.system, { paymentId: payment.id, asked: 5 });
    expect(await plannedReleases(payment.id)).toEqual([6]);
    expect((await paymentOf(payment.id)).needsReviewAt).toBeNull();
    await set(payment.id, "completed_at", "8 days");
    await releaseReservation(shop.system, { paymentId: payment.id, asked: 30 });
    expect((await paymentOf(payment.id)).needsReviewAt).not.toBeNull();
    await remove();
    await releaseReservation(shop.system, { paymentId: payment.id, asked: 31 });
    expect(await plannedReleases(payment.id)).toEqual([6]);
    expect(await cancels(payment)).toBeGreaterThan(0);
  });

  it("goes back although a person voided the attempt meanwhile", async () => {
    const { payment } = await reserve();
    await markForReview(payment.id);
    expect(await voidIt(payment.id)).toMatchObject({ state: "failed", declineCode: "voided_by_merchant" });
    expect(await plannedReleases(payment.id)).toEqual([0]);
    await releaseReservation(shop.system, { paymentId: payment.id, asked: 0 });
    expect(await cancels(payment)).toBe(1);
  });

  it("goes back although the rail never told its reference before the end", async () => {
    const invoice = await open();
    const remove = await fault({ fault: "lost_answer", path: "/prepare$" });
    const { id } = await start(invoice.id, false);
    await remove();
    await markForReview(id);
    expect(await voidIt(id)).toMatchObject({ state: "failed", railReference: null });
    // As a message of the carrier's names it.
    const { rail, account, attempt } = await prepareRailCall(shop.system, id);
    const outcome = await rail.query(account, attempt);
    const railReference = "railReference" in outcome ? outcome.railReference : null;
    await settlePayment(shop.system, { paymentId: id, railReference, isForced: true });
    const known = await paymentOf(id);
    expect(known).toMatchObject({ state: "failed", railReference: expect.any(String) });
    await releaseReservation(shop.system, { paymentId: id, asked: 0 });
    expect(await cancels(known)).toBe(1);
  });
});

describe("the wish to cancel", () => {
  it("is committed with its key: what is reserved afterwards goes back by itself", async () => {
    const invoice = await open("33");
    const payment = await start(invoice.id, false);
    expect(payment.state).toBe("pending");
    let committed: Payment | null = null;
    const remove = await silence(payment.railReference);
    await cancelPayment(shop.ctx, {
      paymentId: payment.id,
      bind: async ({ tx, tenant }, id) => {
        committed = await findPayment(tx, tenant, id);
      },
    });
    await remove();
    expect(committed).toMatchObject({ state: "pending", supersededAt: expect.any(Date) });
    const reserved = await applyOutcome(shop.system, payment.id, {
      kind: "authorized",
      amount: payment.amount,
      railReference: payment.railReference ?? "",
      details: {},
      expiresAt: null,
    });
    expect(reserved).toMatchObject({ state: "authorized", cancelRequestedAt: expect.any(Date) });
  });
});

describe("the wish to take a reserved amount", () => {
  it("is pursued for days from when it was wished, however old the reservation", async () => {
    const { payment } = await reserve();
    await set(payment.id, "submitted_at", "8 days");
    const remove = await silence(payment.railReference);
    await confirmPayment(shop.ctx, { paymentId: payment.id, bind });
    await pollPayment(shop.system, { paymentId: payment.id, pollNumber: 12 });
    expect(await paymentOf(payment.id)).toMatchObject({ state: "authorized", needsReviewAt: null });
    await set(payment.id, "capture_requested_at", "8 days");
    await system.superuser.query("update payments set unknown_since = now() where id = $1", [payment.id]);
    await pollPayment(shop.system, { paymentId: payment.id, pollNumber: 13 });
    await remove();
    expect((await paymentOf(payment.id)).needsReviewAt).not.toBeNull();
  });

  it("keeps an expired invoice from being opened again before it is known", async () => {
    const { invoice, payment } = await reserve();
    const remove = await silence(payment.railReference);
    await confirmPayment(shop.ctx, { paymentId: payment.id, bind });
    await system.superuser.query(
      "update invoices set expires_at = now() - interval '1 second' where id = $1",
      [invoice.id],
    );
    await expireInvoice(shop.system, invoice.id);
    const later = new Date(Date.now() + 86_400_000);
    await expect(reopenInvoice(shop.ctx, invoice.id, later)).rejects.toMatchObject({
      code: "payment_state_conflict",
    });
    await remove();
    expect(await settlePayment(shop.system, { paymentId: payment.id, isForced: true })).toMatchObject({
      isAnswered: true,
    });
  });
});

it("an amount that turned out to be reserved is not given back by who only wants open attempts closed", async () => {
  const { payment } = await reserve();
  await closeAttempt(shop.ctx, payment.id, { keepsReserved: true });
  expect(await paymentOf(payment.id)).toMatchObject({ state: "authorized", cancelRequestedAt: null });
  expect(await cancels(payment)).toBe(0);
});

it("that an amount is only to be reserved outlives a try by a rail that cannot", async () => {
  const oneStep = await system.merchant({ carrierSteps: "one" });
  const { id: invoiceId } = await open("00", oneStep);
  const first = await startPayment(oneStep.ctx, { invoiceId, method: "card", shouldCapture: false });
  expect(first.shouldCapture).toBe(false);
  const phone = await startPayment(oneStep.ctx, { invoiceId, method: "carrier_billing" });
  expect(phone).toMatchObject({ shouldCapture: true });
  const again = await startPayment(oneStep.ctx, { invoiceId, method: "card" });
  expect(again.id).not.toBe(first.id);
  expect(again.shouldCapture).toBe(false);
});
