// Every error that the sandbox's carrier can give, held against the definition, operation by operation.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  account,
  allScopes,
  freshNumber,
  order,
  sandbox,
  startCarrier,
  stopCarrier,
  tokenOf,
} from "../../sandbox/test-carrier.ts";
import { postJson } from "../../sandbox/test-harness.ts";
import { CARRIER_FILES, type Carrier, HTTPS_SINK, openCarrier } from "./camara.ts";
import { fieldsOf, listOf } from "./json.ts";
import { describeContract } from "./suite.ts";

/** Errors of the definition that the sandbox gives neither by itself nor as a fault. */
const NOT_PLAYED: readonly { readonly errors: readonly string[]; readonly reason: string }[] = [
  {
    errors: ["", "/prepare", "/{paymentId}/confirm", "/{paymentId}/cancel"].map(
      (path) => `POST /payments${path} 422 UNNECESSARY_IDENTIFIER`,
    ),
    reason: "It gives out the application's own tokens only, none that is bound to a subscriber.",
  },
  {
    errors: ["GET /payments 400 CARRIER_BILLING.TOO_MANY_MATCHING_RECORDS"],
    reason: "It does give it, beyond ten thousand payments; that many take too long here.",
  },
];

let carrier: Carrier;

const OPERATIONS = [
  ["POST", ""],
  ["GET", ""],
  ["GET", "/none"],
  ["POST", "/prepare"],
  ["POST", "/none/validate"],
  ["POST", "/none/confirm"],
  ["POST", "/none/cancel"],
] as const;

const bodyFor = (method: string) =>
  method === "GET" ? undefined : order(freshNumber(), 1, { sink: HTTPS_SINK });

