// What our carrier rail really sends, held against the definition.

import { afterAll, beforeAll, expect, it } from "vitest";
import { parseCurrency } from "#lib/domain/currency.ts";
import type { MerchantId, PaymentId, RailAccountId } from "#lib/domain/ids.ts";
import { billableMoney } from "#lib/domain/money.ts";
import type { Msisdn } from "#lib/domain/msisdn.ts";
import type { AttemptTerms, OpenRailAccount, RailAttempt } from "#lib/domain/ports/rail.ts";
import { createCarrierRail } from "#lib/rails/carrier-billing/rail.ts";
import { account, freshNumber, sandbox, startCarrier, stopCarrier } from "../../sandbox/test-carrier.ts";
import { getJson } from "../../sandbox/test-harness.ts";
import { CARRIER_FILES, type Carrier, HTTPS_SINK, openCarrier } from "./camara.ts";
import { type Fields, fieldsOf, listOf } from "./json.ts";
import { type Exchange, type Recorder, startRecorder } from "./recorder.ts";
import { describeContract } from "./suite.ts";

const rail = createCarrierRail({ timeoutMs: 10_000 });
let carrier: Carrier;
let recorder: Recorder;
let railAccount: OpenRailAccount;
let payments = 0;

function nextAttempt(amount: bigint, currency: string, changes: Partial<AttemptTerms> = {}): RailAttempt {
  payments += 1;
  const paymentId = `pay_${String(payments).padStart(22, "0")}` as PaymentId;
  const merchantId = "mer_0123456789abcdefghijkl" as MerchantId;
  const terms: AttemptTerms = {
    paymentId,
    merchantId,
    amount: billableMoney(amount, parseCurrency(currency)),
    description: "Swimming gala, two tickets",
    merchantName: "Fjord Books",
    merchantReference: null,
    purchaseCategory: null,
    locale: "nb",
    shouldCapture: true,
    hasTwoSteps: false,
    expiresAt: new Date(Date.now() + 3_600_000),
    now: new Date(),
    ...changes,
  };
  return {
    paymentId,
    merchantId,
    amount: terms.amount,
    railKey: `key-${crypto.randomUUID()}`,
    railRequest: rail.prepare(terms),
    railReference: null,
    shouldCapture: true,
    settlementReference: null,
    validationReference: null,
    phone: freshNumber("12") as Msisdn,
    payUrl: "https://pay.example/p/secret",
    notificationUrl: HTTPS_SINK,
    notificationToken: "token~of~this~attempt",
    notificationTokenExpiresAt: new Date(Date.now() + 86_400_000),
    submittedAt: new Date(),
    now: new Date(),
  };
}

/** An attempt in two steps, as it is once the carrier has answered. */
async function reserve(ending: string): Promise<RailAttempt> {
  const attempt = {
    ...nextAttempt(24_900n, "NOK", { hasTwoSteps: true }),
    phone: freshNumber(ending) as Msisdn,
  };
  const outcome = await rail.begin(railAccount, attempt);
  if (outcome.kind !== "authorized" && outcome.kind !== "validation") throw new Error(outcome.kind);
  const validationReference = outcome.kind === "validation" ? outcome.reference : null;
  return { ...attempt, railReference: outcome.railReference, validationReference };
}

async function lastCode(phone: string): Promise<string> {
  const { messages } = await getJson<{ messages: { body: string }[] }>(sandbox, `/phones/${phone}/messages`);
  return /^\d{6}/.exec(messages.at(-1)?.body ?? "")?.[0] ?? "";
}

const isApiCall = ({ path }: Exchange) => path.includes("/v0.5/");
const bodyFaults = ({ method, path, body }: Exchange) => {
  const schema = carrier.definition.requestSchema(carrier.definition.operation(method, path));
  return schema === null
    ? [`${method} ${path} takes no body`]
    : carrier.definition.faults(schema, JSON.parse(body));
};

