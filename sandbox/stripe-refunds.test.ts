import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunningSandbox } from "./start.ts";
import {
  makeAccount,
  openStripeShop,
  paidIntent,
  payWithCard,
  postJson,
  type StripeShop,
  sessionOf249,
  stripeClient,
  stripeFailure,
  until,
} from "./test-harness.ts";

let shop: StripeShop;
let sandbox: RunningSandbox;
let stripe: Stripe;

beforeAll(async () => {
  shop = await openStripeShop();
  ({ sandbox, stripe } = shop);
});

afterAll(() => shop.close());

const pay = (card?: string) => paidIntent(sandbox, stripe, card);
const chargeOf = async (intent: string) =>
  (await stripe.paymentIntents.retrieve(intent, { expand: ["latest_charge"] }))
    .latest_charge as Stripe.Charge;
const typesAbout = (id: string) => shop.eventsAbout(id).map(({ type }) => type);

describe("a refund", () => {
  test("of a part and then of the rest empties the charge, each with a movement and two events", async () => {
    const intent = await pay();
    const first = await stripe.refunds.create({
      payment_intent: intent,
      amount: 4_900,
      reason: "requested_by_customer",
      metadata: { refund: "ref_1" },
    });
    expect(first).toMatchObject({
      status: "succeeded",
      amount: 4_900,
      currency: "nok",
      payment_intent: intent,
      reason: "requested_by_customer",
      metadata: { refund: "ref_1" },
    });
    expect(await chargeOf(intent)).toMatchObject({ amount_refunded: 4_900, refunded: false });
    const rest = await stripe.refunds.create({ charge: String(first.charge) });
    expect(rest.amount).toBe(20_000);
    expect(await chargeOf(intent)).toMatchObject({ amount_refunded: 24_900, refunded: true });
    const movement = await stripe.balanceTransactions.retrieve(String(rest.balance_transaction));
    expect(movement).toMatchObject({
      type: "refund",
      amount: -20_000,
      fee: 0,
      net: -20_000,
      source: rest.id,
    });
    await until(() => typesAbout(first.id).includes("refund.created"));
    const refunded = await until(() =>
      shop.eventsAbout(intent).filter(({ type }) => type === "charge.refunded"),
    );
    await until(() => typesAbout(intent).filter((type) => type === "charge.refunded").length === 2);
    expect(refunded[0]?.data.object).toMatchObject({ object: "charge", payment_intent: intent });
  });

  test("is found by its payment intent and by its charge, in pages, and inside of its charge", async () => {
    const intent = await pay();
    const made = [];
    for (const amount of [100, 200, 300]) {
      made.unshift(await stripe.refunds.create({ payment_intent: intent, amount }));
    }
    const ids = made.map(({ id }) => id);
    const page = await stripe.refunds.list({ payment_intent: intent, limit: 2 });
    expect(page).toMatchObject({ has_more: true });
    expect(page.data.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const rest = await stripe.refunds.list({ payment_intent: intent, starting_after: String(ids[1]) });
    expect(rest.data.map(({ id }) => id)).toEqual(ids.slice(2));
    const charge = String(made[0]?.charge);
    expect((await stripe.refunds.list({ charge })).data.map(({ id }) => id)).toEqual(ids);
    const whole = await stripe.charges.retrieve(charge, { expand: ["refunds"] });
    expect(whole.refunds?.data.map(({ id }) => id)).toEqual(ids);
    const read = await stripe.refunds.retrieve(String(ids[0]), { expand: ["charge", "balance_transaction"] });
    expect(read).toMatchObject({ charge: { id: charge }, balance_transaction: { amount: -300 } });
  });

  test("under one idempotency key is made once", async () => {
    const intent = await pay();
    const options = { idempotencyKey: `key-${intent}` };
    const first = await stripe.refunds.create({ payment_intent: intent, amount: 100 }, options);
    const again = await stripe.refunds.create({ payment_intent: intent, amount: 100 }, options);
    expect(again.id).toBe(first.id);
    expect((await chargeOf(intent)).amount_refunded).toBe(100);
    const other = await stripeFailure(
      stripe.refunds.create({ payment_intent: intent, amount: 200 }, options),
    );
    expect(other.type).toBe("StripeIdempotencyError");
  });

  test("keeps metadata that is changed, key by key", async () => {
    const { id } = await stripe.refunds.create({ payment_intent: await pay(), metadata: { a: "1", b: "2" } });
    const changed = await stripe.refunds.update(id, { metadata: { a: "", c: "3" } });
    expect(changed.metadata).toEqual({ b: "2", c: "3" });
    expect((await stripe.refunds.update(id, { metadata: "" })).metadata).toEqual({});
  });
});

describe("Stripe refuses", () => {
  test("more than is left, and anything once all is refunded", async () => {
    const intent = await pay();
    const more = await stripeFailure(stripe.refunds.create({ payment_intent: intent, amount: 24_901 }));
    expect(more).toMatchObject({
      statusCode: 400,
      param: "amount",
      message: "Refund amount (NOK 249.01) is greater than unrefunded amount on charge (NOK 249.00)",
    });
    await stripe.refunds.create({ payment_intent: intent });
    const again = await stripeFailure(stripe.refunds.create({ payment_intent: intent, amount: 1 }));
    expect(again).toMatchObject({ statusCode: 400, code: "charge_already_refunded" });
  });

  test("what does not exist or belongs to another account", async () => {
    const stranger = stripeClient(sandbox, (await makeAccount(sandbox, "stranger")).stripe.secret_key);
    const intent = await pay();
    const { id } = await stripe.refunds.create({ payment_intent: intent, amount: 100 });
    for (const work of [
      stripe.refunds.create({ payment_intent: "pi_none" }),
      stripe.refunds.create({ charge: "ch_none" }),
      stripe.refunds.retrieve("re_none"),
      stranger.refunds.create({ payment_intent: intent }),
      stranger.refunds.retrieve(id),
    ]) {
      expect(await stripeFailure(work)).toMatchObject({ statusCode: 404, code: "resource_missing" });
    }
    expect((await stranger.refunds.list({ payment_intent: intent })).data).toEqual([]);
  });

  test("a request that names no charge, and one whose payment failed", async () => {
    expect((await stripeFailure(stripe.refunds.create({}))).message).toContain("payment_intent or charge");
    const made = await stripe.checkout.sessions.create(sessionOf249);
    await payWithCard(sandbox, made.id, "4000000000000002");
    const { payment_intent } = await stripe.checkout.sessions.retrieve(made.id);
    const failed = await stripeFailure(stripe.refunds.create({ payment_intent: String(payment_intent) }));
    expect(failed.message).toContain("does not have a successful charge to refund");
  });

  test("a refund that the balance cannot bear, and the charge stays as it was", async () => {
    const intent = await pay("4000000000007023");
    const refused = await stripeFailure(stripe.refunds.create({ payment_intent: intent }));
    expect(refused).toMatchObject({ statusCode: 400, code: "balance_insufficient" });
    expect((await chargeOf(intent)).amount_refunded).toBe(0);
  });
});

describe("a refund that is decided later", () => {
  test("is pending, then succeeds", async () => {
    const refund = await stripe.refunds.create({ payment_intent: await pay("4000000000007726") });
    expect(refund).toMatchObject({ status: "pending", pending_reason: "processing" });
    await postJson(sandbox, "/hurry", { id: refund.id });
    await until(() => typesAbout(refund.id).includes("charge.refund.updated"));
    const settled = await stripe.refunds.retrieve(refund.id);
    expect(settled).toMatchObject({ status: "succeeded", balance_transaction: refund.balance_transaction });
    expect(settled.pending_reason).toBeUndefined();
    expect(typesAbout(refund.id)).toContain("refund.updated");
  });

  test("succeeds, then fails: the money is back, and can be refunded again", async () => {
    const intent = await pay("4000000000005126");
    const refund = await stripe.refunds.create({ payment_intent: intent });
    expect(refund.status).toBe("succeeded");
    await stripe.refunds.update(refund.id, { metadata: { seen: "yes" } });
    await postJson(sandbox, "/hurry", { id: refund.id });
    await until(() => typesAbout(refund.id).includes("refund.failed"));
    const failed = await stripe.refunds.retrieve(refund.id, { expand: ["failure_balance_transaction"] });
    expect(failed).toMatchObject({
      status: "failed",
      failure_reason: "expired_or_canceled_card",
      failure_balance_transaction: { type: "refund_failure", amount: 24_900 },
      metadata: { seen: "yes" },
    });
    expect(await chargeOf(intent)).toMatchObject({ amount_refunded: 0, refunded: false });
    expect((await stripe.refunds.create({ payment_intent: intent })).status).toBe("succeeded");
  });

  test("waits for the customer, and can be cancelled; no other can", async () => {
    const intent = await pay("4000000000007106");
    const refund = await stripe.refunds.create({ payment_intent: intent });
    expect(refund).toMatchObject({ status: "requires_action", balance_transaction: null });
    expect(refund.next_action?.type).toBe("display_details");
    expect(await stripe.refunds.cancel(refund.id)).toMatchObject({ status: "canceled" });
    expect((await chargeOf(intent)).amount_refunded).toBe(0);
    const again = await stripeFailure(stripe.refunds.cancel(refund.id));
    expect(again.message).toBe("Canceling this refund is unsupported.");
  });
});
