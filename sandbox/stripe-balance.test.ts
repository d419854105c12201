import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunningSandbox } from "./start.ts";
import {
  makeAccount,
  paidIntent,
  postJson,
  sessionOf249,
  startTestSandbox,
  stripeClient,
  stripeFailure,
  until,
} from "./test-harness.ts";

let sandbox: RunningSandbox;
let stripe: Stripe;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  stripe = await clientOf("shop");
});

afterAll(() => sandbox.close());

async function clientOf(name: string, settings: object = {}): Promise<Stripe> {
  return stripeClient(sandbox, (await makeAccount(sandbox, name, settings)).stripe.secret_key);
}

const movementOf = async (client: Stripe, intent: string) => {
  const expand = ["latest_charge.balance_transaction"];
  const { latest_charge } = await client.paymentIntents.retrieve(intent, { expand });
  return (latest_charge as Stripe.Charge).balance_transaction as Stripe.BalanceTransaction;
};

describe("a movement on the balance", () => {
  test("of what is captured in the background comes later, told by charge.updated", async () => {
    const slow = await clientOf("background", { stripe_booking_ms: 60_000 });
    const intent = await paidIntent(sandbox, slow);
    expect(await movementOf(slow, intent)).toBeNull();
    await postJson(sandbox, "/hurry", { id: intent });
    const movement = await until(() => movementOf(slow, intent));
    expect(movement).toMatchObject({ amount: 24_900, fee: 752 });
    const { data } = await slow.events.list({ type: "charge.updated" });
    expect(data).toHaveLength(1);
    const whole = await paidIntent(sandbox, slow, undefined, { capture_method: "automatic" });
    expect(await movementOf(slow, whole)).toMatchObject({ fee: 752 });
  });

  test("is read through a payment intent, a session and by itself, with its fee and what is left", async () => {
    const intent = await paidIntent(sandbox, stripe);
    const movement = await movementOf(stripe, intent);
    expect(movement).toMatchObject({
      object: "balance_transaction",
      type: "charge",
      amount: 24_900,
      currency: "nok",
      fee: 752,
      fee_details: [{ amount: 752, currency: "nok", type: "stripe_fee" }],
      net: 24_148,
      status: "available",
    });
    expect(movement.available_on).toBe(movement.created);
    const expand = ["data.payment_intent.latest_charge.balance_transaction"];
    const { data } = await stripe.checkout.sessions.list({ payment_intent: intent, expand });
    expect(data[0]).toMatchObject({
      payment_intent: { latest_charge: { balance_transaction: { id: movement.id } } },
    });
    const alone = await stripe.balanceTransactions.retrieve(movement.id, { expand: ["source"] });
    expect(alone).toMatchObject({ id: movement.id, source: { object: "charge", payment_intent: intent } });
  });

  test("is listed by what it came from and by its type", async () => {
    const intent = await paidIntent(sandbox, stripe);
    const refund = await stripe.refunds.create({ payment_intent: intent, amount: 100 });
    const of = async (filter: Stripe.BalanceTransactionListParams) =>
      (await stripe.balanceTransactions.list(filter)).data.map(({ id }) => id);
    expect(await of({ source: refund.id })).toEqual([refund.balance_transaction]);
    expect(await of({ type: "refund", currency: "nok", limit: 1 })).toEqual([refund.balance_transaction]);
  });

  test("costs no more than it brings, in currencies with and without decimals", async () => {
    for (const [currency, unit_amount, fee] of [
      ["jpy", 1_000, 29],
      ["kwd", 10_000, 590],
      ["gbp", 30, 30],
    ] as const) {
      const product_data = { name: "A" };
      const made = await stripe.checkout.sessions.create({
        ...sessionOf249,
        line_items: [{ price_data: { currency, unit_amount, product_data }, quantity: 1 }],
      });
      await postJson(sandbox, `/control/simulate/stripe/sessions/${made.id}`, { action: "approve" });
      const { payment_intent } = await stripe.checkout.sessions.retrieve(made.id);
      expect(await movementOf(stripe, String(payment_intent))).toMatchObject({ fee, net: unit_amount - fee });
    }
  });

  test("of another account is one that does not exist", async () => {
    const stranger = await clientOf("stranger");
    const { id } = await movementOf(stripe, await paidIntent(sandbox, stripe));
    expect(await stripeFailure(stranger.balanceTransactions.retrieve(id))).toMatchObject({
      statusCode: 404,
      code: "resource_missing",
    });
  });
});

describe("an account that settles later", () => {
  test("has money pending until its time has come", async () => {
    const slow = await clientOf("slow", { stripe_settlement_ms: 3_600_000 });
    const pending = await movementOf(slow, await paidIntent(sandbox, slow));
    expect(pending).toMatchObject({ status: "pending", available_on: pending.created + 3_600 });
    await postJson(sandbox, "/hurry", { id: pending.id });
    const settled = await until(async () => {
      const read = await slow.balanceTransactions.retrieve(pending.id);
      return read.status === "available" && read;
    });
    expect(settled.available_on).toBeLessThan(pending.available_on);
    const other = await movementOf(slow, await paidIntent(sandbox, slow));
    const settle = () =>
      postJson(sandbox, `/control/simulate/stripe/balance-transactions/${other.id}`, { action: "settle" });
    expect(await (await settle()).json()).toEqual({ id: other.id, status: "available" });
    expect((await settle()).status).toBe(409);
  });

  test.each([-1, 1.5, "soon", 1e12])("cannot be told to settle after %j", async (stripe_settlement_ms) => {
    const answer = await fetch(`${sandbox.publicUrl}/accounts/odd`, {
      method: "PUT",
      body: JSON.stringify({ stripe_settlement_ms }),
    });
    expect(answer.status).toBe(400);
  });
});
