import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  account,
  approve,
  ask,
  askRefunds,
  chargedPayment,
  eventOf,
  freshNumber,
  order,
  refundEventOf,
  sandbox,
  startCarrier,
  stopCarrier,
  totalRefund,
} from "./test-carrier.ts";
import {
  getJson,
  type Listener,
  makeAccount,
  paidIntent,
  payWithCard,
  postJson,
  sessionOf249,
  startListener,
  stripeClient,
  twilioClient,
  until,
  verifiedEvents,
} from "./test-harness.ts";

let hook: Listener;
let stripe: Stripe;

beforeAll(async () => {
  await startCarrier();
  hook = await startListener();
  await makeAccount(sandbox, "shop", { stripe_webhook_url: `${hook.url}/hook` });
  stripe = stripeClient(sandbox, account.stripe.secret_key);
});

afterAll(async () => {
  await stopCarrier();
  hook.close();
});

/** Asks for one action; answers the HTTP status with the body. */
async function simulate(path: string, body: object): Promise<{ http: number } & Record<string, unknown>> {
  const answer = await postJson(sandbox, `/control/simulate${path}`, body);
  return { ...((await answer.json()) as Record<string, unknown>), http: answer.status };
}

const typesAbout = (id: string) => verifiedEvents(hook, stripe, account, id).map(({ type }) => type);
const told = (id: string, type: string) => until(() => typesAbout(id).includes(type as Stripe.Event.Type));

describe("a simulated payer", () => {
  const newSession = (intentData: object = {}) =>
    stripe.checkout.sessions.create({ ...sessionOf249, payment_intent_data: intentData });

  test("pays a session as on the page, and then nothing more is possible", async () => {
    const { id } = await newSession();
    expect(await simulate(`/stripe/sessions/${id}`, { action: "decline" })).toMatchObject({
      http: 200,
      id,
      status: "open",
      payment_intent_status: "requires_payment_method",
    });
    expect(await simulate(`/stripe/sessions/${id}`, { action: "approve" })).toMatchObject({
      http: 200,
      status: "complete",
      payment_status: "paid",
      payment_intent_status: "succeeded",
    });
    await told(id, "checkout.session.completed");
    for (const action of ["approve", "decline", "expire", "capture", "cancel"]) {
      expect((await simulate(`/stripe/sessions/${id}`, { action })).http).toBe(409);
    }
  });

  test("lets a session expire", async () => {
    const { id } = await newSession();
    expect(await simulate(`/stripe/sessions/${id}`, { action: "capture" })).toMatchObject({ http: 409 });
    expect(await simulate(`/stripe/sessions/${id}`, { action: "expire" })).toMatchObject({
      http: 200,
      status: "expired",
    });
    await told(id, "checkout.session.expired");
  });

  test("passes 3-D Secure or fails it, where a card waits for that", async () => {
    for (const [action, status] of [
      ["decline", "open"],
      ["approve", "complete"],
    ]) {
      const { id } = await newSession();
      const waiting = await simulate(`/stripe/sessions/${id}`, {
        action: "approve",
        card: "4000002760003184",
      });
      expect(waiting).toMatchObject({ status: "open", payment_intent_status: "requires_action" });
      expect(await simulate(`/stripe/sessions/${id}`, { action })).toMatchObject({ http: 200, status });
    }
  });

  test("has a card that confirms later decided now", async () => {
    for (const [action, payment_status] of [
      ["approve", "paid"],
      ["decline", "unpaid"],
    ]) {
      const { id } = await newSession();
      await payWithCard(sandbox, id, "4000000000005001");
      expect(await simulate(`/stripe/sessions/${id}`, { action })).toMatchObject({
        http: 200,
        payment_status,
      });
      await told(id, `checkout.session.async_payment_${action === "approve" ? "succeeded" : "failed"}`);
    }
  });

  test.each([
    [{ action: "capture", amount: 10_000 }, "succeeded", "payment_intent.succeeded"],
    [{ action: "capture" }, "succeeded", "payment_intent.succeeded"],
    [{ action: "cancel" }, "canceled", "payment_intent.canceled"],
    [{ action: "expire" }, "canceled", "payment_intent.canceled"],
  ])("reserves an amount, and %j follows", async (body, payment_intent_status, type) => {
    const { id } = await newSession({ capture_method: "manual" });
    const reserved = await simulate(`/stripe/sessions/${id}`, { action: "approve" });
    expect(reserved).toMatchObject({ payment_status: "unpaid", payment_intent_status: "requires_capture" });
    expect((await simulate(`/stripe/sessions/${id}`, { action: "capture", amount: 24_901 })).http).toBe(400);
    const ended = await simulate(`/stripe/sessions/${id}`, body);
    expect(ended).toMatchObject({ http: 200, payment_intent_status });
    await told(String(reserved.payment_intent), type);
    expect((await simulate(`/stripe/sessions/${id}`, body)).http).toBe(409);
  });
});

