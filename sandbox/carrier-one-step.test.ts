import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  account,
  allScopes,
  approve,
  ask,
  decline,
  eventOf,
  eventsAbout,
  freshNumber,
  holdMs,
  listener,
  order,
  type Payment,
  type Reply,
  requestToken,
  sandbox,
  startCarrier,
  stopCarrier,
  tokenOf,
} from "./test-carrier.ts";
import { getJson, makeAccount, postJson, until } from "./test-harness.ts";

/** Asked for at the very beginning, because it takes its time; looked at in the last test. */
let unanswered: { number: string; begun: number; reply: Promise<Reply<Payment>> };

beforeAll(async () => {
  await startCarrier();
  const number = freshNumber("11");
  unanswered = { number, begun: Date.now(), reply: ask("", order(number)) };
});
afterAll(stopCarrier);

describe("tokens", () => {
  test("are given for client credentials, in the body or by Basic", async () => {
    const { client_id, client_secret } = account.carrier;
    const basic = { authorization: `Basic ${btoa(`${client_id}:${client_secret}`)}` };
    const answer = await requestToken({ grant_type: "client_credentials", scope: allScopes }, basic);
    expect(await answer.json()).toMatchObject({ token_type: "Bearer", expires_in: 300, scope: allScopes });
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  test.each([
    ["a wrong secret", { client_secret: "wrong" }, 401, "invalid_client"],
    ["no scope", { scope: "" }, 400, "invalid_scope"],
    ["an unknown scope", { scope: "everything" }, 400, "invalid_scope"],
    ["another grant", { grant_type: "password" }, 400, "unsupported_grant_type"],
    ["no grant", { grant_type: "" }, 400, "invalid_request"],
  ])("%s is refused as OAuth says", async (_name, change, status, error) => {
    const { client_id, client_secret } = account.carrier;
    const answer = await requestToken({
      grant_type: "client_credentials",
      client_id,
      client_secret,
      scope: allScopes,
      ...change,
    });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ error });
  });

  test("a missing or wrong token is 401, one without the scope is 403", async () => {
    const wrong = await ask("", undefined, { authorization: "Bearer wrong" });
    expect(wrong).toMatchObject({ status: 401, body: { status: 401, code: "UNAUTHENTICATED" } });
    const reader = await tokenOf(account, "carrier-billing:payments:read");
    const denied = await ask("", order(freshNumber()), { authorization: `Bearer ${reader}` });
    expect(denied).toMatchObject({ status: 403, body: { code: "PERMISSION_DENIED" } });
  });
});

