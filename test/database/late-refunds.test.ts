// Refunds whose rail changes its mind, or whose answer is not what it seems.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCurrency } from "#lib/domain/currency.ts";
import type { ServiceError } from "#lib/domain/errors.ts";
import { billableMoney } from "#lib/domain/money.ts";
import type { Payment, Refund } from "#lib/domain/records.ts";
import { settleRailRefund } from "#lib/services/refunds/from-rail.ts";
import { getRefund, listRefunds } from "#lib/services/refunds/get.ts";
import { pollRefund } from "#lib/services/refunds/poll.ts";
import { reviewRefund } from "#lib/services/refunds/review.ts";
import { settleRefund } from "#lib/services/refunds/settle.ts";
import { until } from "../until.ts";
import { addFault, requestsOf } from "./helpers.ts";
import {
  booksOf,
  currentPayment,
  paidByCard,
  paidByPhone,
  part,
  refundAtStripe,
  refundEnds,
  refundOf,
  simulate,
} from "./refund-helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant();
});
afterAll(() => system.close());

const PENDING_CARD = "4000000000007726";
const WHOLE = { "rail_clearing:card": 24_900, "merchant_pending:card": -24_900 };

const act = (refund: Refund, action: "succeed" | "fail" | "revive") =>
  simulate(system, `stripe/refunds/${refund.railReference}`, { action });
const hear = async (refund: Refund) =>
  (await settleRefund(shop.system, refund.id, { isForced: true })).refund;
const again = (payment: Payment) => currentPayment(shop, payment.id);
const code = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: ServiceError) => error.code,
  );
const fault = (options: object) =>
  addFault(system.sandboxUrl, shop.sandboxName, {
    service: "stripe",
    fault: "error",
    method: "POST",
    path: "/refunds$",
    times: 1,
    ...options,
  });
const posts = async () =>
  (await requestsOf(system.sandboxUrl, shop.sandboxName)).filter(
    ({ method, path }) => method === "POST" && path.endsWith("/refunds"),
  ).length;

const reads = async (path: string) =>
  (await requestsOf(system.sandboxUrl, shop.sandboxName)).filter(
    (request) => request.method === "GET" && new RegExp(path).test(request.path),
  ).length;

async function typesOf(refund: Refund) {
  const { rows } = await system.superuser.query(
    "select type from events where subject_id = $1 order by sequence",
    [refund.id],
  );
  return rows.map(({ type }) => type);
}

/** A refund that has failed at Stripe before any of it was sent. */
async function failedRefund(amountMinor = 24_900n) {
  const payment = await paidByCard(shop, PENDING_CARD);
  const made = await refundOf(shop, payment, part(amountMinor));
  expect(made.state).toBe("pending");
  await act(made, "fail");
  expect(await hear(made)).toMatchObject({ state: "failed" });
  return { payment: await again(payment), refund: made };
}