describe("a simulated bank", () => {
  test("disputes a payment once at a time, and decides", async () => {
    const intent = await paidIntent(sandbox, stripe);
    const path = `/stripe/payment-intents/${intent}/dispute`;
    const dispute = await simulate(path, { reason: "product_not_received" });
    expect(dispute).toMatchObject({ http: 200, payment_intent: intent, status: "needs_response" });
    await told(String(dispute.id), "charge.dispute.funds_withdrawn");
    expect((await simulate(path, {})).http).toBe(409);
    expect(await simulate(`/stripe/disputes/${dispute.id}`, { action: "escalate" })).toMatchObject({
      http: 409,
    });
    expect(await simulate(`/stripe/disputes/${dispute.id}`, { action: "win" })).toMatchObject({
      http: 200,
      status: "won",
    });
    await told(String(dispute.id), "charge.dispute.funds_reinstated");
    expect((await simulate(`/stripe/disputes/${dispute.id}`, { action: "lose" })).http).toBe(409);
    const again = await simulate(path, {});
    expect(await simulate(`/stripe/disputes/${again.id}`, { action: "lose" })).toMatchObject({
      status: "lost",
    });
    expect((await simulate(path, {})).http).toBe(409);
  });

  test("inquires, and takes the money later", async () => {
    const intent = await paidIntent(sandbox, stripe);
    const inquiry = await simulate(`/stripe/payment-intents/${intent}/dispute`, { inquiry: true });
    expect(inquiry.status).toBe("warning_needs_response");
    expect(await simulate(`/stripe/disputes/${inquiry.id}`, { action: "escalate" })).toMatchObject({
      http: 200,
      status: "needs_response",
    });
  });

  test("cannot dispute what was not paid", async () => {
    const made = await stripe.checkout.sessions.create(sessionOf249);
    await payWithCard(sandbox, made.id, "4000000000000002");
    const { payment_intent } = await stripe.checkout.sessions.retrieve(made.id);
    expect((await simulate(`/stripe/payment-intents/${payment_intent}/dispute`, {})).http).toBe(409);
  });

  test("ends a pending refund, and takes one back that succeeded", async () => {
    const pending = async () =>
      (await stripe.refunds.create({ payment_intent: await paidIntent(sandbox, stripe, "4000000000007015") }))
        .id;
    const failing = await pending();
    expect(await simulate(`/stripe/refunds/${failing}`, { action: "fail" })).toMatchObject({
      status: "failed",
    });
    await told(failing, "refund.failed");
    expect((await simulate(`/stripe/refunds/${failing}`, { action: "succeed" })).http).toBe(409);
    const good = await pending();
    expect(await simulate(`/stripe/refunds/${good}`, { action: "succeed" })).toMatchObject({
      status: "succeeded",
    });
    expect((await simulate(`/stripe/refunds/${good}`, { action: "succeed" })).http).toBe(409);
    expect((await simulate(`/stripe/refunds/${good}`, { action: "revive" })).http).toBe(409);
    expect(await simulate(`/stripe/refunds/${good}`, { action: "fail" })).toMatchObject({ status: "failed" });
    expect(await simulate(`/stripe/refunds/${good}`, { action: "revive" })).toMatchObject({
      status: "succeeded",
    });
    const { charge, failure_reason } = await stripe.refunds.retrieve(good);
    expect(failure_reason).toBeUndefined();
    expect(await stripe.charges.retrieve(String(charge))).toMatchObject({ refunded: true });
  });

  test("thinks again of what it has decided, and asks for more", async () => {
    const intent = await paidIntent(sandbox, stripe);
    const { id } = await simulate(`/stripe/payment-intents/${intent}/dispute`, {});
    const decide = (action: string, more: object = {}) =>
      simulate(`/stripe/disputes/${id}`, { action, ...more });
    const kept = async () => {
      const { balance_transactions: movements } = await stripe.disputes.retrieve(String(id));
      return [movements.reduce((sum, { amount }) => sum + amount, 0), movements.at(-1)?.fee];
    };
    for (const action of ["appeal", "overturn", "withdraw"]) expect((await decide(action)).http).toBe(409);
    expect(await decide("fee", { amount: 500 })).toMatchObject({ status: "needs_response" });
    expect(await kept()).toEqual([-24_900, 500]);
    expect((await decide("fee", { amount: 0 })).http).toBe(400);
    expect(await decide("lose")).toMatchObject({ status: "lost" });
    expect(await decide("appeal")).toMatchObject({ status: "appeal_under_review" });
    expect((await decide("win")).http).toBe(409);
    expect(await decide("overturn")).toMatchObject({ status: "won" });
    expect(await kept()).toEqual([0, 0]);
    expect(await decide("withdraw")).toMatchObject({ status: "lost" });
    expect(await kept()).toEqual([-24_900, 1_500]);
  });
});

