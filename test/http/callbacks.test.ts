import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../until.ts";
import { call, smallest } from "./client.ts";

const text = (value: unknown) => String(value);
const listOf = (answer: { json: unknown }) =>
  (answer.json as { data: { id: string; type: string; secret?: string }[] }).data;
const pointersOf = (answer: { json: unknown }) =>
  (answer.json as { errors: { pointer: string }[] }).errors.map((fault) => fault.pointer);

const received: { headers: IncomingHttpHeaders; body: string }[] = [];
const made: string[] = [];
let server: Server;
let url = "";

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    received.push({ headers: request.headers, body: Buffer.concat(chunks).toString("utf8") });
    response.writeHead(200).end("ok");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/hook`;
});
afterAll(async () => {
  for (const id of made) await call(`/callback-endpoints/${id}`, { method: "DELETE" });
  server.closeAllConnections();
  server.close();
});

async function makeEndpoint(change: object = {}) {
  const answer = await call("/callback-endpoints", { body: { url, ...change } });
  expect(answer.status).toBe(201);
  made.push(text(answer.json.id));
  return { id: text(answer.json.id), secret: text(answer.json.secret), answer };
}
const cancelOne = async () => {
  const invoice = await call("/invoices", { body: { ...smallest(), send_sms: false } });
  await call(`/invoices/${text(invoice.json.id)}/cancel`, { method: "POST" });
  return text(invoice.json.id);
};

describe("a callback endpoint", () => {
  it("is made with a secret that is told once, again only to a repeat with the same key", async () => {
    const headers = { "idempotency-key": `endpoint-${Date.now()}` };
    const body = { url, description: "Books", event_types: ["invoice.paid"] };
    const first = await call("/callback-endpoints", { body, headers });
    const second = await call("/callback-endpoints", { body, headers });
    made.push(text(first.json.id));
    expect(first.status).toBe(201);
    expect(first.json).toMatchObject({
      object: "callback_endpoint",
      url,
      description: "Books",
      event_types: ["invoice.paid"],
      is_default: false,
      is_enabled: true,
      failing_since: null,
      version: 1,
      secret: expect.stringMatching(/^whsec_/),
    });
    expect(second.json).toEqual(first.json);
    expect(second.headers.get("idempotent-replayed")).toBe("true");
    const read = await call(`/callback-endpoints/${text(first.json.id)}`);
    const { secret: _told, ...rest } = first.json;
    expect(read.json).toEqual(rest);
    expect((await call("/callback-endpoints")).text).not.toContain("whsec_");
  });

  it("is called by the worker, verified by the receiver, read as a delivery, and sent again", async () => {
    const { id, secret } = await makeEndpoint({ event_types: ["invoice.cancelled"] });
    const invoiceId = await cancelOne();
    const first = await until("the callback", async () =>
      received.find(({ body }) => body.includes(invoiceId)),
    );
    const event = new Webhook(secret).verify(first.body, first.headers as Record<string, string>);
    expect(event).toMatchObject({ type: "invoice.cancelled", data: { invoice: { id: invoiceId } } });
    const [delivery] = await until("the delivery", async () => {
      const found = listOf(await call(`/deliveries?endpoint=${id}&invoice=${invoiceId}&state=delivered`));
      return found.length === 1 && found;
    });
    const detail = await call(`/deliveries/${text(delivery?.id)}`);
    expect(detail.json).toMatchObject({
      object: "delivery",
      event_type: "invoice.cancelled",
      attempt_count: 1,
      attempts: [{ number: 1, url, status: 200, response_text: "ok", resolved_ip: "127.0.0.1" }],
    });
    expect((await call(`/events/${text(detail.json.event_id)}`)).json).toEqual(event);
    const again = await call(`/deliveries/${text(delivery?.id)}/resend`, { method: "POST" });
    expect(again.status).toBe(202);
    expect(again.json).toMatchObject({ resend_of: delivery?.id, state: "pending" });
    await until("the second callback", async () => {
      const calls = received.filter((one) => one.headers["webhook-id"] === first.headers["webhook-id"]);
      return calls.length === 2;
    });
    const many = await call("/deliveries/resend", {
      body: { since: new Date(Date.now() - 60_000).toISOString(), state: "failed", endpoint: id },
    });
    expect(many.status).toBe(202);
    expect(many.json).toMatchObject({ object: "resend", resent: 0, has_more: false });
  });

  it("is changed, tested, given a new secret, and deleted", async () => {
    const { id, secret } = await makeEndpoint({ event_types: ["invoice.paid"] });
    const path = `/callback-endpoints/${id}`;
    const off = await call(path, { method: "PATCH", body: { is_enabled: false, version: 1 } });
    expect(off.json).toMatchObject({ is_enabled: false, disabled_reason: "merchant", version: 2 });
    const stale = await call(path, { method: "PATCH", body: { is_enabled: true, version: 1 } });
    expect([stale.status, stale.json.code]).toEqual([412, "version_conflict"]);
    await call(path, { method: "PATCH", body: { is_enabled: true, event_types: null } });
    const tested = await call(`${path}/test`, { method: "POST" });
    expect(tested.status).toBe(202);
    expect(tested.json).toMatchObject({ event_type: "endpoint.test", endpoint_id: id, invoice_id: null });
    const rotated = await call(`${path}/rotate-secret`, { method: "POST", body: { overlap_hours: 168 } });
    expect(rotated.status).toBe(200);
    expect(rotated.json.secret).not.toBe(secret);
    expect(rotated.json.previous_secret_expires_at).not.toBeNull();
    const plain = await call(`${path}/rotate-secret`, { method: "POST" });
    expect(text(plain.json.secret)).toMatch(/^whsec_/);
    const deleted = await call(path, { method: "DELETE" });
    expect(deleted.json).toEqual({ id, object: "callback_endpoint", is_deleted: true });
    for (const answer of [await call(path), await call(path, { method: "DELETE" })]) {
      expect([answer.status, answer.json.code]).toEqual([404, "endpoint_not_found"]);
    }
    expect(listOf(await call("/callback-endpoints")).map((one) => one.id)).not.toContain(id);
  });

  it.each([
    [{}, "/url"],
    [{ url: "https://192.168.0.1/" }, "/url"],
    [{ url: "https://shop.internal/" }, "/url"],
    [{ url: "ftp://shop.example.com/" }, "/url"],
    [{ url: 5 }, "/url"],
    [{ url: "http://127.0.0.1/", event_types: [] }, "/event_types"],
    [{ url: "http://127.0.0.1/", event_types: ["invoice.paid", "invoice.paid"] }, "/event_types"],
    [{ url: "http://127.0.0.1/", event_types: ["invoice.paid", "nothing"] }, "/event_types/1"],
    [{ url: "http://127.0.0.1/", event_types: ["invoice.created"] }, "/event_types/0"],
    [{ url: "http://127.0.0.1/", description: "a\u0000b" }, "/description"],
    [{ url: "http://127.0.0.1/", is_enabled: "yes" }, "/is_enabled"],
    [{ url: "http://127.0.0.1/", secret: "whsec_mine" }, "/secret"],
    [{ url: "http://127.0.0.1/", is_default: true }, "/is_default"],
  ])("of %j is refused at %s", async (body, pointer) => {
    const answer = await call("/callback-endpoints", { body });
    expect(answer.status).toBe(422);
    expect(pointersOf(answer)).toEqual([pointer]);
  });

  it("is named as the verb names it where its type of event is unknown", async () => {
    const answer = await call("/callback-endpoints", { body: { url, event_types: ["nothing"] } });
    expect(answer.json.code).toBe("event_type_unknown");
  });

  it.each([
    ["PATCH", "", { url: "https://10.0.0.1/" }, 422],
    ["PATCH", "", { event_types: ["nothing"] }, 422],
    ["PATCH", "", { version: 0 }, 422],
    ["POST", "/rotate-secret", { overlap_hours: 169 }, 422],
    ["POST", "/rotate-secret", { overlap_hours: -1 }, 422],
    ["POST", "/rotate-secret", { overlap_hours: 1.5 }, 422],
    ["POST", "/test", { hard: true }, 422],
    ["PUT", "", {}, 405],
    ["GET", "/test", undefined, 405],
  ])("asked to %s%s with %j is answered with %s", async (method, path, body, status) => {
    const [endpoint] = listOf(await call("/callback-endpoints"));
    const id = endpoint?.id ?? (await makeEndpoint()).id;
    const answer = await call(`/callback-endpoints/${id}${path}`, {
      method,
      ...(body === undefined ? {} : { body }),
    });
    expect(answer.status).toBe(status);
  });
});

describe("ids that nothing has", () => {
  it.each([
    ["GET", "/callback-endpoints/x", "endpoint_not_found"],
    ["PATCH", "/callback-endpoints/cbe_0123456789abcdefghijkl", "endpoint_not_found"],
    ["POST", "/callback-endpoints/cbe_0123456789abcdefghijkl/test", "endpoint_not_found"],
    ["POST", "/callback-endpoints/%00/rotate-secret", "endpoint_not_found"],
    ["GET", "/deliveries/dlv_0123456789abcdefghijkl", "delivery_not_found"],
    ["POST", "/deliveries/x/resend", "delivery_not_found"],
    ["GET", "/events/evt_0123456789abcdefghijkl", "event_not_found"],
    ["GET", "/events/inv_0123456789abcdefghijkl", "event_not_found"],
  ])("%s %s is answered with %s", async (method, path, code) => {
    const answer = await call(path, { method, ...(method === "PATCH" ? { body: {} } : {}) });
    expect([answer.status, answer.json.code]).toEqual([404, code]);
  });

  it("match nothing in a filter", async () => {
    for (const filter of ["endpoint=x", "event=x", "invoice=x", "endpoint=cbe_0123456789abcdefghijkl"]) {
      expect((await call(`/deliveries?${filter}`)).json).toEqual({ data: [], next_cursor: null });
    }
    const events = await call("/events?invoice=x");
    expect(events.json).toMatchObject({ data: [], has_more: false, next_cursor: expect.any(String) });
  });
});

describe("what makes or sends something", () => {
  it.each([
    ["/callback-endpoints", { url: "http://127.0.0.1/" }],
    ["/callback-endpoints/x/test", {}],
    ["/callback-endpoints/x/rotate-secret", {}],
    ["/deliveries/x/resend", {}],
    ["/deliveries/resend", { since: "2027-01-01T00:00:00Z" }],
  ])("at %s needs an Idempotency-Key", async (path, body) => {
    const answer = await call(path, { body, headers: { "idempotency-key": "" } });
    expect(answer.status).toBe(400);
  });

  it("again by filter needs to know since when", async () => {
    for (const [body, pointer] of [
      [{}, "/since"],
      [{ since: "yesterday" }, "/since"],
      [{ since: "2027-01-01T00:00:00Z", state: "pending" }, "/state"],
      [{ since: "2027-01-01T00:00:00Z", event_type: "x" }, "/event_type"],
    ] as const) {
      const answer = await call("/deliveries/resend", { body });
      expect(answer.status).toBe(422);
      expect(pointersOf(answer)).toEqual([pointer]);
    }
    const unknown = { since: "2027-01-01T00:00:00Z", endpoint: "x" };
    expect((await call("/deliveries/resend", { body: unknown })).json.code).toBe("endpoint_not_found");
  });
});

describe("the list of events", () => {
  it("goes on from its cursor to what happens next", async () => {
    const before = await cancelOne();
    const first = await until("the first two", async () => {
      const answer = await call(`/events?invoice=${before}`);
      return listOf(answer).length === 2 && answer;
    });
    expect(listOf(first).map((event) => event.type)).toEqual(["invoice.created", "invoice.cancelled"]);
    expect(first.json).toMatchObject({ has_more: false, next_cursor: expect.any(String) });
    const next = await cancelOne();
    const cursor = text(first.json.next_cursor);
    await until("the next two", async () => {
      const answer = await call(`/events?after=${cursor}&type=invoice.created,invoice.cancelled&limit=100`);
      return listOf(answer).filter((event) => JSON.stringify(event).includes(next)).length === 2;
    });
    expect((await call(`/events?after=${cursor}&invoice=${before}`)).json).toMatchObject({ data: [] });
  });

  it.each([
    ["after=x", "?after"],
    ["type=nothing", "?type"],
    ["type=invoice.paid,", "?type"],
    ["limit=0", "?limit"],
    ["cursor=x", "?cursor"],
  ])("asked for with %s is refused at %s", async (query, pointer) => {
    const answer = await call(`/events?${query}`);
    expect(answer.status).toBe(422);
    expect(pointersOf(answer)).toEqual([pointer]);
  });

  it.each(["state=lost", "event_type=nothing", "created_from=now", "cursor=x", "limit=101", "url=x"])(
    "of deliveries asked for with %s is refused",
    async (query) => {
      expect((await call(`/deliveries?${query}`)).status).toBe(422);
    },
  );
});
