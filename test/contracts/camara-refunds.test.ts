// The refunds of the sandbox's carrier, held against the definition: answers, errors and notifications.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  account,
  allScopes,
  ask,
  askRefunds,
  chargedPayment,
  freshNumber,
  listener,
  order,
  partialRefund,
  refundEventOf,
  sandbox,
  startCarrier,
  stopCarrier,
  tokenOf,
  totalRefund,
} from "../../sandbox/test-carrier.ts";
import { postJson } from "../../sandbox/test-harness.ts";
import {
  CARRIER_REFUND,
  type Carrier,
  CONTENT_TYPE,
  HTTPS_SINK,
  notificationSchema,
  openCarrier,
  REFUND_FILES,
} from "./camara.ts";
import { fieldsOf, listOf } from "./json.ts";
import { examplesOf } from "./samples.ts";
import { describeContract } from "./suite.ts";

/** Errors of the definition that the sandbox gives neither by itself nor as a fault. */
const NOT_PLAYED = {
  errors: ["GET /payments/{paymentId}/refunds 400 CARRIER_BILLING_REFUND.TOO_MANY_MATCHING_RECORDS"],
  reason: "It does give it, beyond ten thousand refunds of one payment; that many take too long here.",
};

const CREATE = "POST /payments/{paymentId}/refunds";
const SINK = { sink: HTTPS_SINK };

const OPERATIONS = [
  ["POST", "/refunds"],
  ["GET", "/refunds"],
  ["GET", "/refunds/none"],
  ["GET", "/refunds/remaining-amount"],
] as const;

let carrier: Carrier;

const code = (name: string) => `CARRIER_BILLING_REFUND.${name}`;
const idOf = (body: unknown) => String(fieldsOf({ body }, "body").refundId);
const bodyFor = (method: string) => (method === "GET" ? undefined : partialRefund(1, {}, SINK));

