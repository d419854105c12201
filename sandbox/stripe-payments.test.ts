import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunningSandbox } from "./start.ts";
import {
  openStripeShop,
  payWithCard,
  postJson,
  type StripeShop,
  sessionOf249,
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

describe("paying", () => {
  test("a good card completes the session, redirects to the merchant and sends three verified events", async () => {
    const made = await stripe.checkout.sessions.create({
      ...sessionOf249,
      payment_intent_data: { metadata: { invoice: "inv_9" } },
    });
    const page = await (await fetch(String(made.url))).text();
    expect(page).toContain("Order 1017");
    expect(page).toContain("Pay NOK 249.00");
    const paid = await payWithCard(sandbox, made.id, "4242 4242 4242 4242");
    expect(paid.status).toBe(303);
    expect(paid.headers.get("location")).toBe(`http://shop.example/done?session=${made.id}`);
    const session = await stripe.checkout.sessions.retrieve(made.id, {
      expand: ["payment_intent.latest_charge"],
    });
    expect(session).toMatchObject({ status: "complete", payment_status: "paid", url: null });
    const intent = session.payment_intent as Stripe.PaymentIntent;
    expect(intent).toMatchObject({
      status: "succeeded",
      amount_received: 24_900,
      metadata: { invoice: "inv_9" },
    });
    const charge = intent.latest_charge as Stripe.Charge;
    expect(charge).toMatchObject({ paid: true, captured: true, payment_intent: intent.id });
    expect(charge.payment_method_details?.card).toMatchObject({ brand: "visa", last4: "4242" });
    const events = await until(() => eventsAbout(intent.id).length === 3 && eventsAbout(intent.id));
    expect(events.map((event) => event.type).sort()).toEqual([
      "charge.succeeded",
      "checkout.session.completed",
      "payment_intent.succeeded",
    ]);
    expect(shop.listener.received[0]?.headers["user-agent"]).toBe(
      "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    );
    const listed = await stripe.checkout.sessions.list({ payment_intent: intent.id });
    expect(listed.data.map((one) => one.id)).toEqual([made.id]);
    const repeated = await payWithCard(sandbox, made.id, "4242424242424242");
    expect(repeated.headers.get("location")).toBe(`http://shop.example/done?session=${made.id}`);
    expect((await stripe.paymentIntents.retrieve(intent.id)).latest_charge).toBe(charge.id);
  });

  test.each([
    ["4000000000000002", "card_declined", "generic_decline"],
    ["4000000000009995", "card_declined", "insufficient_funds"],
    ["4000000000000069", "expired_card", undefined],
    ["4000000000000127", "incorrect_cvc", undefined],
    ["4000000000000119", "processing_error", undefined],
    ["4111111111111111", "card_declined", "test_mode_live_card"],
  ])(
    "the card %s is declined on the page, and the session can still be paid",
    async (number, code, declineCode) => {
      const made = await stripe.checkout.sessions.create(sessionOf249);
      const declined = await payWithCard(sandbox, made.id, number);
      expect(declined.status).toBe(200);
      const session = await stripe.checkout.sessions.retrieve(made.id, { expand: ["payment_intent"] });
      expect(session).toMatchObject({ status: "open", payment_status: "unpaid" });
      const intent = session.payment_intent as Stripe.PaymentIntent;
      expect(intent.status).toBe("requires_payment_method");
      expect(intent.last_payment_error).toMatchObject({ type: "card_error", code });
      expect(intent.last_payment_error?.decline_code).toBe(declineCode);
      expect(await declined.text()).toContain(intent.last_payment_error?.message?.split("'")[0]);
      expect((await payWithCard(sandbox, made.id, "5555555555554444")).status).toBe(303);
      expect((await stripe.checkout.sessions.retrieve(made.id)).payment_intent).toBe(intent.id);
    },
  );

  test.each([
    ["number", { number: "4242424242424241" }],
    ["exp", { exp: "01/20" }],
    ["exp", { exp: "nonsense" }],
    ["cvc", { cvc: "1" }],
  ])("a form with a wrong %s tries nothing", async (_field, fields) => {
    const made = await stripe.checkout.sessions.create(sessionOf249);
    const answer = await payWithCard(sandbox, made.id, "4242424242424242", fields);
    expect(answer.status).toBe(200);
    expect((await stripe.checkout.sessions.retrieve(made.id)).payment_intent).toBeNull();
  });

  test("a card with 3-D Secure pays only once its holder has passed", async () => {
    const made = await stripe.checkout.sessions.create(sessionOf249);
    const authenticate = `${sandbox.publicUrl}/checkout/c/${made.id}/authenticate`;
    const answer = (value: string) =>
      fetch(authenticate, {
        method: "POST",
        redirect: "manual",
        body: new URLSearchParams({ answer: value }),
      });
    const first = await payWithCard(sandbox, made.id, "4000002760003184");
    expect(first.headers.get("location")).toBe(`/checkout/c/${made.id}/authenticate`);
    expect(await (await fetch(authenticate)).text()).toContain("Complete authentication");
    const session = await stripe.checkout.sessions.retrieve(made.id, { expand: ["payment_intent"] });
    expect((session.payment_intent as Stripe.PaymentIntent).status).toBe("requires_action");
    expect(await (await answer("fail")).text()).toContain("unable to authenticate");
    expect((await stripe.checkout.sessions.retrieve(made.id)).status).toBe("open");
    await payWithCard(sandbox, made.id, "4000002500003155");
    expect((await answer("complete")).headers.get("location")).toContain("shop.example/done");
    expect((await stripe.checkout.sessions.retrieve(made.id)).payment_status).toBe("paid");
  });

  test.each([
    ["4000000000005001", "paid", "succeeded", "checkout.session.async_payment_succeeded"],
    ["4000000000006009", "unpaid", "requires_payment_method", "checkout.session.async_payment_failed"],
  ])("the card %s completes unpaid and is settled later", async (number, payment_status, status, type) => {
    const made = await stripe.checkout.sessions.create(sessionOf249);
    await payWithCard(sandbox, made.id, number);
    const session = await stripe.checkout.sessions.retrieve(made.id);
    expect(session).toMatchObject({ status: "complete", payment_status: "unpaid" });
    await postJson(sandbox, "/hurry", { id: made.id });
    await until(() => eventsAbout(made.id).some((event) => event.type === type));
    const settled = await stripe.checkout.sessions.retrieve(made.id, { expand: ["payment_intent"] });
    expect(settled).toMatchObject({ status: "complete", payment_status, payment_intent: { status } });
  });
});
