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

const reserve = (number?: string) => paidIntent(sandbox, stripe, number, { capture_method: "manual" });
const typesAbout = (id: string) => shop.eventsAbout(id).map(({ type }) => type);
const chargeOf = async (intent: string) =>
  (await stripe.paymentIntents.retrieve(intent, { expand: ["latest_charge"] }))
    .latest_charge as Stripe.Charge;
const sessionOf = async (intent: string) =>
  (await stripe.checkout.sessions.list({ payment_intent: intent })).data[0];

describe("an amount that is reserved", () => {
  test("completes its session unpaid, and says until when it can be captured", async () => {
    const id = await reserve();
    const intent = await stripe.paymentIntents.retrieve(id);
    expect(intent).toMatchObject({
      status: "requires_capture",
      amount_capturable: 24_900,
      amount_received: 0,
      capture_method: "manual",
    });
    expect(await sessionOf(id)).toMatchObject({ status: "complete", payment_status: "unpaid" });
    const charge = await chargeOf(id);
    expect(charge).toMatchObject({ captured: false, amount_captured: 0, balance_transaction: null });
    expect(charge.payment_method_details?.card).toMatchObject({
      amount_authorized: 24_900,
      capture_before: charge.created + 7 * 24 * 60 * 60,
    });
    await until(() => typesAbout(id).length === 3);
    expect(typesAbout(id).sort()).toEqual([
      "charge.succeeded",
      "checkout.session.completed",
      "payment_intent.amount_capturable_updated",
    ]);
  });

  test("is captured once, with a movement on the balance and two events", async () => {
    const id = await reserve();
    const paid = await stripe.paymentIntents.capture(id, { metadata: { shipped: "yes" } });
    expect(paid).toMatchObject({
      status: "succeeded",
      amount_capturable: 0,
      amount_received: 24_900,
      metadata: { shipped: "yes" },
    });
    const charge = await chargeOf(id);
    expect(charge).toMatchObject({ captured: true, amount_captured: 24_900 });
    const movement = await stripe.balanceTransactions.retrieve(String(charge.balance_transaction));
    expect(movement).toMatchObject({ type: "charge", amount: 24_900, fee: 752, net: 24_148 });
    expect((await sessionOf(id))?.payment_status).toBe("paid");
    await until(() => typesAbout(id).includes("payment_intent.succeeded"));
    expect(typesAbout(id)).toContain("charge.captured");
    const again = await stripeFailure(stripe.paymentIntents.capture(id));
    expect(again).toMatchObject({ statusCode: 400, code: "payment_intent_unexpected_state" });
    expect(again.payment_intent).toMatchObject({ id, status: "succeeded" });
  });

  test("is captured in part: what was not taken cannot be captured or refunded any more", async () => {
    const id = await reserve();
    const more = await stripeFailure(stripe.paymentIntents.capture(id, { amount_to_capture: 24_901 }));
    expect(more).toMatchObject({ statusCode: 400, code: "amount_too_large" });
    const paid = await stripe.paymentIntents.capture(id, { amount_to_capture: 10_000 });
    expect(paid).toMatchObject({ amount: 24_900, amount_received: 10_000, amount_capturable: 0 });
    expect(await chargeOf(id)).toMatchObject({ amount: 24_900, amount_captured: 10_000 });
    expect((await stripeFailure(stripe.paymentIntents.capture(id))).code).toBe(
      "payment_intent_unexpected_state",
    );
    const refund = await stripe.refunds.create({ payment_intent: id });
    expect(refund.amount).toBe(10_000);
    expect(await chargeOf(id)).toMatchObject({ amount_refunded: 10_000, refunded: true });
  });

  test("under one idempotency key is captured once", async () => {
    const id = await reserve();
    const options = { idempotencyKey: `capture-${id}` };
    const first = await stripe.paymentIntents.capture(id, {}, options);
    const again = await stripe.paymentIntents.capture(id, {}, options);
    expect(again.lastResponse.headers["idempotent-replayed"]).toBe("true");
    expect(again.status).toBe(first.status);
  });

  test("is released by a cancellation, and then can neither be captured nor refunded", async () => {
    const id = await reserve();
    const early = await stripeFailure(stripe.refunds.create({ payment_intent: id }));
    expect(early.message).toContain("cancel the PaymentIntent");
    const canceled = await stripe.paymentIntents.cancel(id, { cancellation_reason: "requested_by_customer" });
    expect(canceled).toMatchObject({
      status: "canceled",
      amount_capturable: 0,
      cancellation_reason: "requested_by_customer",
    });
    expect(canceled.canceled_at).toBeGreaterThan(0);
    await until(() => typesAbout(id).includes("payment_intent.canceled"));
    for (const work of [stripe.paymentIntents.capture(id), stripe.paymentIntents.cancel(id)]) {
      expect((await stripeFailure(work)).code).toBe("payment_intent_unexpected_state");
    }
    expect((await stripeFailure(stripe.refunds.create({ payment_intent: id }))).message).toContain(
      "does not have a successful charge to refund",
    );
    expect((await sessionOf(id))?.payment_status).toBe("unpaid");
  });

  test("runs out when its time has come, and not once it was captured", async () => {
    const id = await reserve();
    await postJson(sandbox, "/hurry", { id });
    await until(() => typesAbout(id).includes("payment_intent.canceled"));
    expect(typesAbout(id)).toContain("charge.expired");
    expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({
      status: "canceled",
      cancellation_reason: "automatic",
    });
    const taken = await reserve();
    await stripe.paymentIntents.capture(taken);
    const hurried = await postJson(sandbox, "/hurry", { id: taken });
    expect(await hurried.json()).toMatchObject({ hurried: 0 });
  });
});

describe("a payment intent", () => {
  test("that has its money, is on its way, or has an open session cannot be cancelled", async () => {
    const paid = await paidIntent(sandbox, stripe);
    const processing = await paidIntent(sandbox, stripe, "4000000000005001");
    const open = await stripe.checkout.sessions.create(sessionOf249);
    await payWithCard(sandbox, open.id, "4000000000000002");
    const { payment_intent } = await stripe.checkout.sessions.retrieve(open.id);
    for (const id of [paid, processing, String(payment_intent)]) {
      const refused = await stripeFailure(stripe.paymentIntents.cancel(id));
      expect(refused).toMatchObject({ statusCode: 400, code: "payment_intent_unexpected_state" });
    }
  });

  test("of another account is one that does not exist", async () => {
    const stranger = stripeClient(sandbox, (await makeAccount(sandbox, "stranger")).stripe.secret_key);
    const id = await reserve();
    for (const work of [stranger.paymentIntents.capture(id), stranger.paymentIntents.cancel(id)]) {
      expect(await stripeFailure(work)).toMatchObject({ statusCode: 404, code: "resource_missing" });
    }
  });
});