describeContract("our carrier client", CARRIER_FILES, () => {
  beforeAll(async () => {
    carrier = openCarrier();
    await startCarrier();
    recorder = await startRecorder(sandbox.publicUrl);
    const { client_id, client_secret } = account.carrier;
    railAccount = {
      id: "acc_0123456789abcdefghijkl" as RailAccountId,
      mode: "test",
      baseUrl: `${recorder.url}/carrier`,
      credentials: { clientId: client_id, clientSecret: client_secret, tokenUrl: "/oauth/token" },
      settings: {},
    };
  });
  afterAll(async () => {
    recorder.close();
    await stopCarrier();
  });

  it.each<[string, bigint, string, Partial<AttemptTerms>]>([
    ["a plain invoice", 24_900n, "NOK", {}],
    ["one with a purchase category", 24_900n, "NOK", { purchaseCategory: "games" }],
    ["the least amount of two decimals", 1n, "NOK", {}],
    ["cents that are no exact double", 1_999n, "EUR", {}],
    ["a currency of three decimals", 9_995n, "KWD", {}],
    ["a currency of no decimals", 500n, "JPY", {}],
    ["the longest description, in other letters", 100n, "NOK", { description: "Ærøskøbing 🎟 ".repeat(40) }],
    ["a merchant of one letter", 100n, "NOK", { merchantName: "Å" }],
  ])("asks for a charge as the definition says: %s", async (_name, amount, currency, changes) => {
    const before = recorder.exchanges.length;
    const attempt = nextAttempt(amount, currency, changes);
    const outcome = await rail.begin(railAccount, attempt);
    expect(outcome).toMatchObject({ kind: "succeeded", amount: attempt.amount });
    const [exchange, ...more] = recorder.exchanges.slice(before).filter(isApiCall);
    expect(more).toEqual([]);
    expect(exchange && bodyFaults(exchange)).toEqual([]);
  });

  it("finds and reads a charge with nothing but parameters that the definition lists", async () => {
    const attempt = nextAttempt(500n, "NOK");
    await rail.begin(railAccount, attempt);
    const before = recorder.exchanges.length;
    const found = await rail.query(railAccount, attempt);
    expect(found).toMatchObject({ kind: "succeeded" });
    const railReference = "railReference" in found ? found.railReference : null;
    expect(await rail.query(railAccount, { ...attempt, railReference })).toEqual(found);
    const exchanges = recorder.exchanges.slice(before);
    expect(exchanges.map(({ method, path }) => carrier.definition.operation(method, path).name)).toEqual([
      "GET /payments",
      "GET /payments/{paymentId}",
    ]);
    for (const { method, path, query, body } of exchanges) {
      const operation = carrier.definition.operation(method, path);
      expect(carrier.definition.queryFaults(operation, query)).toEqual([]);
      expect(body).toBe("");
    }
  });

  it("speaks of two steps as the definition says: reserve, validate, confirm, cancel", async () => {
    const before = recorder.exchanges.length;
    const reserved = await reserve("00");
    expect(await rail.capture?.(railAccount, reserved)).toMatchObject({
      kind: "succeeded",
      amount: reserved.amount,
    });
    expect(await rail.cancel(railAccount, await reserve("00"))).toMatchObject({ kind: "cancelled" });
    const waiting = await reserve("31");
    expect(await rail.validate?.(railAccount, waiting, "nonsense")).toEqual({
      kind: "wrong_code",
      isFinal: false,
    });
    const code = await lastCode(waiting.phone);
    expect(await rail.validate?.(railAccount, waiting, code)).toMatchObject({ kind: "authorized" });
    const calls = recorder.exchanges.slice(before).filter(isApiCall);
    expect(calls.filter(({ method }) => method === "POST").flatMap(bodyFaults)).toEqual([]);
    const names = calls.map(({ method, path }) => carrier.definition.operation(method, path).name);
    expect(new Set(names)).toEqual(
      new Set([
        "POST /payments/prepare",
        "POST /payments/{paymentId}/validate",
        "POST /payments/{paymentId}/confirm",
        "POST /payments/{paymentId}/cancel",
        "GET /payments/{paymentId}",
      ]),
    );
  });

  it.each([
    ["31", "code", null],
    ["32", "link", expect.stringMatching(/^http/)],
  ])("reads how the number ending in %s is to be validated: by %s", async (ending, by, url) => {
    const attempt = nextAttempt(24_900n, "NOK", { hasTwoSteps: true });
    const outcome = await rail.begin(railAccount, { ...attempt, phone: freshNumber(ending) as Msisdn });
    expect(outcome).toMatchObject({ kind: "validation", by, url, expiresAt: null });
  });

  it("sends a correlator that the definition allows with every call, and understands JSON as its answer", () => {
    const schema = { $ref: "#/components/schemas/XCorrelator" };
    const calls = recorder.exchanges.filter(isApiCall);
    expect(calls.length).toBeGreaterThan(8);
    for (const { headers } of calls) {
      expect(carrier.definition.faults(schema, headers["x-correlator"])).toEqual([]);
      expect(headers.accept).toBe("application/json");
    }
  });

  it("asks for exactly the scopes that its calls need", () => {
    const needed = recorder.exchanges.filter(isApiCall).flatMap(({ method, path }) => {
      const [security] = listOf(carrier.definition.operation(method, path).node, "security");
      return listOf(security, "openId");
    });
    const asked = recorder.exchanges
      .filter(({ path }) => path.endsWith("/token"))
      .flatMap(({ body }) => new URLSearchParams(body).get("scope")?.split(" ") ?? []);
    expect(asked.sort()).toEqual([...new Set(needed)].sort());
  });

  it("speaks the version of the API that the definition describes", () => {
    const [server] = listOf(carrier.document, "servers");
    const base = String(fieldsOf({ server }, "server").url).replace("{apiRoot}", "");
    const calls = recorder.exchanges.filter(isApiCall);
    expect(calls.every(({ path }) => path.startsWith(`/carrier${base}/payments`))).toBe(true);
    expect((carrier.document.info as Fields).version).toBe("0.5.0");
  });
});
