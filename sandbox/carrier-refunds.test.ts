import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  allScopes,
  ask,
  askRefunds,
  type CloudEvent,
  chargedPayment,
  freshNumber,
  listener,
  order,
  partialRefund,
  type Refund,
  refundEventOf,
  sandbox,
  startCarrier,
  stopCarrier,
  tokenOf,
  totalRefund,
} from "./test-carrier.ts";
import { getJson, makeAccount, postJson, until } from "./test-harness.ts";

beforeAll(startCarrier);
afterAll(stopCarrier);

type Remaining = { amount: number; currency: string; isTaxIncluded: boolean };

const refund = (payment: string, body: object) => askRefunds(`/${payment}/refunds`, body);
const read = (payment: string, id: string) => askRefunds(`/${payment}/refunds/${id}`);
const remaining = async (payment: string) =>
  (await askRefunds<Remaining>(`/${payment}/refunds/remaining-amount`)).body;

describe("refunds", () => {
  test("of parts and of the rest leave nothing, and nothing can be refunded after that", async () => {
    const payment = await chargedPayment(freshNumber("12"));
    expect(await remaining(payment)).toMatchObject({ amount: 249, currency: "NOK", isTaxIncluded: false });
    const part = await refund(payment, partialRefund(49.5, {}, { reason: "One was broken" }));
    expect(part).toMatchObject({
      status: 201,
      body: { refundStatus: "succeeded", type: "partial", reason: "One was broken" },
    });
    expect((await remaining(payment)).amount).toBe(199.5);
    const more = await refund(payment, partialRefund(199.501));
    expect(more).toMatchObject({
      status: 422,
      body: { code: "CARRIER_BILLING_REFUND.UNAUTHORIZED_AMOUNT" },
    });
    const rest = await refund(payment, totalRefund());
    expect(rest).toMatchObject({ status: 201, body: { type: "total", refundStatus: "succeeded" } });
    expect(rest.body.amountTransaction.refundAmount).toEqual({});
    expect(rest.body.refundDate).toBeDefined();
    expect((await remaining(payment)).amount).toBe(0);
    for (const body of [totalRefund(), partialRefund(0.001)]) {
      expect((await refund(payment, body)).body.code).toBe("CARRIER_BILLING_REFUND.UNAUTHORIZED_AMOUNT");
    }
    expect((await read(payment, rest.body.refundId)).body).toEqual(rest.body);
    expect(rest.headers.get("location")).toContain(`/payments/${payment}/refunds/${rest.body.refundId}`);
  });

  test("two at once cannot take the same money", async () => {
    const payment = await chargedPayment(freshNumber("41"));
    const answers = await Promise.all(
      [partialRefund(200), partialRefund(200)].map((body) => refund(payment, body)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 422]);
  });

  test("by item must name the payment's items, not beyond their price, and add up", async () => {
    const item = (id: string, amount: number) => ({ id, amount, currency: "NOK", description: `Item ${id}` });
    const details = { paymentDetails: [item("book", 200), item("card", 49)] };
    const payment = await chargedPayment(freshNumber("12"), 249, details);
    const of = (paymentItemId: string, amount: number, more: object = {}) => ({
      paymentItemId,
      amount,
      currency: "NOK",
      description: "Back",
      ...more,
    });
    const byItem = (amount: number, ...refundDetails: object[]) =>
      refund(payment, partialRefund(amount, { refundDetails }));
    const mismatch = { status: 422, body: { code: "CARRIER_BILLING_REFUND.REFUND_DETAILS_MISMATCH" } };
    expect(await byItem(10, of("pen", 10))).toMatchObject(mismatch);
    expect(await byItem(50, of("card", 50))).toMatchObject(mismatch);
    expect(await byItem(20, of("card", 10))).toMatchObject(mismatch);
    expect(await byItem(10, of("card", 10, { isTaxIncluded: true }))).toMatchObject(mismatch);
    const good = await byItem(30, of("card", 10), of("book", 20));
    expect(good.status).toBe(201);
    expect(good.body.amountTransaction.refundAmount.refundDetails).toEqual([of("card", 10), of("book", 20)]);
    expect(await byItem(40, of("card", 40))).toMatchObject(mismatch);
    expect((await byItem(39, of("card", 39))).status).toBe(201);
  });

  test("treat tax as the payment did, and count tax that came on top", async () => {
    const taxed = { amount: 200, currency: "NOK", description: "Taxed", taxAmount: 50 };
    const payment = await chargedPayment(freshNumber("12"), 200, { chargingInformation: taxed });
    expect(await remaining(payment)).toMatchObject({ amount: 250, isTaxIncluded: true });
    const gross = { chargingInformation: { ...taxed, isTaxIncluded: true } };
    expect((await refund(payment, partialRefund(1, gross))).body.code).toBe(
      "CARRIER_BILLING_REFUND.TAXES_MANAGEMENT_MISMATCH",
    );
    const net = { chargingInformation: { ...taxed, amount: 100, taxAmount: 25 } };
    expect((await refund(payment, partialRefund(1, net))).status).toBe(201);
    expect((await remaining(payment)).amount).toBe(125);
  });

  test("are listed by payment, status, merchant and date, in pages", async () => {
    const payment = await chargedPayment(freshNumber("43"));
    const ids: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      const merchant = count === 0 ? { chargingMetaData: { merchantIdentifier: "fjord" } } : {};
      ids.push((await refund(payment, partialRefund(1, merchant))).body.refundId);
    }
    const list = async (query: string) => {
      const page = await askRefunds<Refund[]>(`/${payment}/refunds${query}`);
      return { ids: page.body.map((one) => one.refundId), headers: page.headers };
    };
    const first = await list("?perPage=2");
    expect(first.ids).toEqual([ids[2], ids[1]]);
    expect(first.headers.get("x-total-count")).toBe("3");
    expect((await list("?perPage=2&page=2&order=asc")).ids).toEqual([ids[2]]);
    expect((await list("?merchantIdentifier=fjord")).ids).toEqual([ids[0]]);
    expect((await list("?refundStatus=succeeded&refundStatus=denied")).ids).toEqual([]);
    expect((await list("?refundCreationDate.lte=2020-01-01T00:00:00Z")).ids).toEqual([]);
    expect((await remaining(payment)).amount).toBe(246);
  });
});

