import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCurrency } from "#lib/domain/currency.ts";
import type { ServiceError } from "#lib/domain/errors.ts";
import type { PaymentId } from "#lib/domain/ids.ts";
import { billableMoney } from "#lib/domain/money.ts";
import type { Dispute, Payment } from "#lib/domain/records.ts";
import { getDispute, listDisputes } from "#lib/services/disputes/get.ts";
import { settleDispute } from "#lib/services/disputes/settle.ts";
import { getPayment } from "#lib/services/payments/get.ts";
import { reviewPayment } from "#lib/services/payments/review.ts";
import { until } from "../until.ts";
import { addFault, requestsOf } from "./helpers.ts";
import {
  booksOf as booksOfPayment,
  paidByCard,
  refundAtStripe,
  refundOf,
  simulate,
} from "./refund-helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;

beforeAll(async () => {
  system = await openSystem();
  await system.startWorker();
  shop = await system.merchant();
});
afterAll(() => system.close());

const FRAUDULENT = "4000000000000259";
const INQUIRY = "4000000000001976";
const FEE = 1_500;

async function disputed(card: string, state: Dispute["state"]) {
  const payment = await paidByCard(shop, card);
  const dispute = await until(`a dispute that is ${state}`, async () => {
    const { items } = await listDisputes(shop.ctx, {
      filter: { paymentId: payment.id },
      cursor: null,
      limit: 10,
    });
    return items.length === 1 && items[0]?.state === state ? items[0] : null;
  });
  return { payment, dispute };
}

const decide = (
  dispute: Dispute,
  action: "win" | "lose" | "escalate" | "appeal" | "overturn" | "withdraw" | "fee",
  amount?: number,
) => simulate(system, `stripe/disputes/${dispute.railReference}`, { action, amount });

const settle = ({ railAccountId }: Payment, { railReference }: Dispute) =>
  settleDispute(shop.system, { railAccountId, railReference });
/** No message of Stripe's waits to be applied. */
const allHeard = () =>
  until("no message waiting", async () => {
    const { rows } = await system.superuser.query("select 1 from notifications where state = 'received'");
    return rows.length === 0;
  });
const reads = async (path: string) =>
  (await requestsOf(system.sandboxUrl, shop.sandboxName)).filter(
    (request) => request.method === "GET" && new RegExp(path).test(request.path),
  ).length;

const becomes = (dispute: Dispute, state: Dispute["state"]) =>
  until(`the dispute ${state}`, async () => {
    const found = await getDispute(shop.ctx, dispute.id);
    return found.state === state ? found : null;
  });

const booksOf = (id: PaymentId) => booksOfPayment(system, id);

async function eventsOf(id: PaymentId) {
  const { rows } = await system.superuser.query(
    "select type from events where payment_id = $1 and type like 'dispute.%' order by sequence",
    [id],
  );
  return rows.map(({ type }) => type);
}

