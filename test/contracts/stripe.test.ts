// The sandbox's Stripe objects and our reader of them, held against Stripe's own fixtures.

import Stripe from "stripe";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { PaymentId, RailAccountId } from "#lib/domain/ids.ts";
import type { OpenRailAccount } from "#lib/domain/ports/rail.ts";
import { readSession } from "#lib/rails/card/read-session.ts";
import { verifyStripeEvent } from "#lib/rails/card/verify.ts";
import type { RunningSandbox } from "../../sandbox/start.ts";
import {
  type Listener,
  makeAccount,
  payWithCard,
  postJson,
  sessionOf249,
  startListener,
  startTestSandbox,
  stripeClient,
  until,
} from "../../sandbox/test-harness.ts";
import { readDefinition } from "./folder.ts";
import { type Fields, fieldsOf, jsonType } from "./json.ts";
import {
  BALANCE_FIELDS,
  DISPUTE_FIELDS,
  EVIDENCE_FIELDS,
  missing,
  REFUND_FIELDS,
  strangers,
} from "./stripe-fields.ts";
import { describeContract } from "./suite.ts";

const FIXTURES = "stripe/fixtures.json";

/** The properties that may be null by the SDK's own types: fixtures, filled for show, cannot tell. */
type Nullable<T> = { [K in keyof T]-?: null extends T[K] ? K : never }[keyof T];

/** What fixtures fill and the sandbox leaves null, because nothing that would fill it is played. */
const LEFT_NULL: {
  readonly "checkout.session": readonly Nullable<Stripe.Checkout.Session>[];
  readonly payment_intent: readonly Nullable<Stripe.PaymentIntent>[];
  readonly charge: readonly Nullable<Stripe.Charge>[];
  readonly refund: readonly Nullable<Stripe.Refund>[];
} = {
  "checkout.session": [
    "after_expiration",
    "collected_information",
    "consent",
    "consent_collection",
    "currency_conversion",
    "payment_method_configuration_details",
    "permissions",
    "saved_payment_method_options",
    "shipping_address_collection",
    "shipping_cost",
    "wallet_options",
  ],
  payment_intent: [
    "automatic_payment_methods",
    "payment_method_configuration_details",
    "processing",
    "shipping",
    "transfer_data",
  ],
  charge: ["receipt_url", "shipping", "source", "transfer_data"],
  refund: [],
};

/** What the sandbox knowingly lacks. */
const ABSENT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  charge: { refunds: "Left out unless expanded, since version 2022-11-15 of Stripe's API." },
};

const PAYMENT_ID = "pay_0123456789abcdefghijkl" as PaymentId;

let fixtures: Fields;

const plain = (value: object): Fields => JSON.parse(JSON.stringify(value)) as Fields;

/** Fields of the fixture that objects lack or have as another type, and those that never hold a value. */
function compare(name: string, objects: readonly object[]) {
  const faults = new Set<string>();
  const leftNull: string[] = [];
  for (const [field, value] of Object.entries(fieldsOf(fixtures, name))) {
    const types = objects.map((object) => jsonType(plain(object)[field]));
    const isStray = (type: string) =>
      type === "undefined" || (type !== "null" && value !== null && type !== jsonType(value));
    const strays = ABSENT[name]?.[field] === undefined ? types.filter(isStray) : [];
    for (const type of strays) faults.add(`${field} is ${type}`);
    if (value !== null && types.every((type) => type === "null")) leftNull.push(field);
  }
  return { count: objects.length, faults: [...faults], leftNull: leftNull.sort() };
}