describe("the carrier refuses", () => {
  test("to refund what was not charged, what is not there, and what another client charged", async () => {
    const open = await ask("", order(freshNumber()));
    expect(await refund(open.body.paymentId, totalRefund())).toMatchObject({
      status: 422,
      body: { code: "CARRIER_BILLING_REFUND.INVALID_PAYMENT_STATUS" },
    });
    expect((await remaining(open.body.paymentId)).amount).toBe(0);
    expect((await refund("none", totalRefund())).status).toBe(404);
    const payment = await chargedPayment(freshNumber("12"));
    const made = await refund(payment, partialRefund(1));
    const stranger = await makeAccount(sandbox, "stranger");
    const authorization = `Bearer ${await tokenOf(stranger, allScopes)}`;
    for (const path of ["", "/remaining-amount", `/${made.body.refundId}`]) {
      const answer = await askRefunds(`/${payment}/refunds${path}`, undefined, { authorization });
      expect(answer.status).toBe(404);
    }
    const other = await chargedPayment(freshNumber("12"));
    expect((await read(other, made.body.refundId)).status).toBe(404);
  });

  test("a repeat: while the first is open, once it is done, and by its reference", async () => {
    const payment = await chargedPayment(freshNumber("43"));
    const open = partialRefund(1);
    expect((await refund(payment, open)).status).toBe(201);
    expect(await refund(payment, open)).toMatchObject({ status: 400, body: { code: "INVALID_ARGUMENT" } });
    const done = await chargedPayment(freshNumber("12"));
    const body = partialRefund(1);
    expect((await refund(done, body)).status).toBe(201);
    expect(await refund(done, body)).toMatchObject({ status: 409, body: { code: "ALREADY_EXISTS" } });
    const { clientCorrelator: _correlator, ...transaction } = partialRefund(1).amountTransaction;
    const referred = { ...partialRefund(1), amountTransaction: transaction };
    expect((await refund(done, referred)).status).toBe(201);
    expect((await refund(done, referred)).status).toBe(409);
  });

  test.each([
    ["45", 403, "REFUND_DENIED"],
    ["46", 403, "PAYMENT_NOT_ELIGIBLE_FOR_REFUND"],
    ["47", 422, "USER_AMOUNT_THRESHOLD_OVERPASSED"],
  ])("numbers that end in %s, and makes no refund", async (ending, status, code) => {
    const payment = await chargedPayment(freshNumber(ending));
    expect(await refund(payment, totalRefund())).toMatchObject({
      status,
      body: { code: `CARRIER_BILLING_REFUND.${code}` },
    });
    expect((await remaining(payment)).amount).toBe(249);
  });
});

