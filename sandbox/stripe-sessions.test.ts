import Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunningSandbox } from "./start.ts";
import {
  makeAccount,
  openStripeShop,
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

const eventsAbout = (id: string) => shop.eventsAbout(id);

describe("sessions", () => {
  test("a new session is open, unpaid, has no intent yet, and reads back the same", async () => {
    const made = await stripe.checkout.sessions.create({
      ...sessionOf249,
      client_reference_id: "inv_1",
      metadata: { invoice: "inv_1" },
      locale: "nb",
      customer_email: "kari@example.com",
      expires_at: Math.floor(Date.now() / 1000) + 31 * 60,
      payment_intent_data: {
        description: "Order 1017",
        metadata: { invoice: "inv_1" },
        statement_descriptor_suffix: "ORDER 1017",
      },
    });
    expect(made).toMatchObject({
      object: "checkout.session",
      amount_total: 24_900,
      currency: "nok",
      livemode: false,
      payment_intent: null,
      payment_status: "unpaid",
      status: "open",
      url: `${sandbox.publicUrl}/checkout/c/${made.id}`,
    });
    expect(made.id).toMatch(/^cs_test_/);
    expect(made.lastResponse.requestId).toMatch(/^req_/);
    const read = await stripe.checkout.sessions.retrieve(made.id, { expand: ["line_items"] });
    expect(read.line_items?.data[0]?.description).toBe("Order 1017");
    expect({ ...read, line_items: undefined }).toEqual({ ...made, line_items: undefined });
  });

  test("only an open session can be expired, and its event says who asked", async () => {
    const made = await stripe.checkout.sessions.create(sessionOf249);
    const expired = await stripe.checkout.sessions.expire(
      made.id,
      {},
      { idempotencyKey: `expire-${made.id}` },
    );
    expect(expired).toMatchObject({ status: "expired", url: null });
    const again = await stripeFailure(stripe.checkout.sessions.expire(made.id));
    expect(again.message).toContain("status of `expired`");
    const [event] = await until(() => eventsAbout(made.id).length > 0 && eventsAbout(made.id));
    expect(event).toMatchObject({
      type: "checkout.session.expired",
      request: { idempotency_key: `expire-${made.id}` },
    });
  });

  test("a session expires by itself, and its page says so with a way back", async () => {
    const made = await stripe.checkout.sessions.create(sessionOf249);
    await postJson(sandbox, "/hurry", { id: made.id });
    await until(async () => (await stripe.checkout.sessions.retrieve(made.id)).status === "expired");
    const page = await (await fetch(`${sandbox.publicUrl}/checkout/c/${made.id}`)).text();
    expect(page).toContain("This checkout has expired");
    expect(page).toContain("http://shop.example/back");
    expect((await payWithCard(sandbox, made.id, "4242424242424242")).status).toBe(410);
  });

  test("another account's session does not exist", async () => {
    const made = await stripe.checkout.sessions.create(sessionOf249);
    const other = await makeAccount(sandbox, "other");
    const error = await stripeFailure(
      stripeClient(sandbox, other.stripe.secret_key).checkout.sessions.retrieve(made.id),
    );
    expect(error).toMatchObject({ statusCode: 404, code: "resource_missing" });
  });

  test("a wrong key is a 401", async () => {
    const error = await stripeFailure(
      stripeClient(sandbox, "sk_test_wrong_wrong_wrong").checkout.sessions.list(),
    );
    expect(error).toBeInstanceOf(Stripe.errors.StripeAuthenticationError);
  });
});

describe("parameters are refused as Stripe refuses them", () => {
  const line = sessionOf249.line_items[0];
  const withAmount = (currency: string, unit_amount: number) => ({
    ...sessionOf249,
    line_items: [{ quantity: 1, price_data: { currency, unit_amount, product_data: { name: "A" } } }],
  });
  const soon = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
  const cases: [string, object, { code?: string; param?: string }][] = [
    ["an unknown name", { ...sessionOf249, colour: "red" }, { code: "parameter_unknown", param: "colour" }],
    [
      "an unknown name deep inside",
      { ...sessionOf249, line_items: [{ ...line, price_data: { ...line?.price_data, colour: "red" } }] },
      { code: "parameter_unknown", param: "line_items[0][price_data][colour]" },
    ],
    [
      "a name that this version took away",
      { ...sessionOf249, payment_method_types: ["card"] },
      { code: "parameter_unknown", param: "payment_method_types" },
    ],
    [
      "no line items",
      { ...sessionOf249, line_items: undefined },
      { code: "parameter_missing", param: "line_items" },
    ],
    [
      "no success address",
      { ...sessionOf249, success_url: undefined },
      { code: "parameter_missing", param: "success_url" },
    ],
    [
      "an empty value",
      { ...sessionOf249, client_reference_id: "" },
      { code: "parameter_invalid_empty", param: "client_reference_id" },
    ],
    ["a fraction of a minor unit", withAmount("nok", 24_900.5), { code: "parameter_invalid_integer" }],
    ["too little", withAmount("nok", 299), { code: "amount_too_small" }],
    ["too little in a currency without minor units", withAmount("jpy", 49), { code: "amount_too_small" }],
    [
      "three decimals that do not end in zero",
      withAmount("kwd", 12_345),
      { code: "parameter_invalid_integer" },
    ],
    ["an unknown currency", withAmount("xxx", 1_000), { param: "line_items[0][price_data][currency]" }],
    ["an expiry too near", { ...sessionOf249, expires_at: soon(29 * 60) }, { param: "expires_at" }],
    ["an expiry too far", { ...sessionOf249, expires_at: soon(24 * 3600 + 5) }, { param: "expires_at" }],
    ["an unknown locale", { ...sessionOf249, locale: "tlh" }, { param: "locale" }],
    [
      "a relative address",
      { ...sessionOf249, success_url: "/done" },
      { code: "url_invalid", param: "success_url" },
    ],
    ["metadata too long", { ...sessionOf249, metadata: { a: "x".repeat(501) } }, { param: "metadata[a]" }],
  ];

  test.each(cases)("%s", async (_name, parameters, expected) => {
    const error = await stripeFailure(
      stripe.checkout.sessions.create(parameters as Stripe.Checkout.SessionCreateParams),
    );
    expect(error.statusCode).toBe(400);
    expect(error).toMatchObject(expected);
  });

  test("the smallest amount of each kind of currency passes", async () => {
    for (const [currency, amount] of [
      ["nok", 300],
      ["jpy", 50],
      ["kwd", 1_000],
      ["eur", 50],
    ] as const) {
      const made = await stripe.checkout.sessions.create(withAmount(currency, amount));
      expect(made.amount_total).toBe(amount);
    }
  });

  test("an older version still takes payment_method_types and its own ui_mode", async () => {
    const older = { ...sessionOf249, payment_method_types: ["card"], ui_mode: "hosted" };
    const made = await stripe.checkout.sessions.create(older as Stripe.Checkout.SessionCreateParams, {
      apiVersion: "2025-09-30.clover",
    });
    expect(made.payment_method_types).toEqual(["card"]);
  });
});