describeContract("the sandbox's carrier refunds as the definition says", REFUND_FILES, () => {
  beforeAll(async () => {
    carrier = openCarrier(CARRIER_REFUND, askRefunds);
    await startCarrier();
  });
  afterAll(stopCarrier);

  it("the definition's own examples satisfy its schemas as these tests run them", () => {
    const examples = examplesOf(carrier.document);
    expect(examples.length).toBeGreaterThan(15);
    for (const { name, schema, value } of examples) {
      expect({ name, faults: carrier.definition.faults(schema, value) }).toEqual({ name, faults: [] });
    }
  });

  it("bodies that these tests send are ones that the definition allows, but for plain http on this machine", () => {
    const schema = carrier.definition.requestSchema(
      carrier.definition.operation("POST", "/payments/1/refunds"),
    );
    for (const body of [totalRefund(SINK), partialRefund(1, {}, SINK)]) {
      expect(carrier.definition.faults(schema ?? {}, body)).toEqual([]);
    }
    const local = carrier.definition.faults(schema ?? {}, totalRefund());
    expect(local[0]).toMatch(/^\/sink must match pattern/);
  });

  it("a partial refund with all that it may hold, a total one, each read again, listed, and what is left", async () => {
    const item = {
      amount: 249,
      currency: "NOK",
      description: "Tickets",
      isTaxIncluded: true,
      taxAmount: 49.8,
    };
    const payment = await chargedPayment(freshNumber("12"), 249, {
      chargingInformation: item,
      paymentDetails: [{ id: "1", ...item }],
    });
    const part = { ...item, amount: 100, taxAmount: 20 };
    const refundAmount = {
      chargingInformation: part,
      chargingMetaData: { merchantIdentifier: "fjord" },
      refundDetails: [{ paymentItemId: "1", ...part }],
    };
    const made = await carrier.asked(
      `/${payment}/refunds`,
      partialRefund(100, refundAmount, { ...SINK, reason: "Rained off" }),
    );
    expect(made).toMatchObject({ status: 201, body: { refundStatus: "succeeded", reason: "Rained off" } });
    expect(fieldsOf(made.body, "amountTransaction").refundAmount).toEqual(refundAmount);
    expect((await carrier.asked(`/${payment}/refunds/${idOf(made.body)}`)).status).toBe(200);
    const left = await carrier.asked(`/${payment}/refunds/remaining-amount`);
    expect(left).toMatchObject({ status: 200, body: { amount: 149, currency: "NOK" } });
    expect((await carrier.asked(`/${payment}/refunds`, totalRefund(SINK))).status).toBe(201);
    const list = await carrier.asked(`/${payment}/refunds?perPage=1&order=asc&refundStatus=succeeded`);
    expect(list.body).toMatchObject([{ refundId: idOf(made.body) }]);
    expect(list.headers.get("content-last-key")).toBe("1");
    expect(list.headers.get("x-total-count")).toBe("2");
  });

  it.each(["41", "42", "43", "44"])(
    "a refund to a number that ends in %s is processing first",
    async (ending) => {
      const payment = await chargedPayment(freshNumber(ending));
      const made = await carrier.asked(`/${payment}/refunds`, totalRefund(SINK));
      expect(made).toMatchObject({ status: 201, body: { refundStatus: "processing" } });
    },
  );

  it.each([
    ["refund-completed", "41"],
    ["refund-completed", "12"],
    ["refund-denied", "42"],
    ["refund-in-bill", "44"],
  ])("notifies of %s for a number that ends in %s", async (name, ending) => {
    const payment = await chargedPayment(freshNumber(ending));
    const body = totalRefund();
    const made = await askRefunds(`/${payment}/refunds`, body, { "x-correlator": `trace-${payment}` });
    await postJson(sandbox, "/hurry", { id: made.body.refundId });
    const event = await refundEventOf(made.body.refundId, name);
    expect(carrier.definition.faults(notificationSchema(carrier.definition, CREATE), event)).toEqual([]);
    const delivery = listener.received.find((one) => one.body.includes(event.id));
    expect(delivery?.headers).toMatchObject({
      "content-type": CONTENT_TYPE,
      "x-correlator": `trace-${payment}`,
      authorization: "Bearer sink-token",
    });
  });

  describe.each(OPERATIONS)("refuses %s %s", (method, path) => {
    it("without a token, and with one that lacks the scope", async () => {
      const wrong = await carrier.asked(`/none${path}`, bodyFor(method), { authorization: "Bearer wrong" });
      expect(wrong.status).toBe(401);
      const authorization = `Bearer ${await tokenOf(account, "carrier-billing:payments:read")}`;
      expect((await carrier.asked(`/none${path}`, bodyFor(method), { authorization })).status).toBe(403);
    });

    it("for a payment that is not there", async () => {
      expect((await carrier.asked(`/none${path}`, bodyFor(method))).status).toBe(404);
    });

    it("with a correlator of other characters", async () => {
      const reply = await fetch(
        `${account.carrier.base_url}/carrier-billing-refund/v0.3/payments/none${path}`,
        {
          method,
          headers: {
            authorization: `Bearer ${await tokenOf(account, allScopes)}`,
            "x-correlator": "has space",
          },
        },
      );
      expect(await reply.json()).toMatchObject({ status: 400, code: "INVALID_ARGUMENT" });
      const operation = carrier.definition.operation(method, `/payments/none${path}`);
      expect(carrier.definition.statuses(operation)).toContain("400");
    });

    it("where a fault is asked for, with a status and code that it may have", async () => {
      const fault = { service: "carrier", fault: "error", times: 1 };
      for (const status of [400, 401, 403, 404, 409, 422, 429, 500, 503]) {
        const operation = carrier.definition.operation(method, `/payments/none${path}`);
        const isListed = carrier.definition.statuses(operation).includes(String(status));
        if (isListed || status >= 500) {
          await postJson(sandbox, "/faults", { ...fault, status });
          expect((await carrier.asked(`/none${path}`, bodyFor(method))).status).toBe(status);
        }
      }
    });
  });

  describe("refuses to make a refund", () => {
    const charged = (ending = "12") => chargedPayment(freshNumber(ending), 249);
    const refused = async (payment: string, body: object) => {
      const { status, body: error } = await carrier.asked(`/${payment}/refunds`, body);
      return [status, fieldsOf({ error }, "error").code];
    };
    const credential = (change: object) => {
      const body = totalRefund(SINK);
      return { ...body, sinkCredential: { ...body.sinkCredential, ...change } };
    };

    it.each<[string, () => object, string]>([
      ["of no type", () => ({ ...totalRefund(SINK), type: undefined }), "INVALID_ARGUMENT"],
      ["without a transaction", () => ({ type: "total" }), "INVALID_ARGUMENT"],
      ["of a part that is not said", () => ({ ...totalRefund(SINK), type: "partial" }), "INVALID_ARGUMENT"],
      [
        "in another currency",
        () =>
          partialRefund(1, { chargingInformation: { amount: 1, currency: "EUR", description: "A" } }, SINK),
        "INVALID_ARGUMENT",
      ],
      ["for a sink in the open", () => totalRefund({ sink: "http://shop.example" }), "INVALID_SINK"],
      [
        "with a credential of another kind",
        () => credential({ credentialType: "PLAIN" }),
        "INVALID_CREDENTIAL",
      ],
      ["with a token of another kind", () => credential({ accessTokenType: "mac" }), "INVALID_TOKEN"],
    ])("%s", async (_name, body, expected) => {
      expect(await refused(await charged(), body())).toEqual([400, expected]);
    });

    it("of more than is left, with other tax, or with items that are not the payment's", async () => {
      const payment = await charged();
      const money = { amount: 1, currency: "NOK", description: "A" };
      expect(await refused(payment, partialRefund(250, {}, SINK))).toEqual([
        422,
        code("UNAUTHORIZED_AMOUNT"),
      ]);
      const gross = { chargingInformation: { ...money, isTaxIncluded: true } };
      expect(await refused(payment, partialRefund(1, gross, SINK))).toEqual([
        422,
        code("TAXES_MANAGEMENT_MISMATCH"),
      ]);
      const items = { refundDetails: [{ paymentItemId: "none", ...money }] };
      expect(await refused(payment, partialRefund(1, items, SINK))).toEqual([
        422,
        code("REFUND_DETAILS_MISMATCH"),
      ]);
    });

    it("of a payment that is not charged", async () => {
      const open = await ask("", order(freshNumber(), 1));
      expect(await refused(open.body.paymentId, totalRefund(SINK))).toEqual([
        422,
        code("INVALID_PAYMENT_STATUS"),
      ]);
    });

    it.each([
      ["45", 403, "REFUND_DENIED"],
      ["46", 403, "PAYMENT_NOT_ELIGIBLE_FOR_REFUND"],
      ["47", 422, "USER_AMOUNT_THRESHOLD_OVERPASSED"],
    ])("to a number that ends in %s", async (ending, status, name) => {
      expect(await refused(await charged(ending), totalRefund(SINK))).toEqual([status, code(name)]);
    });

    it("twice, while the first is open and afterwards", async () => {
      const open = partialRefund(1, {}, SINK);
      const waiting = await charged("43");
      await carrier.asked(`/${waiting}/refunds`, open);
      expect(await refused(waiting, open)).toEqual([400, "INVALID_ARGUMENT"]);
      const done = partialRefund(1, {}, SINK);
      const payment = await charged();
      await carrier.asked(`/${payment}/refunds`, done);
      expect(await refused(payment, done)).toEqual([409, "ALREADY_EXISTS"]);
    });
  });

  it.each([
    ["page=0", "OUT_OF_RANGE"],
    ["perPage=x", "INVALID_ARGUMENT"],
    ["refundStatus=none", "INVALID_ARGUMENT"],
    [
      "refundCreationDate.gte=2030-01-01T00:00:00Z&refundCreationDate.lte=2020-01-01T00:00:00Z",
      code("INVALID_DATE_RANGE"),
    ],
  ])("a list asked for with %s", async (query, expected) => {
    const payment = await chargedPayment(freshNumber("12"));
    expect(await carrier.asked(`/${payment}/refunds?${query}`)).toMatchObject({
      status: 400,
      body: { code: expected },
    });
  });

  // Looks back on all tests above.
  it("with every error that the definition lists for each operation, but for the one that it does not play", () => {
    const listed = carrier.definition.operations().flatMap((operation) =>
      carrier.definition.statuses(operation).flatMap((status) =>
        listOf(carrier.definition.answerSchema(operation, status), "allOf")
          .flatMap((part) => listOf(fieldsOf(fieldsOf(part, "properties"), "code"), "enum"))
          .map((name) => `${operation.name} ${status} ${name}`),
      ),
    );
    const unplayed = listed.filter((error) => !carrier.seen.has(error));
    expect(unplayed.sort()).toEqual(NOT_PLAYED.errors);
  });
});