describe("a refund that is decided later", () => {
  test.each([
    ["41", "refund-completed", "succeeded", 0],
    ["42", "refund-denied", "denied", 249],
  ])("on an ending of %s ends with %s", async (ending, event, status, left) => {
    const payment = await chargedPayment(freshNumber(ending));
    const made = await refund(payment, totalRefund());
    expect(made.body.refundStatus).toBe("processing");
    expect((await remaining(payment)).amount).toBe(0);
    await postJson(sandbox, "/hurry", { id: made.body.refundId });
    const news = await refundEventOf(made.body.refundId, event);
    expect(news.data).toMatchObject({ paymentId: payment, refundId: made.body.refundId });
    expect(news.data.status).toBe(status === "succeeded" ? "succeeded" : "failed");
    expect((await read(payment, made.body.refundId)).body.refundStatus).toBe(status);
    expect((await remaining(payment)).amount).toBe(left);
    const delivery = listener.received.find((one) => one.body.includes(news.id));
    expect(delivery?.headers.authorization).toBe("Bearer sink-token");
  });

  test("on an ending of 44 is announced for the next bill before it is completed", async () => {
    const payment = await chargedPayment(freshNumber("44"));
    const { refundId } = (await refund(payment, totalRefund())).body;
    await postJson(sandbox, "/hurry", { id: refundId });
    await refundEventOf(refundId, "refund-in-bill");
    expect((await read(payment, refundId)).body.refundStatus).toBe("processing");
    await until(async () => {
      await postJson(sandbox, "/hurry", { id: refundId });
      return (await read(payment, refundId)).body.refundStatus === "succeeded";
    });
  });

  test("on an ending of 43 stays processing, and nothing is sent", async () => {
    const payment = await chargedPayment(freshNumber("43"));
    const { refundId } = (await refund(payment, totalRefund())).body;
    const hurried = await postJson(sandbox, "/hurry", { id: refundId });
    expect(await hurried.json()).toMatchObject({ hurried: 0 });
    const { events } = await getJson<{ events: CloudEvent[] }>(
      sandbox,
      `/carrier-events?refund_id=${refundId}`,
    );
    expect(events).toEqual([]);
  });

  test("a listener that answers 410 gets no more of that refund, but of others", async () => {
    const payment = await chargedPayment(freshNumber("44"));
    const sink = `${listener.url}/gone-refund`;
    const { refundId } = (await refund(payment, { ...totalRefund(), sink })).body;
    await until(() => listener.received.some((one) => one.body.includes(payment)));
    listener.statuses.push(410);
    await postJson(sandbox, "/hurry", { id: refundId });
    await refundEventOf(refundId, "refund-in-bill");
    await until(async () => {
      await postJson(sandbox, "/hurry", { id: refundId });
      return (await read(payment, refundId)).body.refundStatus === "succeeded";
    });
    const other = await refund(await chargedPayment(freshNumber("12")), totalRefund());
    await refundEventOf(other.body.refundId, "refund-completed");
    expect(listener.received.filter((one) => one.path === "/gone-refund")).toHaveLength(1);
  });
});