describe("a refund that failed and succeeds after all", () => {
  it("is booked once, counts again, and says nothing of its failure any more", async () => {
    const { payment, refund } = await failedRefund();
    expect(payment.refundedMinor).toBe(0n);
    await act(refund, "revive");
    const heard = await Promise.all(Array.from({ length: 10 }, () => hear(refund)));
    expect(new Set(heard.map(({ state }) => state))).toEqual(new Set(["succeeded"]));
    expect(await getRefund(shop.ctx, refund.id)).toMatchObject({
      state: "succeeded",
      failureCode: null,
      failureRailCode: null,
      needsReviewAt: null,
    });
    expect((await again(payment)).refundedMinor).toBe(24_900n);
    expect(await booksOf(system, payment.id)).toEqual({});
    expect(await typesOf(refund)).toEqual(["refund.created", "refund.failed", "refund.succeeded"]);
  });

  it("however often the rail takes it back and sends it again", async () => {
    const payment = await paidByCard(shop);
    const made = await refundOf(shop, payment);
    expect(made.state).toBe("succeeded");
    for (let round = 0; round < 3; round += 1) {
      await act(made, "fail");
      expect(await hear(made)).toMatchObject({ state: "failed" });
      expect((await again(payment)).refundedMinor).toBe(0n);
      expect(await booksOf(system, payment.id)).toEqual(WHOLE);
      await act(made, "revive");
      expect(await hear(made)).toMatchObject({ state: "succeeded" });
      expect((await again(payment)).refundedMinor).toBe(24_900n);
      expect(await booksOf(system, payment.id)).toEqual({});
    }
  });

  it("by its own notification is heard of too", async () => {
    const { payment, refund } = await failedRefund();
    const worker = await system.startWorker();
    await act(refund, "revive");
    await refundEnds(shop, refund.id, "succeeded");
    expect((await again(payment)).refundedMinor).toBe(24_900n);
    await worker.close();
  });

  it("at the carrier too", async () => {
    const payment = await paidByPhone(system, shop, "43");
    const made = await refundOf(shop, payment);
    expect(made.state).toBe("pending");
    const decide = (action: string) => simulate(system, `carrier/refunds/${made.railReference}`, { action });
    await decide("fail");
    expect(await hear(made)).toMatchObject({ state: "failed", failureCode: "declined_by_rail" });
    await decide("revive");
    expect(await hear(made)).toMatchObject({ state: "succeeded", failureCode: null });
    expect((await again(payment)).refundedMinor).toBe(24_900n);
    expect(await booksOf(system, payment.id)).toEqual({});
  });

  it("is not one whose success was read before it failed: that record is read anew", async () => {
    const payment = await paidByCard(shop);
    const made = await refundOf(shop, payment);
    const path = `/v1/refunds/${made.railReference}$`;
    await fault({ fault: "delay", when: "after", ms: 1_000, method: "GET", path });
    const late = hear(made);
    await until("the question", async () => (await reads(path)) === 1);
    await act(made, "fail");
    expect(await hear(made)).toMatchObject({ state: "failed" });
    expect(await late).toMatchObject({ state: "failed" });
    expect(await booksOf(system, payment.id)).toEqual(WHOLE);
    expect(await reads(path)).toBe(3);
  });

  it("waits for a person where another has taken its place: no more goes back than was captured", async () => {
    const { payment, refund } = await failedRefund();
    const second = await refundOf(shop, payment, part(20_000n));
    await act(refund, "revive");
    expect(await hear(refund)).toMatchObject({ state: "failed", needsReviewAt: expect.any(Date) });
    expect((await again(payment)).refundedMinor).toBe(20_000n);
    const decide = (decision: "settle" | "dismiss") =>
      code(reviewRefund(shop.ctx, { refundId: refund.id, decision, note: "as Stripe says" }));
    expect(await decide("settle")).toBe("refund_not_possible");
    await act(second, "fail");
    expect(await hear(second)).toMatchObject({ state: "failed" });
    expect(await decide("settle")).toBe("done");
    expect(await getRefund(shop.ctx, refund.id)).toMatchObject({ state: "succeeded", needsReviewAt: null });
    expect(await booksOf(system, payment.id)).toEqual({});
  });
});

describe("a card refund that Stripe answers with an error of its own", () => {
  it("and has made all the same is found by what we wrote on it, though the key repeats the error", async () => {
    const payment = await paidByCard(shop);
    await fault({ after: true, kept: true });
    const made = await refundOf(shop, payment, part(5_000n));
    expect(made).toMatchObject({ state: "pending", unknownSince: expect.any(Date) });
    const before = await posts();
    await pollRefund(shop.system, { refundId: made.id, pollNumber: 0 });
    expect(await getRefund(shop.ctx, made.id)).toMatchObject({ state: "succeeded", unknownSince: null });
    expect(await posts()).toBe(before);
  });

  it("and has not made is never asked for under a second key, which could make two", async () => {
    const payment = await paidByCard(shop);
    await fault({ kept: true });
    const made = await refundOf(shop, payment, part(5_000n));
    await pollRefund(shop.system, { refundId: made.id, pollNumber: 0 });
    expect(await getRefund(shop.ctx, made.id)).toMatchObject({ state: "pending", railReference: null });
    // A day later the key is forgotten, the list is sure, and it is asked for anew.
    await system.superuser.query(
      "update refunds set submitted_at = submitted_at - interval '25 hours' where id = $1",
      [made.id],
    );
    await settleRefund(shop.system, made.id);
    expect(await getRefund(shop.ctx, made.id)).toMatchObject({ state: "pending", submittedAt: null });
    const keys = (await requestsOf(system.sandboxUrl, shop.sandboxName)).filter(
      ({ idempotency_key: key }) => key === `${made.id}:refund`,
    );
    expect(keys.length).toBeGreaterThan(1);
    expect((await again(payment)).refundedMinor).toBe(5_000n);
  });
});