describe("a simulated subscriber", () => {
  const act = (id: string, action: string) => simulate(`/carrier/payments/${id}`, { action });

  test.each([
    ["approve", "succeeded", "payment-completed", "approved"],
    ["decline", "denied", "payment-denied", "declined"],
    ["expire", "denied", "payment-denied", "closed"],
  ])("%s a prompt as on the phone", async (action, status, event, state) => {
    const number = freshNumber();
    const { paymentId: id } = (await ask("", order(number))).body;
    expect(await act(id, action)).toMatchObject({ http: 200, id, status });
    await eventOf(id, event);
    const { prompts } = await getJson<{ prompts: { state: string }[] }>(sandbox, `/phones/${number}/prompts`);
    expect(prompts[0]?.state).toBe(state);
    expect((await approve(number)).status).toBe(404);
    expect((await act(id, action)).http).toBe(409);
  });

  test("ends the call that waits for it", async () => {
    const number = freshNumber("11");
    const held = ask("", order(number));
    const prompt = await until(async () => {
      const found = await getJson<{ prompts: { payment_id: string }[] }>(
        sandbox,
        `/phones/${number}/prompts`,
      );
      return found.prompts[0];
    });
    expect(await act(prompt.payment_id, "decline")).toMatchObject({ http: 200, status: "denied" });
    expect((await held).body.code).toBe("CARRIER_BILLING.PAYMENT_DENIED");
  });

  test("answers where the carrier itself never would", async () => {
    const { paymentId: id } = (await ask("", order(freshNumber("26")))).body;
    expect(await act(id, "approve")).toMatchObject({ http: 200, status: "succeeded" });
    await eventOf(id, "payment-completed");
  });

  test.each(["31", "32", "33"])(
    "validates a reservation for an ending of %s, which can then run out",
    async (ending) => {
      const { paymentId: id } = (await ask("/prepare", order(freshNumber(ending)))).body;
      expect(await act(id, "approve")).toMatchObject({ http: 200, status: "reserved" });
      expect((await act(id, "approve")).http).toBe(409);
      expect((await act(id, "decline")).http).toBe(409);
      expect(await act(id, "expire")).toMatchObject({ http: 200, status: "cancelled" });
      await eventOf(id, "payment-cancelled");
      const { paymentId: other } = (await ask("/prepare", order(freshNumber(ending)))).body;
      expect(await act(other, "decline")).toMatchObject({ http: 200, status: "denied" });
    },
  );

  test("is charged, or not, once the merchant has confirmed", async () => {
    for (const [action, status] of [
      ["approve", "succeeded"],
      ["decline", "denied"],
    ] as const) {
      const phoneNumber = freshNumber("35");
      const { paymentId: id } = (await ask("/prepare", order(phoneNumber))).body;
      await ask(`/${id}/confirm`, { phoneNumber });
      expect((await act(id, "expire")).http).toBe(409);
      expect(await act(id, action)).toMatchObject({ http: 200, status });
    }
  });

  test.each([
    ["succeed", "succeeded", "refund-completed"],
    ["fail", "denied", "refund-denied"],
  ])("has a refund %s", async (action, status, event) => {
    const payment = await chargedPayment(freshNumber("43"));
    const { refundId: id } = (await askRefunds(`/${payment}/refunds`, totalRefund())).body;
    expect(await simulate(`/carrier/refunds/${id}`, { action })).toMatchObject({ http: 200, id, status });
    await refundEventOf(id, event);
    expect((await simulate(`/carrier/refunds/${id}`, { action })).http).toBe(409);
    const after = await simulate(`/carrier/refunds/${id}`, { action: "revive" });
    expect(after).toMatchObject(status === "denied" ? { http: 200, status: "succeeded" } : { http: 409 });
  });
});