describeContract("Stripe's objects in the sandbox have every field of the fixtures", [FIXTURES], () => {
  const CARDS = {
    paid: "4242424242424242",
    declined: "4000000000009995",
    asked: "4000002760003184",
    refunded: "4000000000005126",
    disputed: "4000000000000259",
  };
  let sandbox: RunningSandbox;
  let listener: Listener;
  let client: Stripe;
  let sessions: Stripe.Checkout.Session[];
  let intents: Stripe.PaymentIntent[];
  let refunds: Stripe.Refund[];
  let disputes: Stripe.Dispute[];

  beforeAll(async () => {
    fixtures = readDefinition(FIXTURES);
    sandbox = await startTestSandbox();
    listener = await startListener();
    const { stripe } = await makeAccount(sandbox, "shop", { stripe_webhook_url: `${listener.url}/hook` });
    client = stripeClient(sandbox, stripe.secret_key);
    for (const card of [CARDS.paid, CARDS.declined, CARDS.asked]) {
      const made = await client.checkout.sessions.create({
        ...sessionOf249,
        payment_intent_data: { description: "Order 1017" },
      });
      await payWithCard(sandbox, made.id, card);
    }
    const reserved = await client.checkout.sessions.create({
      ...sessionOf249,
      payment_intent_data: { capture_method: "manual" },
    });
    await payWithCard(sandbox, reserved.id, CARDS.paid);
    await postJson(sandbox, `/control/simulate/stripe/sessions/${reserved.id}`, { action: "cancel" });
    const withdrawn = await client.checkout.sessions.create(sessionOf249);
    await client.checkout.sessions.expire(withdrawn.id);
    await client.checkout.sessions.create({ ...sessionOf249, customer_email: "kari@example.no" });
    sessions = (await client.checkout.sessions.list({ limit: 100 })).data;
    const ids = sessions.flatMap(({ payment_intent }) =>
      typeof payment_intent === "string" ? payment_intent : [],
    );
    intents = await Promise.all(ids.map((id) => client.paymentIntents.retrieve(id)));
    const made = await client.checkout.sessions.create(sessionOf249);
    await payWithCard(sandbox, made.id, CARDS.refunded);
    const { payment_intent } = await client.checkout.sessions.retrieve(made.id);
    const refund = await client.refunds.create({ payment_intent: String(payment_intent) });
    await postJson(sandbox, "/hurry", { id: refund.id });
    await until(async () => (await client.refunds.retrieve(refund.id)).status === "failed");
    refunds = [refund, await client.refunds.retrieve(refund.id)];
    disputes = [await disputeOf(CARDS.disputed)];
  });

  const disputeOf = async (card: string) => {
    const made = await client.checkout.sessions.create(sessionOf249);
    await payWithCard(sandbox, made.id, card);
    const { payment_intent } = await client.checkout.sessions.retrieve(made.id);
    await postJson(sandbox, "/hurry", { id: payment_intent });
    const list = () => client.disputes.list({ payment_intent: String(payment_intent) });
    return until(async () => (await list()).data[0]);
  };

  afterAll(async () => {
    await sandbox.close();
    listener.close();
  });

  it("with its type, in sessions that are open, paid, declined and expired", () => {
    expect(new Set(sessions.map(({ status }) => status))).toEqual(new Set(["open", "complete", "expired"]));
    expect(compare("checkout.session", sessions)).toEqual({
      count: 6,
      faults: [],
      leftNull: [...LEFT_NULL["checkout.session"]].sort(),
    });
  });

  it("with its type, in payment intents that are paid, declined, cancelled and waiting for the payer's bank", () => {
    expect(intents.map(({ status }) => status).sort()).toEqual([
      "canceled",
      "requires_action",
      "requires_payment_method",
      "succeeded",
    ]);
    expect(compare("payment_intent", intents)).toEqual({
      count: 4,
      faults: [],
      leftNull: [...LEFT_NULL.payment_intent].sort(),
    });
  });

  it("with its type, in charges that succeeded, failed and were released", async () => {
    const ids = intents.flatMap(({ latest_charge }) =>
      typeof latest_charge === "string" ? latest_charge : [],
    );
    const charges = await Promise.all(ids.map((id) => client.charges.retrieve(id)));
    expect(compare("charge", charges)).toEqual({
      count: 3,
      faults: [],
      leftNull: [...LEFT_NULL.charge].sort(),
    });
  });

  it("with its type, in refunds that succeeded and failed, and nothing that the SDK does not know", () => {
    expect(compare("refund", refunds)).toEqual({
      count: 2,
      faults: [],
      leftNull: [...LEFT_NULL.refund].sort(),
    });
    expect(refunds.map(({ status }) => status)).toEqual(["succeeded", "failed"]);
    expect(strangers(refunds, REFUND_FIELDS)).toEqual([]);
  });

  it("no fixture tells of disputes; these have what the SDK's types say, and so does their evidence", () => {
    expect(strangers(disputes, DISPUTE_FIELDS)).toEqual([]);
    expect(missing(disputes, DISPUTE_FIELDS)).toEqual([]);
    const evidence = disputes.map((dispute) => dispute.evidence);
    expect(strangers(evidence, EVIDENCE_FIELDS)).toEqual([]);
    expect(missing(evidence, EVIDENCE_FIELDS)).toEqual(["appeal"]);
    expect(
      strangers(
        disputes.flatMap((one) => one.balance_transactions),
        BALANCE_FIELDS,
      ),
    ).toEqual([]);
  });

  it("no fixture tells of movements on the balance; these have what the SDK's types say", async () => {
    const { data } = await client.balanceTransactions.list();
    expect(new Set(data.map(({ type }) => type))).toEqual(
      new Set(["adjustment", "charge", "refund", "refund_failure"]),
    );
    expect(strangers(data, BALANCE_FIELDS)).toEqual([]);
    expect(missing(data, BALANCE_FIELDS)).toEqual([]);
  });

  it("with its type, in events that are listed and events that are sent, and in what they are about", async () => {
    const { data } = await client.events.list({ limit: 100 });
    expect(new Set(data.map(({ type }) => type)).size).toBeGreaterThan(4);
    const sent = await until(() => listener.received.length === data.length && listener.received);
    const events = [...data, ...sent.map(({ body }) => JSON.parse(body) as Stripe.Event)];
    expect(compare("event", events)).toMatchObject({ faults: [], leftNull: [] });
    for (const { data } of events) {
      const { object } = plain(data.object);
      if (object === "dispute") continue;
      expect(Object.keys(LEFT_NULL)).toContain(object);
      expect(compare(String(object), [data.object])).toMatchObject({ faults: [] });
    }
  });
});

