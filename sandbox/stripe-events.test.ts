import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunningSandbox } from "./start.ts";
import {
  makeAccount,
  openStripeShop,
  payWithCard,
  postJson,
  type StripeShop,
  sessionOf249,
  startListener,
  stripeClient,
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

describe("events", () => {
  test("are listed newest first, filtered by type and time, and paged without gaps", async () => {
    const quiet = await makeAccount(sandbox, "quiet");
    const client = stripeClient(sandbox, quiet.stripe.secret_key);
    for (let count = 0; count < 3; count += 1) {
      const made = await client.checkout.sessions.create(sessionOf249);
      await payWithCard(sandbox, made.id, "4242424242424242");
    }
    const all: Stripe.Event[] = [];
    for await (const event of client.events.list({ limit: 2 })) {
      all.push(event);
    }
    expect(all).toHaveLength(9);
    expect(new Set(all.map((event) => event.id)).size).toBe(9);
    expect(all[0]?.type).toBe("checkout.session.completed");
    const completed = await client.events.list({ types: ["checkout.session.completed"] });
    expect(completed.data).toHaveLength(3);
    expect((await client.events.list({ type: "charge.*" })).data).toHaveLength(3);
    expect((await client.events.list({ created: { gt: Math.floor(Date.now() / 1000) + 60 } })).data).toEqual(
      [],
    );
    expect((await client.events.retrieve(String(all[4]?.id))).id).toBe(all[4]?.id);
    const before = await client.events.list({ ending_before: String(all[2]?.id), limit: 2 });
    expect(before.data.map((event) => event.id)).toEqual([all[0]?.id, all[1]?.id]);
  });

  test("a refused delivery is tried again with the same id and a fresh signature", async () => {
    const receiver = await startListener();
    receiver.statuses.push(500);
    const retried = await makeAccount(sandbox, "retried", { stripe_webhook_url: receiver.url });
    const client = stripeClient(sandbox, retried.stripe.secret_key);
    const made = await client.checkout.sessions.create(sessionOf249);
    await client.checkout.sessions.expire(made.id);
    await until(() => receiver.received.length === 2);
    const events = receiver.received.map((one) =>
      client.webhooks.constructEvent(
        one.body,
        String(one.headers["stripe-signature"]),
        retried.stripe.webhook_secret,
      ),
    );
    expect(events[0]?.id).toBe(events[1]?.id);
    expect(receiver.received[0]?.headers["stripe-signature"]).not.toBe(
      receiver.received[1]?.headers["stripe-signature"],
    );
    await until(async () => (await client.events.retrieve(String(events[0]?.id))).pending_webhooks === 0);
    receiver.close();
  });

  test("one event can be sent again many times at once", async () => {
    const made = await stripe.checkout.sessions.create(sessionOf249);
    await stripe.checkout.sessions.expire(made.id);
    const event = await until(async () => (await stripe.events.list({ limit: 1 })).data[0]);
    await until(() => shop.listener.received.some((one) => one.body.includes(event.id)));
    const before = shop.listener.received.length;
    const answer = await postJson(sandbox, "/events/redeliver", { event_id: event.id, copies: 20 });
    const { statuses } = (await answer.json()) as { statuses: number[] };
    expect(statuses).toEqual(Array(20).fill(200));
    expect(shop.listener.received.length).toBe(before + 20);
  });
});
