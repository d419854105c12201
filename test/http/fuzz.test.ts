// Thousands of calls made of the API's description, valid, nearly valid and wild: every answer is one that the
// description promises, and none is an error of ours. FUZZ_CALLS and FUZZ_SEED set how many, and which.

import { readFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { formatApiKey } from "#lib/crypto/api-key.ts";
import { startTestStack, type TestStack } from "../../scripts/test/with-stack.ts";
import { type Description, descriptionOf, type SeenAnswer } from "../description.ts";
import { until } from "../until.ts";
import { Arbitraries, type Plan } from "./arbitraries.ts";

const CALLS = Number(process.env.FUZZ_CALLS ?? 5_000);
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_101);
const AT_ONCE = 12;
/** Of each kind of thing to work on. */
const STORIES = 8;
/** With fewer, chance may leave out what is not prepared. */
const ENOUGH_CALLS = 2_000;
/** Calls with this key and no other body are repeats. */
const KEYS_AGAIN = 40;

let stack: TestStack;
let description: Description;
let receiver: Server;
let callbackUrl = "";
const callbackFaults: string[] = [];
let callbacks = 0;

// A system of its own: what is changed here, others rely on.
beforeAll(async () => {
  stack = await startTestStack({ environment: { DATABASE_CONNECTIONS_MAX: "20" } });
  description = await descriptionOf(stack.demo?.base_url ?? "");
  receiver = createServer(async (incoming, response) => {
    callbacks += 1;
    try {
      description.checkCallback(JSON.parse(await text(incoming)));
    } catch (error) {
      callbackFaults.push(String(error));
    }
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const address = receiver.address();
  callbackUrl = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/`;
});
afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await stack.stop();
});

/** Ids out of answers, but for those of keys that were there before: without them nothing could be asked. */
class Ids {
  readonly #known = new Set<string>();
  readonly #kept = new Set<string>();

  keep(answer: string): void {
    for (const [id] of answer.matchAll(/\bkey_[0-9A-Za-z]{22}\b/g)) this.#kept.add(id);
  }

  learn(answer: string): void {
    for (const [id] of answer.matchAll(/\b[a-z]{3}_[0-9A-Za-z]{22}\b/g)) {
      if (!this.#kept.has(id)) this.#known.add(id);
    }
  }

  /** An id of the kind that fits the place most of the time. */
  fill(text: string): string {
    // Names of a bounded length: on a body of one long word the search would begin anew at each of its letters.
    return text.replaceAll(
      /(?:([a-z_-]{1,30})\/|"([a-z_]{1,30})":")?@id:(\d+)/g,
      (whole, noun: string, field: string, number: string) => {
        const prefix = PREFIXES[noun ?? field];
        const fitting = [...this.#known].filter(
          (id) => prefix === undefined || Number(number) % 7 === 0 || id.startsWith(prefix),
        );
        const id = fitting[Number(number) % Math.max(fitting.length, 1)] ?? "inv_0123456789abcdefghijkl";
        return whole.replace(/@id:\d+/, id);
      },
    );
  }
}

const PREFIXES: Readonly<Record<string, string>> = {
  invoices: "inv_",
  invoice: "inv_",
  invoice_id: "inv_",
  payments: "pay_",
  payment: "pay_",
  payment_id: "pay_",
  refunds: "rfn_",
  disputes: "dsp_",
  events: "evt_",
  event: "evt_",
  keys: "key_",
  deliveries: "dlv_",
  sms: "sms_",
  "callback-endpoints": "cbe_",
  endpoint: "cbe_",
};

const WRONG_KEY = formatApiKey("test", "0".repeat(32));

function headersOf(plan: Plan): Record<string, string> {
  const { auth, idempotencyKey, contentType, headers, body, number } = plan;
  const keys = {
    right: { authorization: `Bearer ${stack.demo?.api_key}` },
    none: {},
    malformed: {
      authorization:
        ["Bearer", "Basic eDp5", "Bearer x y", `Bearer ${stack.demo?.api_key}x`, "Bearer \u00e5"][
          number % 5
        ] ?? "",
    },
    wrong: { authorization: `Bearer ${WRONG_KEY}` },
  };
  const again = {
    fresh: { "idempotency-key": `fuzz-${number}-${Math.random()}` },
    again: { "idempotency-key": `again-${number % KEYS_AGAIN}` },
    none: {},
    invalid: { "idempotency-key": ["", "a b", "\u00e5", "x".repeat(256)][number % 4] ?? "" },
  };
  return {
    ...keys[auth],
    ...again[idempotencyKey],
    ...(contentType === null || body === null ? {} : { "content-type": contentType }),
    ...headers,
  };
}

interface Tally {
  readonly statuses: Map<string, number>;
  readonly faults: string[];
}

async function make(plan: Plan, ids: Ids, tally: Tally): Promise<void> {
  const path = ids.fill(plan.path);
  const body = typeof plan.body === "string" ? ids.fill(plan.body) : plan.body;
  const answer = await send(plan.method, path, headersOf(plan), body);
  // Refused by its announced size, and closed before all of it was sent.
  if (answer === null) return;
  note(answer, ids, tally, `${plan.method} ${path} ${String(body).slice(0, 600)}`);
}

/** Holds an answer against the description, and learns from it. */
function note(answer: SeenAnswer, ids: Ids, tally: Tally, what: string): void {
  const operation = description.find(answer.method, answer.path)?.operation.operationId ?? "none";
  const name = `${operation} ${answer.status}`;
  tally.statuses.set(name, (tally.statuses.get(name) ?? 0) + 1);
  if (answer.status < 300) ids.learn(answer.text);
  try {
    if (answer.status === 500) throw new Error("500");
    description.check(answer);
  } catch (error) {
    tally.faults.push(`${what}\n  ${String(error).slice(0, 1_500)}`);
  }
}

const LARGE = 60_000;
/** A call that waits for a rail is answered within its ten seconds. */
const PATIENCE_MS = 30_000;

/** One request on a connection of its own. Null where the other side closed while much was being sent. */
async function send(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Plan["body"] = null,
): Promise<SeenAnswer | null> {
  const url = new URL(`${stack.demo?.base_url}/api/v1${path}`);
  const bytes = body === null ? null : Buffer.from(body as string);
  return await new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method,
      agent: false,
      timeout: PATIENCE_MS,
      headers: {
        ...headers,
        ...(bytes === null ? {} : { "content-length": bytes.byteLength }),
      },
    });
    outgoing.once("error", (error) => {
      if (bytes !== null && bytes.byteLength > LARGE) resolve(null);
      else reject(error);
    });
    outgoing.once("timeout", () => outgoing.destroy(new Error(`${method} ${path} got no answer.`)));
    outgoing.once("response", (response) => {
      const header = (name: string) => {
        const value = response.headers[name];
        return value === undefined ? null : String(value);
      };
      text(response).then((answered) => {
        resolve({
          method,
          path: url.pathname.replace("/api/v1", ""),
          status: response.statusCode ?? 0,
          contentType: header("content-type"),
          requestId: header("x-request-id"),
          text: answered,
        });
      }, reject);
    });
    outgoing.end(bytes ?? undefined);
  });
}

/** Not answered with success here, and why. */
const EXEMPT: Readonly<Record<string, string>> = {
  reviewRefund: "its rail would have to be silent for a week",
};

const RIGHT: Plan = {
  method: "POST",
  path: "",
  body: "{}",
  auth: "right",
  idempotencyKey: "fresh",
  contentType: "application/json",
  headers: {},
  number: 0,
};

interface Made {
  readonly id: string;
  readonly state: string;
  readonly version: number;
  readonly needs_review: object | null;
  readonly provider_id: string | null;
  readonly data: readonly Made[];
}

/**
 * What calls made at random seldom come to: payments reserved, paid, disputed and in surplus, invoices that have ended.
 * And once each of what can be done with those, and with the things that there are few of.
 */
async function prepare(ids: Ids, tally: Tally): Promise<void> {
  const call = async (method: string, path: string, body: object | null): Promise<Made> => {
    const text = body === null ? null : JSON.stringify(body);
    const answer = await send(method, path, headersOf({ ...RIGHT, body: text }), text);
    expect(answer?.status, `${method} ${path} ${answer?.text}`).toBeLessThan(300);
    if (answer !== null) note(answer, ids, tally, `${method} ${path}`);
    return JSON.parse(answer?.text ?? "{}") as Made;
  };
  const get = (path: string) => call("GET", path, null);
  const post = (path: string, body: object = {}) => call("POST", path, body);
  const becomes = (path: string, is: (found: Made) => boolean) =>
    until(path, async () => {
      const found = await get(path);
      return is(found) && found;
    });

  const billed = { amount: 24_900, currency: "NOK", payer: { phone: "+4790000000" }, description: "Fuzz" };
  const invoice = (fields: object = {}) => post("/invoices", { ...billed, send_sms: false, ...fields });
  const started = (fields: object = {}) => post("/payments", { ...billed, method: "card", ...fields });
  const acted = async ({ id }: Made, action: string) => await post(`/simulate/payments/${id}`, { action });
  const paid = async () => await acted(await started(), "approve");
  const reserved = async () => await acted(await started({ capture: false }), "approve");
  const disputed = async () => await acted(await paid(), "dispute");
  // Money on an invoice that was withdrawn; this phone's carrier sends none back, and a person must look.
  const surplus = async () => {
    const { id } = await invoice({ payer: { phone: "+4790000045" } });
    const payment = await post("/payments", { invoice: id, method: "carrier_billing" });
    await post(`/invoices/${id}/cancel`);
    await acted(payment, "approve");
    return await becomes(`/payments/${payment.id}`, (found) => found.needs_review !== null);
  };
  const expired = async () => {
    const { id } = await invoice({ expires_at: new Date(Date.now() + 1_500).toISOString() });
    return await becomes(`/invoices/${id}`, ({ state }) => state === "expired");
  };

  await Promise.all(
    Array.from({ length: STORIES }, () =>
      Promise.all([paid(), disputed(), reserved(), surplus(), expired()]),
    ),
  );

  const silent = await invoice({ payer: { phone: "+4790000092" } });
  await call("PATCH", `/invoices/${silent.id}`, { version: silent.version, description: "Changed" });
  const text = await post(`/invoices/${silent.id}/send`);
  await until(
    "the text to be sent",
    async () => (await get(`/invoices/${silent.id}/events`)).data.length > 3,
  );
  await post(`/simulate/sms/${text.id}`, { action: "deliver" });
  await post(`/invoices/${silent.id}/mark-paid`, { reference: "Fuzz" });
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
  await post(`/invoices/${(await expired()).id}/reopen`, { expires_at: tomorrow });
  await post(`/payments/${(await reserved()).id}/confirm`);
  await post(`/payments/${(await reserved()).id}/cancel`);
  await post(`/payments/${(await surplus()).id}/accept-surplus`, { note: "Fuzz" });
  await post(`/payments/${(await surplus()).id}/review`, { decision: "dismiss", note: "Fuzz" });

  const refund = await post(`/payments/${(await paid()).id}/refunds`, { refundable_amount: 24_900 });
  await becomes(`/refunds/${refund.id}`, ({ state }) => state === "succeeded");
  await post(`/simulate/refunds/${refund.id}`, { action: "fail" });
  const payment = await disputed();
  const { data: disputes } = await becomes(`/disputes?payment=${payment.id}`, ({ data }) => data.length > 0);
  await post(`/simulate/disputes/${disputes[0]?.id}`, { action: "win" });

  const endpoint = await post("/callback-endpoints", { url: callbackUrl });
  await get(`/callback-endpoints/${endpoint.id}`);
  await call("PATCH", `/callback-endpoints/${endpoint.id}`, { description: "Fuzz" });
  await post(`/callback-endpoints/${endpoint.id}/rotate-secret`);
  const test = await post(`/callback-endpoints/${endpoint.id}/test`);
  await becomes(`/deliveries/${test.id}`, ({ state }) => state === "delivered");
  await post(`/deliveries/${test.id}/resend`);
  await get("/events?limit=1");
  const key = await post("/keys", { name: "Fuzz", scopes: ["invoices:read"] });
  await call("PATCH", `/keys/${key.id}`, { version: key.version, name: "Changed" });
  await post(`/keys/${key.id}/rotate`);
  await until("a quiet moment", async () => {
    const answer = await send("POST", "/simulate/clock", headersOf(RIGHT), '{"advance_seconds":1}');
    if (answer !== null) note(answer, ids, tally, "POST /simulate/clock");
    return answer?.status === 200;
  });
}

it(`no call of ${CALLS} gets an answer that is not described, or one of ours that went wrong`, {
  timeout: 120_000 + CALLS * 250,
}, async () => {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  say(`Fuzz: FUZZ_CALLS=${CALLS} FUZZ_SEED=${SEED}`);
  const arbitraries = new Arbitraries(description.document, { callbackUrl });
  const operations = Object.entries(description.document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) =>
      arbitraries.plans(method.toUpperCase(), path, operation),
    ),
  );
  const ids = new Ids();
  const authorization = `Bearer ${stack.demo?.api_key}`;
  ids.keep((await send("GET", "/keys?limit=100", { authorization }))?.text ?? "");
  const tally: Tally = { statuses: new Map(), faults: [] };
  await prepare(ids, tally);
  const plans = fc.sample(fc.oneof(...operations), { numRuns: CALLS, seed: SEED });
  const processes = stack.services.map((service) => service.pid());

  const waiting = plans.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const plan of waiting) await make(plan, ids, tally);
    }),
  );

  for (const [name, count] of [...tally.statuses].sort()) say(`  ${String(count).padStart(5)}  ${name}`);
  say(
    `Fuzz: ${callbacks} callbacks came, ${tally.faults.length} answers and ${callbackFaults.length} callbacks at fault.`,
  );
  expect(tally.faults).toEqual([]);
  expect(callbackFaults).toEqual([]);

  // Every operation was understood at least once; otherwise the calls are no test of it.
  const understood = new Set(
    [...tally.statuses.keys()].filter((name) => / 2\d\d$/.test(name)).map((name) => name.split(" ")[0]),
  );
  const all = Object.values(description.document.paths)
    .flatMap((item) => Object.values(item))
    .map(({ operationId }) => operationId);
  const missed = all.filter((id) => !understood.has(id));
  say(`Fuzz: never answered with success: ${missed.join(", ") || "none"}`);
  if (CALLS >= ENOUGH_CALLS) expect(missed.filter((id) => !Object.hasOwn(EXEMPT, id))).toEqual([]);
  expect(stack.services.map((service) => service.pid())).toEqual(processes);
  expect((await send("GET", "/../health/ready", {}))?.status).toBe(200);
  const log = readFileSync(join(stack.dir, "logs", "web.log"), "utf8").split("\n");
  expect(
    log.filter((line) => /"(?:door|payer)\.unexpected"|Unhandled|uncaught/i.test(line)).slice(0, 5),
  ).toEqual([]);
});