describe("a dispute", () => {
  it("takes the money and its fee, told by an event, while the invoice stays paid", async () => {
    const { payment, dispute } = await disputed(FRAUDULENT, "open");
    expect(dispute).toMatchObject({
      reason: "fraudulent",
      amount: { amountMinor: 24_900n },
      feeMinor: 1_500n,
    });
    expect(await booksOf(payment.id)).toEqual({
      "rail_clearing:card": -FEE,
      "disputed:card": 24_900,
      "merchant_pending:card": -24_900 + FEE,
    });
    expect(await eventsOf(payment.id)).toEqual(["dispute.opened"]);
    const { invoice, payment: after } = await getPayment(shop.ctx, payment.id);
    expect(invoice.state).toBe("paid");
    expect(after).toMatchObject({ state: "succeeded", disposition: "accepted" });
  });

  it("that is won gives the money back, less what the card company keeps", async () => {
    const { payment, dispute } = await disputed(FRAUDULENT, "open");
    await decide(dispute, "win");
    await becomes(dispute, "won");
    expect(await booksOf(payment.id)).toEqual({
      "rail_clearing:card": 24_900 - FEE,
      "merchant_pending:card": -24_900 + FEE,
    });
    expect(await eventsOf(payment.id)).toEqual(["dispute.opened", "dispute.won"]);
  });

  it("that is lost is the merchant's loss", async () => {
    const { payment, dispute } = await disputed(FRAUDULENT, "open");
    await decide(dispute, "lose");
    await becomes(dispute, "lost");
    expect(await booksOf(payment.id)).toEqual({ "rail_clearing:card": -FEE, "merchant_pending:card": FEE });
    expect(await eventsOf(payment.id)).toEqual(["dispute.opened", "dispute.lost"]);
  });

  it("that is only a question moves no money, until the bank goes further", async () => {
    const { payment, dispute } = await disputed(INQUIRY, "inquiry");
    expect(await booksOf(payment.id)).toMatchObject({ "rail_clearing:card": 24_900 });
    await decide(dispute, "escalate");
    await becomes(dispute, "open");
    expect(await booksOf(payment.id)).toMatchObject({ "disputed:card": 24_900 });
    expect(await eventsOf(payment.id)).toEqual(["dispute.inquiry", "dispute.opened"]);
  });

  it("that is lost and then won after all gives the money back, however it was contested", async () => {
    const { payment, dispute } = await disputed(FRAUDULENT, "open");
    await decide(dispute, "lose");
    await becomes(dispute, "lost");
    await decide(dispute, "appeal");
    expect(await settle(payment, dispute)).toEqual({ kind: "applied" });
    expect((await getDispute(shop.ctx, dispute.id)).state).toBe("lost");
    await decide(dispute, "overturn");
    await becomes(dispute, "won");
    expect(await booksOf(payment.id)).toEqual({
      "rail_clearing:card": 24_900 - FEE,
      "merchant_pending:card": -24_900 + FEE,
    });
    expect(await eventsOf(payment.id)).toEqual(["dispute.opened", "dispute.lost", "dispute.won"]);
    expect((await getPayment(shop.ctx, payment.id)).payment.needsReviewAt).toBeNull();
  });

  it("whose fee grows, shrinks and grows again is booked with what is kept at the end", async () => {
    const { payment, dispute } = await disputed(FRAUDULENT, "open");
    for (const change of [1_500, -1_500, 1_500, -3_000, 700]) {
      await decide(dispute, "fee", change);
      const told = await Promise.all(Array.from({ length: 5 }, () => settle(payment, dispute)));
      expect(new Set(told.map(({ kind }) => kind))).toEqual(new Set(["applied"]));
    }
    expect((await getDispute(shop.ctx, dispute.id)).feeMinor).toBe(700n);
    expect(await booksOf(payment.id)).toMatchObject({ "rail_clearing:card": -700 });
  });

  it("read before another of its records was applied is read anew", async () => {
    const { payment, dispute } = await disputed(FRAUDULENT, "open");
    await allHeard();
    const path = `/v1/disputes/${dispute.railReference}$`;
    const heal = await addFault(system.sandboxUrl, shop.sandboxName, {
      service: "stripe",
      fault: "delay",
      when: "after",
      ms: 1_000,
      method: "GET",
      path,
      times: 1,
    });
    const before = await reads(path);
    const late = settle(payment, dispute);
    await until("the first question", async () => (await reads(path)) > before);
    await decide(dispute, "fee", 1_500);
    await until("the fee", async () => (await getDispute(shop.ctx, dispute.id)).feeMinor === 3_000n);
    expect(await late).toEqual({ kind: "applied" });
    await heal();
    expect((await getDispute(shop.ctx, dispute.id)).feeMinor).toBe(3_000n);
    const { rows } = await system.superuser.query(
      "select kind from ledger_transactions where subject_id = $1 order by kind",
      [dispute.id],
    );
    expect(rows.map(({ kind }) => kind)).toEqual(["dispute_fee", "dispute_fee", "dispute_opened"]);
  });

  it("of an amount that cannot be read is for a person: the payment that it names is known", async () => {
    const amount = billableMoney(500n, parseCurrency("ISK"));
    const payment = await paidByCard(shop, undefined, { amount });
    // Stripe counts ISK in hundredths, of which there are none.
    await refundAtStripe(system, shop, payment, 50);
    const reviewed = () =>
      until("a review", async () => {
        const after = (await getPayment(shop.ctx, payment.id)).payment;
        return after.needsReviewAt === null ? null : after;
      });
    await reviewed();
    await reviewPayment(shop.ctx, {
      paymentId: payment.id,
      decision: "dismiss",
      settlementReference: null,
      note: "the refund's fault",
    });
    const { settlementReference } = payment.railDetails;
    await simulate(system, `stripe/payment-intents/${settlementReference}/dispute`, {});
    expect((await reviewed()).reviewReason).toContain("needs_response");
  });

  it("whose record goes back on what is booked is for a person", async () => {
    const { payment, dispute } = await disputed(FRAUDULENT, "open");
    await decide(dispute, "win");
    await becomes(dispute, "won");
    await decide(dispute, "withdraw");
    expect(await settle(payment, dispute)).toMatchObject({ kind: "quarantined" });
    expect((await getPayment(shop.ctx, payment.id)).payment.needsReviewAt).not.toBeNull();
  });

  it("told of 20 times at once is booked once", async () => {
    const { payment, dispute } = await disputed(FRAUDULENT, "open");
    const input = { railAccountId: payment.railAccountId, railReference: dispute.railReference };
    const answers = await Promise.all(Array.from({ length: 20 }, () => settleDispute(shop.system, input)));
    expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(["applied"]));
    const { rows } = await system.superuser.query(
      "select kind from ledger_transactions where subject_id = $1 order by kind",
      [dispute.id],
    );
    expect(rows.map(({ kind }) => kind)).toEqual(["dispute_fee", "dispute_opened"]);
  });

  it("stands in the way of a refund while the bank has the money", async () => {
    const { payment } = await disputed(FRAUDULENT, "open");
    const refund = refundOf(shop, payment);
    await expect(refund).rejects.toSatisfy((error: ServiceError) => error.code === "refund_not_possible");
  });

  it("of another merchant reads as if there were none", async () => {
    const { dispute } = await disputed(FRAUDULENT, "open");
    const other = await system.merchant();
    const reading = getDispute(other.ctx, dispute.id);
    await expect(reading).rejects.toSatisfy((error: ServiceError) => error.code === "dispute_not_found");
  });
});
