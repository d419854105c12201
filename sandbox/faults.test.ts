import Stripe from "stripe";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { RunningSandbox } from "./start.ts";
import {
  type Credentials,
  getJson,
  type Listener,
  makeAccount,
  payWithCard,
  postJson,
  sessionOf249,
  startListener,
  startTestSandbox,
  stripeClient,
  twilioClient,
  until,
} from "./test-harness.ts";

let sandbox: RunningSandbox;
let listener: Listener;
let account: Credentials;
let stripe: Stripe;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  listener = await startListener();
  account = await makeAccount(sandbox, "shop", { stripe_webhook_url: `${listener.url}/hook` });
  stripe = stripeClient(sandbox, account.stripe.secret_key);
});

afterEach(async () => {
  await fetch(`${sandbox.publicUrl}/faults`, { method: "DELETE" });
});

afterAll(async () => {
  await sandbox.close();
  listener.close();
});

async function addFault(fault: object): Promise<string> {
  const answer = await postJson(sandbox, "/faults", fault);
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { id: string }).id;
}

async function sessionCount(): Promise<number> {
  return (await stripe.checkout.sessions.list({ limit: 100 })).data.length;
}

async function refusal(work: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  return (await work.then(
    () => null,
    (error: unknown) => error,
  )) as Stripe.errors.StripeError;
}

async function listedFaults(): Promise<object[]> {
  return (await getJson<{ faults: object[] }>(sandbox, "/faults")).faults;
}