describe("a refund to the phone bill that is refused", () => {
  it("because it went through before is what it was: succeeded, and booked once", async () => {
    const payment = await paidByPhone(system, shop, "00");
    // As a carrier says that nothing is left: the refund before this answer has taken it.
    await fault({ service: "carrier", status: 422, after: true });
    const made = await refundOf(shop, payment);
    expect(made).toMatchObject({ state: "succeeded", failureCode: null });
    expect((await again(payment)).refundedMinor).toBe(24_900n);
    expect(await booksOf(system, payment.id)).toEqual({});
  });

  it("and that the carrier does not list has failed", async () => {
    const payment = await paidByPhone(system, shop, "00");
    await fault({ service: "carrier", status: 422 });
    expect(await refundOf(shop, payment)).toMatchObject({ state: "failed" });
    expect((await again(payment)).refundedMinor).toBe(0n);
  });

  it("and of a payment that the carrier does not know either has failed", async () => {
    const payment = await paidByPhone(system, shop, "00");
    await fault({ service: "carrier", status: 404 });
    await fault({ service: "carrier", status: 404, method: "GET" });
    expect(await refundOf(shop, payment)).toMatchObject({ state: "failed", unknownSince: null });
  });

  it("is in doubt while the carrier cannot say whether it lists it", async () => {
    const payment = await paidByPhone(system, shop, "00");
    await fault({ service: "carrier", status: 422, after: true });
    await fault({ service: "carrier", status: 503, method: "GET" });
    const made = await refundOf(shop, payment);
    expect(made).toMatchObject({ state: "pending", unknownSince: expect.any(Date) });
    expect(await hear(made)).toMatchObject({ state: "succeeded" });
  });
});

describe("a refund made at Stripe while one of ours is on its way", () => {
  const told = (payment: Payment, railReference: string) =>
    settleRailRefund(shop.system, { railAccountId: payment.railAccountId, railReference });
  const refundsOf = async (payment: Payment) =>
    (await listRefunds(shop.ctx, { filter: { paymentId: payment.id }, cursor: null, limit: 10 })).items;

  it("is asked about until ours is settled, and booked when that leaves room for it", async () => {
    const payment = await paidByCard(shop);
    // Ours reaches Stripe only after the one made by hand, and is too much by then.
    await fault({ status: 401 });
    const ours = await refundOf(shop, payment);
    expect(ours).toMatchObject({ state: "pending", submittedAt: null });
    const byHand = await refundAtStripe(system, shop, payment, 4_900);
    expect(await told(payment, byHand)).toEqual({ kind: "unanswered" });
    expect(await again(payment)).toMatchObject({ needsReviewAt: null, refundedMinor: 24_900n });
    expect((await settleRefund(shop.system, ours.id)).refund).toMatchObject({ state: "failed" });
    expect(await told(payment, byHand)).toEqual({ kind: "applied" });
    expect(await told(payment, byHand)).toEqual({ kind: "applied" });
    expect((await again(payment)).refundedMinor).toBe(4_900n);
    expect(await booksOf(system, payment.id)).toMatchObject({ "rail_clearing:card": 20_000 });
    expect(await refundsOf(payment)).toHaveLength(2);
  });

  it("for so long that nobody asks any more is for a person", async () => {
    const payment = await paidByCard(shop);
    await fault({ status: 401 });
    const ours = await refundOf(shop, payment);
    const byHand = await refundAtStripe(system, shop, payment, 4_900);
    await system.superuser.query(
      "update refunds set created_at = created_at - interval '6 days' where id = $1",
      [ours.id],
    );
    expect(await told(payment, byHand)).toMatchObject({ kind: "quarantined" });
    expect(await again(payment)).toMatchObject({ needsReviewAt: expect.any(Date) });
    expect((await settleRefund(shop.system, ours.id)).refund).toMatchObject({ state: "failed" });
  });

  it("of an amount that cannot be read is for a person at once", async () => {
    const amount = billableMoney(500n, parseCurrency("ISK"));
    const payment = await paidByCard(shop, undefined, { amount });
    // Stripe counts ISK in hundredths, of which there are none.
    const byHand = await refundAtStripe(system, shop, payment, 50);
    expect(await told(payment, byHand)).toMatchObject({ kind: "quarantined" });
    expect((await again(payment)).reviewReason).toContain(`${byHand} has no amount`);
  });

  it("whose success was read before it failed is not booked as sent", async () => {
    const payment = await paidByCard(shop);
    const byHand = await refundAtStripe(system, shop, payment, 4_900);
    const path = `/v1/refunds/${byHand}$`;
    await fault({ fault: "delay", when: "after", ms: 1_000, method: "GET", path });
    const late = told(payment, byHand);
    await until("the question", async () => (await reads(path)) === 1);
    await simulate(system, `stripe/refunds/${byHand}`, { action: "fail" });
    expect(await told(payment, byHand)).toMatchObject({ kind: "ignored" });
    expect(await late).toEqual({ kind: "applied" });
    expect((await again(payment)).refundedMinor).toBe(0n);
    expect(await booksOf(system, payment.id)).toEqual(WHOLE);
  });

  it("that no end of ours makes room for is for a person at once", async () => {
    const payment = await paidByCard(shop);
    const ours = await refundOf(shop, payment);
    // Stripe has taken it back, and nobody has told us.
    await act(ours, "fail");
    const byHand = await refundAtStripe(system, shop, payment, 4_900);
    expect(await told(payment, byHand)).toMatchObject({ kind: "quarantined" });
    expect(await again(payment)).toMatchObject({ needsReviewAt: expect.any(Date) });
  });
});
