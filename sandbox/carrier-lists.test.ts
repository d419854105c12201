import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  allScopes,
  ask,
  eventOf,
  freshNumber,
  order,
  type Payment,
  sandbox,
  startCarrier,
  stopCarrier,
  tokenOf,
} from "./test-carrier.ts";
import { getJson, makeAccount, postJson, startListener, until } from "./test-harness.ts";

beforeAll(startCarrier);
afterAll(stopCarrier);

describe("lists", () => {
  test("show this client's payments only, filtered, ordered and paged with their totals", async () => {
    const own = await makeAccount(sandbox, "lister");
    const authorization = `Bearer ${await tokenOf(own, allScopes)}`;
    const list = (query: string) => ask<Payment[]>(query, undefined, { authorization });
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      const ending = count === 4 ? "26" : "12";
      ids.push((await ask("", order(freshNumber(ending)), { authorization })).body.paymentId);
    }
    const first = await list("?perPage=2");
    expect(first.body.map((payment) => payment.paymentId)).toEqual([ids[4], ids[3]]);
    expect(first.headers.get("x-total-count")).toBe("5");
    expect(first.headers.get("content-last-key")).toBe("2");
    const last = await list("?perPage=2&page=3&order=asc");
    expect(last.body.map((payment) => payment.paymentId)).toEqual([ids[4]]);
    expect(last.headers.get("content-last-key")).toBe("5");
    expect((await list("?paymentStatus=succeeded&paymentStatus=denied")).body).toHaveLength(4);
    expect((await list("?merchantIdentifier=nobody")).body).toEqual([]);
    const now = encodeURIComponent(new Date().toISOString());
    expect((await list(`?paymentCreationDate.lte=${now}`)).body).toHaveLength(5);
    expect((await list("?paymentCreationDate.lte=2020-01-01T00:00:00%2B01:00")).body).toHaveLength(0);
    expect((await ask(`/${ids[0]}`)).status).toBe(404);
  });

  test.each([
    ["?page=0", "OUT_OF_RANGE"],
    ["?perPage=1000", "OUT_OF_RANGE"],
    ["?page=x", "INVALID_ARGUMENT"],
    ["?order=up", "INVALID_ARGUMENT"],
    ["?paymentStatus=succeeded,denied", "INVALID_ARGUMENT"],
    ["?paymentCreationDate.gte=yesterday", "INVALID_ARGUMENT"],
    [
      "?paymentCreationDate.gte=2030-01-01T00:00:00Z&paymentCreationDate.lte=2020-01-01T00:00:00Z",
      "CARRIER_BILLING.INVALID_DATE_RANGE",
    ],
  ])("%s is refused with %s", async (query, code) => {
    expect(await ask(query)).toMatchObject({ status: 400, body: { code } });
  });
});

describe("notifications", () => {
  test("are tried again after an error, stop at 410, and end with their credential", async () => {
    const receiver = await startListener();
    receiver.statuses.push(500);
    const sink = { sink: receiver.url };
    await ask("", order(freshNumber("12"), 1, sink));
    await until(() => receiver.received.length === 2);
    expect(receiver.received[0]?.body).toBe(receiver.received[1]?.body);

    receiver.received.length = 0;
    receiver.statuses.push(410);
    const number = freshNumber();
    const gone = await ask("/prepare", order(number, 1, sink));
    await until(() => receiver.received.length === 1);
    await ask(`/${gone.body.paymentId}/confirm`, { phoneNumber: number });
    const expired = { ...order(number).sinkCredential, accessTokenExpiresUtc: "2020-01-01T00:00:00Z" };
    await ask("", order(freshNumber("12"), 1, { ...sink, sinkCredential: expired }));
    const last = await ask("", order(freshNumber("12"), 1, sink));
    await until(() => receiver.received.some((one) => one.body.includes(last.body.paymentId)));
    expect(receiver.received).toHaveLength(2);
    receiver.close();
  });

  test("one can be sent again many times at once", async () => {
    const made = await ask("", order(freshNumber("12")));
    const event = await eventOf(made.body.paymentId, "payment-completed");
    const answer = await postJson(sandbox, "/carrier-events/redeliver", { event_id: event.id, copies: 20 });
    expect(await answer.json()).toEqual({ event_id: event.id, statuses: Array(20).fill(200) });
    const listed = await getJson<{ events: { id: string }[] }>(
      sandbox,
      `/carrier-events?payment_id=${made.body.paymentId}`,
    );
    expect(listed.events.map((one) => one.id)).toEqual([event.id]);
  });
});