describe("one step", () => {
  test("an approved prompt completes the payment and notifies the sink with its credential and correlator", async () => {
    const number = freshNumber();
    const made = await ask("", order(number), { "x-correlator": "trace-1" });
    expect(made).toMatchObject({ status: 201, body: { paymentStatus: "processing" } });
    expect(made.headers.get("x-correlator")).toBe("trace-1");
    expect(made.headers.get("location")).toBe(made.body.amountTransaction.resourceURL);
    const { prompts } = await getJson<{ prompts: object[] }>(sandbox, `/phones/${number}/prompts`);
    expect(prompts).toMatchObject([
      {
        text: "Fjord Books wants to charge NOK 249.00 to your phone bill",
        state: "open",
        payment_id: made.body.paymentId,
      },
    ]);
    expect((await approve(number)).status).toBe(200);
    const event = await eventOf(made.body.paymentId, "payment-completed");
    expect(event).toMatchObject({ specversion: "1.0", data: { status: "succeeded" } });
    expect(event.data.paymentDate).toMatch(/Z$/);
    const delivery = listener.received.find((one) => one.body.includes(event.id));
    expect(delivery?.headers).toMatchObject({
      authorization: "Bearer sink-token",
      "content-type": "application/cloudevents+json",
      "x-correlator": "trace-1",
    });
    const read = await ask(`/${made.body.paymentId}`);
    expect(read.body.paymentStatus).toBe("succeeded");
    expect(read.body.paymentDate).toBe(event.data.paymentDate);
    expect(JSON.stringify(read.body)).not.toContain("sink-token");
  });

  test("a declined prompt denies the payment, and so does one that runs out", async () => {
    const number = freshNumber();
    const first = await ask("", order(number));
    await decline(number);
    expect((await eventOf(first.body.paymentId, "payment-denied")).data.status).toBe("failed");
    const second = await ask("", order(number));
    await postJson(sandbox, "/hurry", { id: second.body.paymentId });
    const event = await eventOf(second.body.paymentId, "payment-denied");
    expect(event.data.denialReason).toContain("in time");
    expect((await approve(number)).status).toBe(404);
  });

  test("an ending of 11 holds the call until the prompt is answered", async () => {
    const number = freshNumber("11");
    const held = ask("", order(number));
    await until(async () => (await approve(number)).status === 200);
    expect(await held).toMatchObject({ status: 201, body: { paymentStatus: "succeeded" } });
    const refused = ask("", order(number));
    await until(async () => (await decline(number)).status === 200);
    expect(await refused).toMatchObject({ status: 403, body: { code: "CARRIER_BILLING.PAYMENT_DENIED" } });
    const list = await ask<Payment[]>("?paymentStatus=denied&merchantIdentifier=fjord&perPage=100");
    expect(list.body.some((payment) => JSON.stringify(payment).includes(number))).toBe(false);
  });

  test("an ending of 12 succeeds at once, and so does anyone whose carrier does not prompt", async () => {
    expect((await ask("", order(freshNumber("12")))).body.paymentStatus).toBe("succeeded");
    const silent = await makeAccount(sandbox, "no-prompts", { carrier_prompts: false });
    const authorization = `Bearer ${await tokenOf(silent, allScopes)}`;
    const number = freshNumber();
    expect((await ask("", order(number), { authorization })).body.paymentStatus).toBe("succeeded");
    expect(await getJson(sandbox, `/phones/${number}/prompts`)).toEqual({ prompts: [] });
    expect((await ask("", order(freshNumber("23")), { authorization })).status).toBe(403);
  });

  test.each([
    ["21", 404, "IDENTIFIER_NOT_FOUND"],
    ["22", 422, "SERVICE_NOT_APPLICABLE"],
    ["23", 403, "CARRIER_BILLING.PAYMENT_DENIED"],
    ["25", 422, "CARRIER_BILLING.USER_AMOUNT_THRESHOLD_OVERPASSED"],
  ])("an ending of %s is refused with %i %s and makes no payment", async (ending, status, code) => {
    const body = order(freshNumber(ending));
    expect(await ask("", body)).toMatchObject({ status, body: { status, code } });
    // Not made, so the same correlator is free for the next try.
    body.amountTransaction.phoneNumber = freshNumber("12");
    expect((await ask("", body)).status).toBe(201);
  });

  test("an ending of 24 is denied after a second without a prompt, one of 26 stays processing", async () => {
    const silent = await ask("", order(freshNumber("26")));
    const empty = await ask("", order(freshNumber("24")));
    expect(empty.body.paymentStatus).toBe("processing");
    expect((await eventOf(empty.body.paymentId, "payment-denied")).data.denialReason).toBeTruthy();
    expect((await ask(`/${silent.body.paymentId}`)).body.paymentStatus).toBe("processing");
    expect(eventsAbout(silent.body.paymentId)).toEqual([]);
  });
});

describe("repeats", () => {
  test("a correlator is refused with 400 while its payment is open, and with 409 afterwards", async () => {
    const number = freshNumber();
    const body = order(number);
    await ask("", body);
    const open = await ask("", body);
    expect(open).toMatchObject({
      status: 400,
      body: { code: "INVALID_ARGUMENT", message: "clientCorrelator already exist on server." },
    });
    await approve(number);
    expect(await ask("", body)).toMatchObject({ status: 409, body: { code: "ALREADY_EXISTS" } });
  });

  test("without a correlator a repeated reference is refused with 409", async () => {
    const { clientCorrelator, ...transaction } = order(freshNumber("12")).amountTransaction;
    expect(clientCorrelator).toBeTruthy();
    expect((await ask("", { amountTransaction: transaction })).status).toBe(201);
    expect(await ask("", { amountTransaction: transaction })).toMatchObject({
      status: 409,
      body: { code: "ALREADY_EXISTS" },
    });
  });
});

test("held for 8 seconds, a call answers processing and goes on asynchronously", {
  timeout: 15_000,
}, async () => {
  const { number, begun, reply } = unanswered;
  const made = await reply;
  expect(Date.now() - begun).toBeGreaterThan(holdMs - 100);
  expect(made).toMatchObject({ status: 201, body: { paymentStatus: "processing" } });
  await approve(number);
  await eventOf(made.body.paymentId, "payment-completed");
});