describeContract("the sandbox's carrier refuses as the definition says", CARRIER_FILES, () => {
  beforeAll(async () => {
    carrier = openCarrier();
    await startCarrier();
  });
  afterAll(stopCarrier);

  describe.each(OPERATIONS)("%s /payments%s", (method, path) => {
    it("without a token, and with one that lacks the scope", async () => {
      const wrong = await carrier.asked(path, bodyFor(method), { authorization: "Bearer wrong" });
      expect(wrong.status).toBe(401);
      const isReading = method === "GET";
      const scope = isReading ? "carrier-billing:payments:write" : "carrier-billing:payments:read";
      const authorization = `Bearer ${await tokenOf(account, scope)}`;
      expect((await carrier.asked(path, bodyFor(method), { authorization })).status).toBe(403);
    });

    it("with a correlator of other characters, which is not echoed", async () => {
      const operation = carrier.definition.operation(method, `/payments${path}`);
      const reply = await fetch(`${account.carrier.base_url}/carrier-billing/v0.5/payments${path}`, {
        method,
        headers: {
          authorization: `Bearer ${await tokenOf(account, allScopes)}`,
          "x-correlator": "has space",
        },
      });
      const body: unknown = await reply.json();
      expect(
        carrier.definition.answerFaults(operation, { status: reply.status, headers: reply.headers, body }),
      ).toEqual([]);
      expect(body).toMatchObject({ status: 400, code: "INVALID_ARGUMENT" });
    });

    it("where a fault is asked for, with a status and code that it may have", async () => {
      const fault = { service: "carrier", fault: "error", times: 1 };
      for (const status of [
        400, 401, 403, 404, 405, 406, 409, 410, 412, 415, 422, 429, 500, 501, 502, 503, 504,
      ]) {
        await postJson(sandbox, "/faults", { ...fault, status });
        expect((await carrier.asked(path, bodyFor(method))).status).toBe(status);
      }
      await postJson(sandbox, "/faults", { ...fault, fault: "rate_limit" });
      expect((await carrier.asked(path, bodyFor(method))).status).toBe(429);
    });
  });

  describe.each(["", "/prepare"])("a body to POST /payments%s", (path) => {
    it.each<[string, () => object, number]>([
      ["without a transaction", () => ({}), 400],
      ["with a credential of another kind", () => credential({ credentialType: "PLAIN" }), 400],
      ["with a token of another kind", () => credential({ accessTokenType: "mac" }), 400],
      ["with a sink in the open", () => order(freshNumber(), 1, { sink: "http://shop.example" }), 400],
      ["without a phone", () => transaction({ phoneNumber: undefined }), 422],
      ["for an unknown phone", () => order(freshNumber("21"), 1, { sink: HTTPS_SINK }), 404],
      ["for one that cannot be charged", () => order(freshNumber("22"), 1, { sink: HTTPS_SINK }), 422],
      ["for a barred one", () => order(freshNumber("23"), 1, { sink: HTTPS_SINK }), 403],
      ["for one at its limit", () => order(freshNumber("25"), 1, { sink: HTTPS_SINK }), 422],
      ["for too much", () => order(freshNumber(), 600.001, { sink: HTTPS_SINK }), 422],
    ])("%s", async (_name, body, status) => {
      expect((await carrier.asked(path, body())).status).toBe(status);
    });

    it("that is sent twice, while its payment is open and afterwards", async () => {
      const open = order(freshNumber(), 1, { sink: HTTPS_SINK });
      expect((await carrier.asked(path, open)).status).toBe(201);
      expect((await carrier.asked(path, open)).status).toBe(400);
      const done = transaction({ clientCorrelator: undefined });
      expect((await carrier.asked(path, done)).status).toBe(201);
      expect((await carrier.asked(path, done)).status).toBe(409);
    });

    it("that is not JSON", async () => {
      const reply = await carrier.asked(path, order(freshNumber(), 1), { "content-type": "text/plain" });
      expect(reply.status).toBe(415);
    });
  });

  it.each([
    "page=0",
    "perPage=x",
    "paymentStatus=none",
    "paymentCreationDate.gte=2030-01-01T00:00:00Z&paymentCreationDate.lte=2020-01-01T00:00:00Z",
  ])("a list asked for with %s", async (query) => {
    expect((await carrier.asked(`?${query}`)).status).toBe(400);
  });

  it("a step of a payment that is not there, or that names another phone or none", async () => {
    const phoneNumber = freshNumber();
    const made = await carrier.asked("/prepare", order(phoneNumber, 1, { sink: HTTPS_SINK }));
    const { paymentId } = made.body as { paymentId: string };
    expect((await carrier.asked("/none")).status).toBe(404);
    expect((await carrier.asked("/none/validate", { authorizationId: "a", code: "b" })).status).toBe(404);
    for (const step of ["confirm", "cancel"]) {
      expect((await carrier.asked(`/none/${step}`, { phoneNumber })).status).toBe(404);
      expect((await carrier.asked(`/${paymentId}/${step}`, {})).status).toBe(422);
      expect((await carrier.asked(`/${paymentId}/${step}`, { phoneNumber: "1" })).status).toBe(400);
      expect((await carrier.asked(`/${paymentId}/${step}`, { phoneNumber: freshNumber() })).status).toBe(404);
    }
  });

  it("a code that is wrong once, too often, or was taken already", async () => {
    const phoneNumber = freshNumber("31");
    const made = await carrier.asked("/prepare", order(phoneNumber, 1, { sink: HTTPS_SINK }));
    const { paymentId } = made.body as { paymentId: string };
    const { authorizationId } = fieldsOf(made.body, "validationInfo");
    const validate = (body: object) => carrier.asked(`/${paymentId}/validate`, body);
    await validate({ authorizationId: "other", code: "none" });
    for (let count = 0; count < 3; count += 1)
      expect((await validate({ authorizationId, code: "none" })).status).toBe(400);
    expect((await carrier.asked(`/${paymentId}/confirm`, { phoneNumber })).status).toBe(403);
    expect((await carrier.asked(`/${paymentId}/cancel`, { phoneNumber })).status).toBe(400);
  });

  it("a step after the last one", async () => {
    for (const last of ["confirm", "cancel"]) {
      const phoneNumber = freshNumber();
      const made = await carrier.asked("/prepare", order(phoneNumber, 1, { sink: HTTPS_SINK }));
      const { paymentId } = made.body as { paymentId: string };
      expect((await carrier.asked(`/${paymentId}/${last}`, { phoneNumber })).status).toBe(202);
      for (const step of ["confirm", "cancel"]) {
        expect((await carrier.asked(`/${paymentId}/${step}`, { phoneNumber })).status).toBe(409);
      }
    }
  });

  // Looks back on all tests above.
  it("with every error that the definition lists for each operation, but for the few that it does not play", () => {
    const listed = carrier.definition.operations().flatMap((operation) =>
      carrier.definition.statuses(operation).flatMap((status) =>
        listOf(carrier.definition.answerSchema(operation, status), "allOf")
          .flatMap((part) => listOf(fieldsOf(fieldsOf(part, "properties"), "code"), "enum"))
          .map((code) => `${operation.name} ${status} ${code}`),
      ),
    );
    const unplayed = listed.filter((error) => !carrier.seen.has(error));
    expect(unplayed.sort()).toEqual(NOT_PLAYED.flatMap(({ errors }) => errors).sort());
  });
});

function credential(change: object): object {
  const body = order(freshNumber(), 1, { sink: HTTPS_SINK });
  return { ...body, sinkCredential: { ...body.sinkCredential, ...change } };
}

function transaction(change: object): object {
  const body = order(freshNumber(), 1, { sink: HTTPS_SINK });
  return { ...body, amountTransaction: { ...body.amountTransaction, ...change } };
}
