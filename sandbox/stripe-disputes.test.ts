import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunningSandbox } from "./start.ts";
import {
  makeAccount,
  openStripeShop,
  paidIntent,
  postJson,
  type StripeShop,
  stripeClient,
  stripeFailure,
  until,
} from "./test-harness.ts";

const FRAUDULENT = "4000000000000259";
const INQUIRY = "4000000000001976";

let shop: StripeShop;
let sandbox: RunningSandbox;
let stripe: Stripe;

beforeAll(async () => {
  shop = await openStripeShop();
  ({ sandbox, stripe } = shop);
});

afterAll(() => shop.close());

const typesAbout = (id: string) => shop.eventsAbout(id).map(({ type }) => type);
const hurry = (id: string) => postJson(sandbox, "/hurry", { id });

/** Pays with a card that leads to a dispute, and waits for it. */
async function disputed(card = FRAUDULENT): Promise<Stripe.Dispute> {
  const intent = await paidIntent(sandbox, stripe, card);
  await hurry(intent);
  return until(async () => (await stripe.disputes.list({ payment_intent: intent })).data[0]);
}

/** Answers with the text, and waits for the status that follows. */
async function answer(dispute: Stripe.Dispute, uncategorized_text: string, status: string) {
  const answered = await stripe.disputes.update(dispute.id, {
    evidence: { uncategorized_text },
    submit: true,
  });
  await hurry(dispute.id);
  const read = () => stripe.disputes.retrieve(dispute.id);
  const decided = await until(async () => ((await read()).status === status ? await read() : null));
  return { answered, decided };
}

describe("a dispute", () => {
  test.each([
    [FRAUDULENT, "fraudulent", "10.4"],
    ["4000000000002685", "product_not_received", "13.1"],
  ])("of the card %s takes the money and a fee", async (card, reason, code) => {
    const dispute = await disputed(card);
    expect(dispute).toMatchObject({
      amount: 24_900,
      currency: "nok",
      reason,
      network_reason_code: code,
      status: "needs_response",
      is_charge_refundable: false,
      payment_method_details: { type: "card", card: { case_type: "chargeback" } },
      evidence_details: { has_evidence: false, submission_count: 0 },
    });
    expect(dispute.balance_transactions).toMatchObject([
      { type: "adjustment", amount: -24_900, fee: 1_500, net: -26_400, source: dispute.id },
    ]);
    await until(() => typesAbout(dispute.id).length === 2);
    expect(typesAbout(dispute.id).sort()).toEqual([
      "charge.dispute.created",
      "charge.dispute.funds_withdrawn",
    ]);
    const charge = await stripe.charges.retrieve(String(dispute.charge));
    expect(charge.disputed).toBe(true);
    const refused = await stripeFailure(stripe.refunds.create({ charge: charge.id }));
    expect(refused).toMatchObject({ statusCode: 400, code: "charge_disputed" });
  });

  test("is won by winning evidence: the money is back, the fee is not, and it can be refunded", async () => {
    const { answered, decided } = await answer(await disputed(), "winning_evidence", "won");
    expect(answered).toMatchObject({
      status: "under_review",
      evidence: { uncategorized_text: "winning_evidence" },
      evidence_details: { has_evidence: true, submission_count: 1, submission_method: "manual" },
    });
    expect(decided.balance_transactions.map(({ amount, fee }) => [amount, fee])).toEqual([
      [-24_900, 1_500],
      [24_900, 0],
    ]);
    await until(() => typesAbout(decided.id).length === 5);
    expect(typesAbout(decided.id).slice(2).sort()).toEqual([
      "charge.dispute.closed",
      "charge.dispute.funds_reinstated",
      "charge.dispute.updated",
    ]);
    expect((await stripe.refunds.create({ charge: String(decided.charge) })).status).toBe("succeeded");
  });

  test("is lost by losing evidence, by giving in, and by silence", async () => {
    const { decided } = await answer(await disputed(), "losing_evidence", "lost");
    expect(decided.balance_transactions).toHaveLength(1);
    const given = await stripe.disputes.close((await disputed()).id);
    expect(given.status).toBe("lost");
    const silent = await disputed();
    await hurry(silent.id);
    await until(() => typesAbout(silent.id).includes("charge.dispute.closed"));
    expect((await stripe.disputes.retrieve(silent.id)).status).toBe("lost");
    for (const { id } of [decided, given, silent]) {
      const closed = await stripeFailure(stripe.disputes.close(id));
      expect(closed).toMatchObject({ statusCode: 400, message: "This dispute is already closed" });
      const late = stripe.disputes.update(id, { evidence: { uncategorized_text: "winning_evidence" } });
      expect((await stripeFailure(late)).statusCode).toBe(400);
      await until(() => typesAbout(id).includes("charge.dispute.closed"));
    }
  });

  test("keeps evidence that is not submitted yet, and other evidence decides nothing", async () => {
    const { id } = await disputed();
    const staged = await stripe.disputes.update(id, {
      evidence: { customer_name: "Kari", uncategorized_text: "She was there." },
      submit: false,
      metadata: { case: "7" },
    });
    expect(staged).toMatchObject({
      status: "needs_response",
      metadata: { case: "7" },
      evidence_details: { has_evidence: true, submission_count: 0, submission_method: "not_submitted" },
    });
    const sent = await stripe.disputes.update(id, { submit: true });
    expect(sent).toMatchObject({ status: "under_review", evidence: { customer_name: "Kari" } });
    await hurry(id);
    await until(
      async () => ((await hurry(id).then((one) => one.json())) as { hurried: number }).hurried === 0,
    );
    expect((await stripe.disputes.retrieve(id)).status).toBe("under_review");
  });

  test("of another account is one that does not exist", async () => {
    const stranger = stripeClient(sandbox, (await makeAccount(sandbox, "stranger")).stripe.secret_key);
    const { id, payment_intent } = await disputed();
    for (const work of [stranger.disputes.retrieve(id), stranger.disputes.close(id)]) {
      expect(await stripeFailure(work)).toMatchObject({ statusCode: 404, code: "resource_missing" });
    }
    const listed = await stranger.disputes.list({ payment_intent: String(payment_intent) });
    expect(listed.data).toEqual([]);
  });

  test("is about what was captured of a reservation", async () => {
    const intent = await paidIntent(sandbox, stripe, FRAUDULENT, { capture_method: "manual" });
    await stripe.paymentIntents.capture(intent, { amount_to_capture: 10_000 });
    await hurry(intent);
    const dispute = await until(async () => (await stripe.disputes.list({ payment_intent: intent })).data[0]);
    expect(dispute.amount).toBe(10_000);
  });
});