describeContract("our card rail understands Stripe's fixtures", [FIXTURES], () => {
  const attempt = { paymentId: PAYMENT_ID };
  const account = { mode: "test" as const };
  const read = (changes: object) => {
    const session = {
      ...fieldsOf(fixtures, "checkout.session"),
      client_reference_id: PAYMENT_ID,
      ...changes,
    };
    return readSession(session as unknown as Stripe.Checkout.Session, account, attempt);
  };
  const intent = (changes: object) => ({ ...fieldsOf(fixtures, "payment_intent"), ...changes });

  beforeAll(() => {
    fixtures = readDefinition(FIXTURES);
  });

  it("an open session leads to its page, until it closes", () => {
    const { id, url, expires_at } = fieldsOf(fixtures, "checkout.session");
    const expiresAt = new Date(Number(expires_at) * 1000);
    expect(read({})).toEqual({ kind: "redirect", railReference: id, url, expiresAt });
    expect(read({ status: "expired", url: null })).toEqual({ kind: "expired", railReference: id });
  });

  it("a session that names no payment of ours is not believed", () => {
    expect(read({ client_reference_id: null }).kind).toBe("contradiction");
  });

  it("a paid session tells its amount, card and settlement reference", () => {
    const paid = intent({ status: "succeeded", latest_charge: fieldsOf(fixtures, "charge") });
    const sum = { amount_total: 24_900, currency: "nok" };
    expect(read({ status: "complete", payment_status: "paid", payment_intent: paid, ...sum })).toMatchObject({
      kind: "succeeded",
      amount: { amountMinor: 24_900n, currency: "NOK" },
      details: { settlementReference: intent({}).id, cardBrand: "visa", cardLast4: "4242" },
    });
  });

  it("a complete session that is not paid follows its payment intent", () => {
    const unpaid = (payment_intent: unknown) => read({ status: "complete", payment_intent }).kind;
    expect(unpaid(intent({}))).toBe("declined");
    expect(unpaid(intent({ status: "canceled" }))).toBe("cancelled");
    expect(unpaid(intent({ status: "processing" }))).toBe("processing");
    expect(unpaid(intent({}).id)).toBe("processing");
  });

  it("an event about a session names it and our payment; any other is proved and set aside", () => {
    const fixture = fieldsOf(fixtures, "event");
    const { id } = fieldsOf(fixtures, "checkout.session");
    const session = { ...fieldsOf(fixtures, "checkout.session"), client_reference_id: PAYMENT_ID };
    const about = { ...fixture, type: "checkout.session.completed", data: { object: session } };
    const common = { eventId: fixture.id, refundId: null, refundReference: null, disputeReference: null };
    expect(verify(about)).toEqual({
      ...common,
      eventType: "checkout.session.completed",
      paymentId: PAYMENT_ID,
      railReference: id,
    });
    expect(verify(fixture)).toEqual({
      ...common,
      eventType: fixture.type,
      paymentId: null,
      railReference: null,
    });
  });
});

/** Signs an event as Stripe does and has our rail verify it. */
function verify(event: object) {
  const payload = JSON.stringify(event);
  const webhookSecret = "whsec_of_this_test";
  const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret: webhookSecret });
  const account: OpenRailAccount = {
    id: "acc_0123456789abcdefghijkl" as RailAccountId,
    mode: "test",
    baseUrl: null,
    credentials: { secretKey: "sk_test_of_this_test", webhookSecret },
    settings: {},
  };
  return verifyStripeEvent(account, {
    url: "https://pay.example/notifications",
    headers: new Map([["stripe-signature", signature]]),
    body: Buffer.from(payload),
    receivedAt: new Date(),
  });
}