describe("faults on requests", () => {
  test("an error before the effect leaves nothing behind, one after it does", async () => {
    const before = await sessionCount();
    await addFault({ service: "stripe", fault: "error", status: 503, method: "POST", times: 1 });
    expect(await refusal(stripe.checkout.sessions.create(sessionOf249))).toMatchObject({ statusCode: 503 });
    expect(await sessionCount()).toBe(before);
    await addFault({ service: "stripe", fault: "error", after: true, method: "POST", times: 1 });
    const options = { idempotencyKey: "after" };
    expect(await refusal(stripe.checkout.sessions.create(sessionOf249, options))).toMatchObject({
      statusCode: 500,
    });
    expect(await sessionCount()).toBe(before + 1);
    const found = await stripe.checkout.sessions.create(sessionOf249, options);
    expect(found.lastResponse.headers["idempotent-replayed"]).toBe("true");
    expect(await sessionCount()).toBe(before + 1);
    expect(await listedFaults()).toEqual([]);
  });

  test("an error of Stripe's that is kept comes back for its key, and for no other", async () => {
    const before = await sessionCount();
    await addFault({ service: "stripe", fault: "error", kept: true, method: "POST", times: 1 });
    const create = (idempotencyKey: string) =>
      stripe.checkout.sessions.create(sessionOf249, { idempotencyKey });
    expect(await refusal(create("kept"))).toMatchObject({ statusCode: 500 });
    const again = await refusal(create("kept"));
    expect(again).toMatchObject({ statusCode: 500, headers: { "idempotent-replayed": "true" } });
    expect(await sessionCount()).toBe(before);
    expect((await create("another")).status).toBe("open");
  });

  test.each([
    ["GET", "/none", 404, "NOT_FOUND"],
    ["GET", "/none", 406, "NOT_ACCEPTABLE"],
    ["GET", "/none", 410, "GONE"],
    ["GET", "/none", 412, "FAILED_PRECONDITION"],
    ["POST", "", 404, "IDENTIFIER_NOT_FOUND"],
    ["POST", "/prepare", 404, "IDENTIFIER_NOT_FOUND"],
  ])(
    "the carrier's %s /payments%s fails with %i as the definition codes it",
    async (method, path, status, code) => {
      await addFault({ service: "carrier", fault: "error", status, times: 1 });
      const answer = await fetch(`${account.carrier.base_url}/carrier-billing/v0.5/payments${path}`, {
        method,
      });
      expect(answer.status).toBe(status);
      expect(await answer.json()).toMatchObject({ status, code });
    },
  );

  test("a rate limit says when to come back, in the shape of each service", async () => {
    await addFault({ service: "stripe", fault: "rate_limit", seconds: 7, times: 1 });
    const error = await refusal(stripe.checkout.sessions.list());
    expect(error).toBeInstanceOf(Stripe.errors.StripeRateLimitError);
    expect(error.headers?.["retry-after"]).toBe("7");
    await addFault({ service: "twilio", fault: "rate_limit", times: 1 });
    const twilio = twilioClient(sandbox, account.twilio);
    await expect(twilio.messages.list()).rejects.toMatchObject({ status: 429, code: 20429 });
    await addFault({ service: "carrier", fault: "rate_limit", times: 1 });
    const answer = await fetch(`${account.carrier.base_url}/carrier-billing/v0.5/payments`);
    expect(await answer.json()).toMatchObject({ status: 429, code: "TOO_MANY_REQUESTS" });
  });

  test("a lost answer has had its effect, a reset has not", async () => {
    const before = await sessionCount();
    const create = () =>
      fetch(`${sandbox.publicUrl}/v1/checkout/sessions`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${account.stripe.secret_key}`,
          "content-type": "application/x-www-form-urlencoded",
        },
        body: "mode=payment&success_url=http://a.example&line_items[0][quantity]=1&line_items[0][price_data][currency]=nok&line_items[0][price_data][unit_amount]=1000&line_items[0][price_data][product_data][name]=A",
      });
    await addFault({ service: "stripe", fault: "reset", times: 1 });
    await expect(create()).rejects.toThrow();
    expect(await sessionCount()).toBe(before);
    await addFault({ service: "stripe", fault: "lost_answer", times: 1 });
    await expect(create()).rejects.toThrow();
    expect(await sessionCount()).toBe(before + 1);
  });

  test("the SDK's own second try after a lost answer makes nothing twice", async () => {
    const before = await sessionCount();
    await addFault({ service: "stripe", fault: "lost_answer", method: "POST", times: 1 });
    const made = await stripe.checkout.sessions.create(sessionOf249);
    expect(made.lastResponse.headers["idempotent-replayed"]).toBe("true");
    expect(await sessionCount()).toBe(before + 1);
  });

  test("a delay holds the request, or its answer", async () => {
    for (const when of ["before", "after"]) {
      await addFault({ service: "stripe", fault: "delay", ms: 150, when, times: 1 });
      const begun = Date.now();
      await stripe.checkout.sessions.list();
      expect(Date.now() - begun).toBeGreaterThanOrEqual(145);
    }
  });

  test("a fault befalls only what it names, and can be taken back", async () => {
    const id = await addFault({ service: "stripe", fault: "error", path: "/expire$", account: "nobody" });
    const made = await stripe.checkout.sessions.create(sessionOf249);
    expect((await stripe.checkout.sessions.expire(made.id)).status).toBe("expired");
    expect((await fetch(`${sandbox.publicUrl}/faults/${id}`, { method: "DELETE" })).status).toBe(204);
    expect((await fetch(`${sandbox.publicUrl}/faults/${id}`, { method: "DELETE" })).status).toBe(404);
    expect(await listedFaults()).toEqual([]);
  });

  test.each([
    [{ service: "stripe" }, "invalid_fault"],
    [{ service: "momo", fault: "delay" }, "invalid_service"],
    [{ service: "stripe", fault: "delay" }, "invalid_ms"],
    [{ service: "stripe", fault: "error", path: "(" }, "invalid_path"],
    [{ service: "stripe", fault: "error", status: 200 }, "invalid_status"],
  ])("the fault %j is refused", async (fault, code) => {
    const answer = await postJson(sandbox, "/faults", fault);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { code } });
  });
});

describe("faults on notifications", () => {
  async function pay(): Promise<string> {
    const made = await stripe.checkout.sessions.create(sessionOf249);
    await payWithCard(sandbox, made.id, "4242424242424242");
    return String((await stripe.checkout.sessions.retrieve(made.id)).payment_intent);
  }

  const about = (intent: string) =>
    listener.received
      .filter((one) => one.body.includes(intent))
      .map((one) => ({ ...(JSON.parse(one.body) as { id: string; type: string }), at: one.at }));

  test("duplicates carry the same event", async () => {
    await addFault({
      service: "stripe",
      fault: "duplicate_notifications",
      copies: 3,
      type: "session.completed",
    });
    const intent = await pay();
    const completed = () => about(intent).filter((event) => event.type === "checkout.session.completed");
    await until(() => completed().length === 3);
    expect(new Set(completed().map((event) => event.id)).size).toBe(1);
    expect(about(intent)).toHaveLength(5);
  });

  test("reordering turns neighbours around", async () => {
    await addFault({ service: "stripe", fault: "reorder_notifications", times: 2 });
    const intent = await pay();
    await until(() => about(intent).length === 3);
    const types = about(intent).map((event) => event.type);
    expect(types.indexOf("payment_intent.succeeded")).toBeLessThan(types.indexOf("charge.succeeded"));
  });

  test("silence still leaves the events to be listed", async () => {
    await addFault({ service: "stripe", fault: "never_notify", account: account.name });
    const intent = await pay();
    await fetch(`${sandbox.publicUrl}/faults`, { method: "DELETE" });
    const later = await pay();
    await until(() => about(later).length === 3);
    expect(about(intent)).toEqual([]);
    const listed = await stripe.events.list({ limit: 100 });
    expect(listed.data.filter((event) => JSON.stringify(event).includes(intent))).toHaveLength(3);
  });

  test("a delay holds them back", async () => {
    await addFault({ service: "stripe", fault: "delay_notifications", ms: 300 });
    const begun = Date.now();
    const intent = await pay();
    await until(() => about(intent).length === 3);
    expect(Math.min(...about(intent).map((event) => event.at)) - begun).toBeGreaterThanOrEqual(295);
  });
});

describe("the log of requests", () => {
  test("tells what was asked, by whom, with which key, and how it ended, without secrets", async () => {
    const since = new Date().toISOString();
    const fresh = await makeAccount(sandbox, "logged");
    const client = stripeClient(sandbox, fresh.stripe.secret_key);
    await client.checkout.sessions.create(sessionOf249, { idempotencyKey: "logged-key" });
    await addFault({ service: "stripe", fault: "lost_answer", times: 1 });
    await client.checkout.sessions.list().catch(() => null);
    const log = await getJson<{ requests: object[] }>(
      sandbox,
      `/requests?service=stripe&account=logged&since=${since}`,
    );
    expect(log.requests).toMatchObject([
      {
        method: "POST",
        path: "/v1/checkout/sessions",
        status: 200,
        idempotency_key: "logged-key",
        fault: null,
      },
      { method: "GET", path: "/v1/checkout/sessions", status: null, fault: "lost_answer" },
      { method: "GET", path: "/v1/checkout/sessions", status: 200 },
    ]);
    expect(JSON.stringify(log)).not.toContain(fresh.stripe.secret_key);
    const later = await getJson<{ requests: object[] }>(sandbox, `/requests?since=${Date.now() + 60_000}`);
    expect(later.requests).toEqual([]);
  });
});