describe("a simulated network", () => {
  test.each([
    ["deliver", "delivered", ""],
    ["fail", "undelivered", "30003"],
  ])("can %s a text, with every status on the way told once", async (action, status, code) => {
    const receiver = await startListener();
    const sent = await twilioClient(sandbox, account.twilio).messages.create({
      to: freshNumber("92"),
      from: account.twilio.from,
      body: "Hello",
      statusCallback: receiver.url,
    });
    expect(await simulate(`/twilio/messages/${sent.sid}`, { action })).toMatchObject({ http: 200, status });
    await until(() => receiver.received.length === 2);
    const fields = receiver.received.map((one) => new URLSearchParams(one.body));
    expect(new Set(fields.map((one) => one.get("MessageStatus")))).toEqual(new Set(["sent", status]));
    const last = fields.find((one) => one.get("MessageStatus") === status);
    expect(last?.get("ErrorCode") ?? "").toBe(code);
    expect((await simulate(`/twilio/messages/${sent.sid}`, { action })).http).toBe(409);
    receiver.close();
  });
});

describe("simulations refuse", () => {
  test.each([
    "/stripe/sessions/cs_none",
    "/stripe/disputes/du_none",
    "/stripe/refunds/re_none",
    "/carrier/payments/none",
    "/carrier/refunds/none",
    "/twilio/messages/SMnone",
  ])("%s: 400 for another action, 404 for an id that there is not", async (path) => {
    expect(await simulate(path, { action: "dance" })).toMatchObject({
      http: 400,
      error: { code: "invalid_action" },
    });
    for (const action of ["approve", "win", "succeed", "deliver"]) {
      expect([400, 404]).toContain((await simulate(path, { action })).http);
    }
    const answers = await Promise.all(
      ["approve", "win", "succeed", "deliver"].map((action) => simulate(path, { action })),
    );
    expect(answers.filter(({ http }) => http === 404)).toHaveLength(1);
  });

  test("a dispute without a payment, and with a reason that banks do not have", async () => {
    expect((await simulate("/stripe/payment-intents/pi_none/dispute", {})).http).toBe(404);
    expect((await simulate("/stripe/payment-intents/pi_none/dispute", { reason: "mood" })).http).toBe(400);
    expect((await simulate("/stripe/payment-intents/pi_none/dispute", { inquiry: "yes" })).http).toBe(400);
    const { id } = await stripe.checkout.sessions.create(sessionOf249);
    const card = await simulate(`/stripe/sessions/${id}`, { action: "approve", card: "4242" });
    expect(card).toMatchObject({ http: 400, error: { code: "invalid_card" } });
  });
});
