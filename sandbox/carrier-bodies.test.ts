import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toThousandths, writeThousandths } from "./carrier/amounts.ts";
import { ask, decline, freshNumber, order, startCarrier, stopCarrier } from "./test-carrier.ts";

beforeAll(startCarrier);
afterAll(stopCarrier);

describe("bodies are read by the definition", () => {
  const number = "+4790000012";
  const withTransaction = (change: object) => {
    const body = order(number);
    return { ...body, amountTransaction: { ...body.amountTransaction, ...change } };
  };
  const withInformation = (change: object) =>
    withTransaction({
      paymentAmount: { chargingInformation: { amount: 1, currency: "EUR", description: "A", ...change } },
    });
  const withCredential = (change: object) => ({
    ...order(number),
    sinkCredential: { ...order(number).sinkCredential, ...change },
  });
  const cases: [string, () => unknown, number, string][] = [
    ["no transaction", () => ({}), 400, "INVALID_ARGUMENT"],
    ["no reference", () => withTransaction({ referenceCode: undefined }), 400, "INVALID_ARGUMENT"],
    ["no phone", () => withTransaction({ phoneNumber: undefined }), 422, "MISSING_IDENTIFIER"],
    ["a phone without plus", () => withTransaction({ phoneNumber: "4790000012" }), 400, "INVALID_ARGUMENT"],
    ["an amount in text", () => withInformation({ amount: "1.00" }), 400, "INVALID_ARGUMENT"],
    ["an amount of nothing", () => withInformation({ amount: 0 }), 400, "INVALID_ARGUMENT"],
    ["four decimals", () => withInformation({ amount: 1.0001 }), 400, "INVALID_ARGUMENT"],
    ["an unknown currency", () => withInformation({ currency: "XXX" }), 400, "INVALID_ARGUMENT"],
    ["a currency in small letters", () => withInformation({ currency: "eur" }), 400, "INVALID_ARGUMENT"],
    ["no description", () => withInformation({ description: undefined }), 400, "INVALID_ARGUMENT"],
    [
      "no items among the details",
      () =>
        withTransaction({
          paymentAmount: {
            chargingInformation: { amount: 1, currency: "EUR", description: "A" },
            paymentDetails: [],
          },
        }),
      400,
      "INVALID_ARGUMENT",
    ],
    ["a sink that is no address", () => ({ ...order(number), sink: "here" }), 400, "INVALID_ARGUMENT"],
    [
      "a sink in the open",
      () => ({ ...order(number), sink: "http://shop.example/sink" }),
      400,
      "INVALID_SINK",
    ],
    [
      "a credential of another kind",
      () => withCredential({ credentialType: "PLAIN" }),
      400,
      "INVALID_CREDENTIAL",
    ],
    ["a token of another kind", () => withCredential({ accessTokenType: "mac" }), 400, "INVALID_TOKEN"],
    [
      "a credential's end without zone",
      () => withCredential({ accessTokenExpiresUtc: "2099-01-01T00:00:00" }),
      400,
      "INVALID_ARGUMENT",
    ],
    [
      "more than the carrier charges at once",
      () => order(number, 600.001),
      422,
      "CARRIER_BILLING.UNAUTHORIZED_AMOUNT",
    ],
  ];

  test.each(cases)("%s", async (_name, makeBody, status, code) => {
    expect(await ask("", makeBody())).toMatchObject({ status, body: { status, code } });
    expect(await ask("/prepare", makeBody())).toMatchObject({ status, body: { status, code } });
  });

  test("what is not JSON, and a correlator with other characters, are refused, and an answer has a correlator always", async () => {
    const plain = await ask("", order(number), { "content-type": "text/plain" });
    expect(plain).toMatchObject({ status: 415, body: { code: "UNSUPPORTED_MEDIA_TYPE" } });
    expect(plain.headers.get("x-correlator")).toBeTruthy();
    const odd = await ask("", order(number), { "x-correlator": "has space" });
    expect(odd).toMatchObject({ status: 400, body: { code: "INVALID_ARGUMENT" } });
    expect(odd.headers.get("x-correlator")).not.toBe("has space");
  });

  test("amounts keep three decimals without drift", async () => {
    for (const amount of [0.001, 0.1, 1.005, 19.999, 249.995, 0.29, 4.35]) {
      const made = await ask("", order(freshNumber("12"), amount));
      expect(made.body.amountTransaction.paymentAmount.chargingInformation.amount).toBe(amount);
    }
    expect(toThousandths(0.1 + 0.2)).toBeNull();
    expect(toThousandths(1.005)).toBe(1_005);
    expect(writeThousandths(249_995, "NOK")).toBe("NOK 249.995");
    expect(writeThousandths(1_234_500, "NOK")).toBe("NOK 1,234.50");
    expect(writeThousandths(5_000, "ISK")).toBe("ISK 5");
  });
});

describe("limits", () => {
  test("a subscriber's month holds, also against payments that are still open, and a denied one gives back", async () => {
    const number = freshNumber();
    for (let count = 0; count < 6; count += 1) {
      expect((await ask("", order(number, 50, {}, "EUR"))).status).toBe(201);
    }
    const over = await ask("", order(number, 0.001, {}, "EUR"));
    expect(over).toMatchObject({
      status: 422,
      body: { code: "CARRIER_BILLING.USER_AMOUNT_THRESHOLD_OVERPASSED" },
    });
    await decline(number);
    expect((await ask("", order(number, 50, {}, "EUR"))).status).toBe(201);
    expect((await ask("", order(freshNumber(), 50, {}, "EUR"))).status).toBe(201);
  });

  test("tax that is not in the amount counts on top of it", async () => {
    const body = order(freshNumber("12"), 40, {}, "EUR");
    Object.assign(body.amountTransaction.paymentAmount.chargingInformation, { taxAmount: 10.001 });
    expect((await ask("", body)).body.code).toBe("CARRIER_BILLING.UNAUTHORIZED_AMOUNT");
    Object.assign(body.amountTransaction.paymentAmount.chargingInformation, { isTaxIncluded: true });
    expect((await ask("", body)).status).toBe(201);
  });
});