describe("an inquiry", () => {
  test("takes no money, allows refunds, and closes without a winner", async () => {
    const inquiry = await disputed(INQUIRY);
    expect(inquiry).toMatchObject({
      status: "warning_needs_response",
      is_charge_refundable: true,
      balance_transactions: [],
      payment_method_details: { card: { case_type: "inquiry" } },
    });
    expect((await stripe.refunds.create({ charge: String(inquiry.charge), amount: 100 })).status).toBe(
      "succeeded",
    );
    const { answered, decided } = await answer(inquiry, "winning_evidence", "warning_closed");
    expect(answered.status).toBe("warning_under_review");
    expect(decided.balance_transactions).toEqual([]);
  });

  test("that escalates takes the money, and refunds made meanwhile fail", async () => {
    const inquiry = await disputed(INQUIRY);
    const refund = await stripe.refunds.create({ charge: String(inquiry.charge), amount: 100 });
    const { decided } = await answer(inquiry, "escalate_inquiry_evidence", "needs_response");
    expect(decided).toMatchObject({
      is_charge_refundable: false,
      payment_method_details: { card: { case_type: "chargeback" } },
    });
    expect(decided.balance_transactions).toHaveLength(1);
    await until(() => typesAbout(inquiry.id).includes("charge.dispute.funds_withdrawn"));
    expect(await stripe.refunds.retrieve(refund.id)).toMatchObject({
      status: "failed",
      failure_reason: "charge_for_pending_refund_disputed",
    });
  });
});

test("an early fraud warning is told, and moves no money", async () => {
  const intent = await paidIntent(sandbox, stripe, "4000000000005423");
  await hurry(intent);
  await until(() => typesAbout(intent).includes("radar.early_fraud_warning.created"));
  expect((await stripe.disputes.list({ payment_intent: intent })).data).toEqual([]);
});
