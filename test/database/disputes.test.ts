import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ServiceError } from "#lib/domain/errors.ts";
import type { PaymentId } from "#lib/domain/ids.ts";
import type { Dispute } from "#lib/domain/records.ts";
import { getDispute, listDisputes } from "#lib/services/disputes/get.ts";
import { settleDispute } from "#lib/services/disputes/settle.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { getPayment } from "#lib/services/payments/get.ts";
import { settlePayment } from "#lib/services/payments/settle.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { createRefund } from "#lib/services/refunds/create.ts";
import { until } from "../until.ts";
import { invoiceInput, payHosted } from "./helpers.ts";
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
  const { invoice } = await createInvoice(shop.ctx, invoiceInput());
  const payment = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" });
  await payHosted(payment.redirectUrl ?? "", card);
  await settlePayment(shop.system, { paymentId: payment.id, isForced: true });
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

async function decide(dispute: Dispute, action: "win" | "lose" | "escalate") {
  const answer = await fetch(
    `${system.sandboxUrl}/control/simulate/stripe/disputes/${dispute.railReference}`,
    {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ action }),
    },
  );
  expect(answer.status).toBe(200);
}

const becomes = (dispute: Dispute, state: Dispute["state"]) =>
  until(`the dispute ${state}`, async () => {
    const found = await getDispute(shop.ctx, dispute.id);
    return found.state === state ? found : null;
  });

async function booksOf(id: PaymentId) {
  const { rows } = await system.superuser.query(
    `select e.account, sum(e.amount_minor)::int as sum from ledger_entries e
     join ledger_transactions t on t.id = e.transaction_id
     where t.payment_id = $1 and t.kind <> 'rail_cost' group by 1 having sum(e.amount_minor) <> 0`,
    [id],
  );
  return Object.fromEntries(rows.map((row) => [row.account, row.sum]));
}

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
    const refund = createRefund(shop.ctx, {
      paymentId: payment.id,
      refundableMinor: 24_900n,
      part: { kind: "rest" },
      reason: null,
      bind: async () => undefined,
    });
    await expect(refund).rejects.toSatisfy((error: ServiceError) => error.code === "refund_not_possible");
  });

  it("of another merchant reads as if there were none", async () => {
    const { dispute } = await disputed(FRAUDULENT, "open");
    const other = await system.merchant();
    const reading = getDispute(other.ctx, dispute.id);
    await expect(reading).rejects.toSatisfy((error: ServiceError) => error.code === "dispute_not_found");
  });
});
