import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { call, demo, freshPhone, smallest } from "./client.ts";

interface Problem {
  readonly code: string;
  readonly status: number;
  readonly request_id: string;
  readonly errors: readonly { readonly pointer: string }[];
}

const problem = (answer: { json: unknown }) => answer.json as Problem;
const post = (change: object) => call("/invoices", { body: { ...smallest(), ...change } });

/** A body with one value written as raw JSON. */
const raw = (field: string, value: string) =>
  JSON.stringify({ ...smallest(), [field]: "@@" }).replace('"@@"', value);

describe("an amount", () => {
  it.each([
    "0",
    "-1",
    "-0",
    "1.5",
    "1.0",
    "1e3",
    '"12"',
    "true",
    "null",
    "[1]",
    "{}",
    "9007199254740993",
    "1e21",
    "1e400",
    "100000000",
  ])("of %s is refused at its place", async (value) => {
    const answer = await call("/invoices", { raw: raw("amount", value) });
    expect(answer.status).toBe(422);
    expect(problem(answer).errors.map((fault) => fault.pointer)).toContain("/amount");
  });

  it.each(["NaN", "+5", "0x10", "٢", "１", "1,000", "Infinity"])(
    "written as %s is no JSON",
    async (value) => {
      expect((await call("/invoices", { raw: raw("amount", value) })).status).toBe(400);
    },
  );

  it.each(["1", "99999999"])("of %s is fine", async (value) => {
    const body = raw("amount", value).replace(
      '"description"',
      '"send_sms":false,"methods":["carrier_billing"],"description"',
    );
    expect((await call("/invoices", { raw: body })).status).toBe(201);
  });
});

describe("a currency", () => {
  it.each(["nok", "XXX", "XTS", "XAU", "DEM", "CLF", "", "NOKK", "N K", "__proto__"])(
    "%j is refused at its place",
    async (currency) => {
      const answer = await post({ currency });
      expect(answer.status).toBe(422);
      expect(problem(answer).errors[0]?.pointer).toBe("/currency");
    },
  );
});

describe("a field", () => {
  it.each([
    [{ payer: { phone: "90000000" } }, "/payer/phone"],
    [{ payer: {} }, "/payer/phone"],
    [{ payer: [] }, "/payer"],
    [{ payer: null }, "/payer"],
    [{ description: "" }, "/description"],
    [{ description: "a\u0000b" }, "/description"],
    [{ description: "\ud800" }, "/description"],
    [{ description: "a\u202eb" }, "/description"],
    [{ description: "x".repeat(201) }, "/description"],
    [{ description: 5 }, "/description"],
    [{ merchant_reference: "x".repeat(101) }, "/merchant_reference"],
    [{ merchant_reference: `x${"\u0301\u0302".repeat(7)}`.repeat(100) }, "/merchant_reference"],
    [{ lines: [{ description: "x", quantity: 0, unit_amount: 1 }] }, "/lines/0/quantity"],
    [{ lines: [{ description: "x", quantity: 1, unit_amount: 1, tax_rate: 101 }] }, "/lines/0/tax_rate"],
    [{ lines: [{ description: "x", quantity: 1, unit_amount: 1 }] }, "/lines"],
    [
      { lines: Array.from({ length: 201 }, () => ({ description: "x", quantity: 1, unit_amount: 1 })) },
      "/lines",
    ],
    [{ due_at: "tomorrow" }, "/due_at"],
    [{ due_at: "2026-02-30T00:00:00Z" }, "/due_at"],
    [{ due_at: "2027-01-01T00:00:00" }, "/due_at"],
    [{ due_at: "2100-01-01T00:00:00Z" }, "/due_at"],
    [{ expires_at: "2020-01-01T00:00:00Z" }, "/expires_at"],
    [{ expires_at: 5 }, "/expires_at"],
    [{ methods: [] }, "/methods"],
    [{ methods: ["card", "card"] }, "/methods"],
    [{ methods: ["cash"] }, "/methods/0"],
    [{ locale: "xx" }, "/locale"],
    [{ sms: { sender: "much too long a name" } }, "/sms/sender"],
    [{ sms: { text: "Hi {name}" } }, "/sms/text"],
    [{ sms: { text: "ç".repeat(200) } }, "/sms/text"],
    [{ send_sms: "yes" }, "/send_sms"],
    [{ return_url: "https://evil.example/" }, "/return_url"],
    [{ return_url: "javascript:alert(1)" }, "/return_url"],
    [{ landing_url: "//evil.example" }, "/landing_url"],
    [{ callback_url: "https://10.0.0.1/" }, "/callback_url"],
    [{ callback_url: "http://169.254.169.254/latest" }, "/callback_url"],
    [{ callback_url: "https://localhost/" }, ""],
    [{ metadata: { "a b": "x" } }, "/metadata/a b"],
    [{ metadata: { a: 5 } }, "/metadata/a"],
    [{ metadata: { a: "x".repeat(501) } }, "/metadata/a"],
    [{ status: "paid" }, "/status"],
    [{ merchant_id: "mer_x" }, "/merchant_id"],
    [{ id: "inv_x", paid_at: "now" }, "/id"],
  ])("%j is refused at %s", async (change, pointer) => {
    const answer = await post(change);
    if (pointer === "") return expect([201, 422]).toContain(answer.status);
    expect(answer.status).toBe(422);
    expect(problem(answer).errors.map((fault) => fault.pointer)).toContain(pointer);
  });

  it("named __proto__ or constructor is a field that does not exist, and changes nothing else", async () => {
    for (const name of ["__proto__", "constructor", "prototype"]) {
      const body = JSON.stringify(smallest()).replace("{", `{"${name}":{"polluted":true},`);
      const answer = await call("/invoices", { raw: body });
      expect(answer.status).toBe(422);
      expect(problem(answer).errors[0]?.pointer).toBe(`/${name}`);
    }
    expect((await post({ send_sms: false })).json).not.toHaveProperty("polluted");
  });

  it("that is wrong is named together with every other", async () => {
    const answer = await call("/invoices", {
      body: { amount: 0, currency: "x", payer: { phone: "1" }, description: "" },
    });
    expect(
      problem(answer)
        .errors.map((fault) => fault.pointer)
        .sort(),
    ).toEqual(["/amount", "/currency", "/description", "/payer/phone"]);
  });
});

describe("a body", () => {
  const good = JSON.stringify(smallest());
  it.each([
    ["cut short", good.slice(0, -1), 400],
    ["with something after it", `${good} x`, 400],
    ["with a comment", `/* x */${good}`, 400],
    ["with a key twice", good.replace("{", '{"amount":1,'), 400],
    ["nested too deeply", "[".repeat(5_000), 400],
    ["empty", "", 422],
    ["a list", "[]", 422],
    ["a text", '"x"', 422],
    ["null", "null", 422],
    ["with a byte order mark", `\uFEFF${good}`, 400],
    ["of several lines of JSON", `${good}\n${good}`, 400],
  ])("%s is refused", async (_what, body, status) => {
    expect((await call("/invoices", { raw: body })).status).toBe(status);
  });

  it("larger than 64 KB is refused, also when its length is not announced", async () => {
    const large = JSON.stringify({ ...smallest(), description: "x".repeat(70_000) });
    expect((await call("/invoices", { raw: large })).status).toBe(413);
    const { base_url, api_key } = demo();
    const chunked = await fetch(`${base_url}/api/v1/invoices`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${api_key}`,
        "content-type": "application/json",
        "idempotency-key": "chunked",
      },
      body: new ReadableStream({
        start(controller) {
          for (let index = 0; index < 40; index += 1) controller.enqueue(Buffer.alloc(4_096, 32));
          controller.close();
        },
      }),
      duplex: "half",
    } as RequestInit);
    expect(chunked.status).toBe(413);
  });

  it("of another type, charset or encoding is refused", async () => {
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data",
      "application/json; charset=latin1",
      "application/jsonx",
      "",
    ]) {
      expect((await call("/invoices", { raw: good, headers: { "content-type": type } })).status, type).toBe(
        415,
      );
    }
    const zipped = new Uint8Array(gzipSync(good));
    expect((await call("/invoices", { raw: zipped, headers: { "content-encoding": "gzip" } })).status).toBe(
      415,
    );
    expect((await call("/invoices", { raw: new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]) })).status).toBe(400);
  });

  it("on an address that takes none is refused", async () => {
    expect((await call("/invoices/inv_0123456789abcdefghijkl/cancel", { body: { x: 1 } })).status).toBe(422);
  });
});

describe("a key", () => {
  it("that is missing, wrong, cut, doubled, or of the wrong kind is refused alike", async () => {
    const { api_key } = demo();
    const answers = await Promise.all(
      [
        "",
        "Bearer",
        "Bearer x",
        `Bearer ${api_key.slice(0, -1)}`,
        `Bearer ${api_key.slice(0, -1)}A`,
        `Bearer ${api_key} ${api_key}`,
        `Basic ${api_key}`,
        api_key,
        `Bearer ${"a".repeat(5_000)}`,
        "Bearer %00%ff",
        `Bearer btk_test_${"0".repeat(38)}`,
      ].map((authorization) => call("/me", { headers: { authorization } })),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([401]));
    const bodies = answers.map((answer) => ({ ...problem(answer), request_id: "" }));
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(answers[0]?.headers.get("www-authenticate")).toBe("Bearer");
  });

  it("in the query is no key", async () => {
    const { base_url, api_key } = demo();
    expect((await fetch(`${base_url}/api/v1/me?api_key=${api_key}`)).status).toBe(401);
  });
});

describe("an Idempotency-Key", () => {
  it("is needed where an SMS is sent or money moves", async () => {
    for (const path of ["/invoices", "/payments", "/invoices/inv_0123456789abcdefghijkl/send"]) {
      const answer = await call(path, { body: {}, headers: { "idempotency-key": "" } });
      expect(answer.status, path).toBe(400);
      expect(problem(answer).code).toMatch(/^idempotency_key_(missing|invalid)$/);
    }
  });

  it("of 255 printable characters is the longest", async () => {
    const body = { ...smallest(), send_sms: false };
    expect((await call("/invoices", { body, headers: { "idempotency-key": "k".repeat(255) } })).status).toBe(
      201,
    );
    for (const key of ["k".repeat(256), "a b", "a\u00e9"]) {
      expect(problem(await call("/invoices", { body, headers: { "idempotency-key": key } })).code).toBe(
        "idempotency_key_invalid",
      );
    }
  });
});

describe("an address", () => {
  it("that does not exist, or an id of any other shape, is not found", async () => {
    for (const path of [
      "/nothing",
      "/invoices/x",
      "/invoices/inv_0123456789abcdefghijkl",
      "/invoices/..%2f..%2fetc",
      "/payments/%00",
      "/invoices/inv_x/events",
      "/invoices/INV_0123456789abcdefghijkl",
    ]) {
      const answer = await call(path);
      expect(answer.status, path).toBe(404);
      expect(answer.headers.get("content-type"), path).toBe("application/problem+json");
    }
  });

  it("says which methods it has", async () => {
    const answer = await call("/invoices", { method: "DELETE" });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("GET, POST");
  });

  it("takes a slash at its end or none", async () => {
    expect((await call("/me/")).status).toBe(200);
  });
});

describe("a query", () => {
  it.each([
    "?limit=0",
    "?limit=101",
    "?limit=x",
    "?limit=5&limit=6",
    "?unknown=1",
    "?state=all",
    "?cursor=x",
    "?cursor=",
    "?created_from=yesterday",
    "?phone=1",
    "?phone_last4=12",
    "?state[]=paid",
    "?limit=1e1",
  ])("of %s is refused", async (query) => {
    expect((await call(`/invoices${query}`)).status).toBe(422);
  });

  it("finds an invoice by its payer's number, written in any way", async () => {
    const phone = freshPhone("42");
    const made = await call("/invoices", { body: { ...smallest(phone), send_sms: false } });
    const found = await call(`/invoices?phone=${encodeURIComponent(phone.replace("+", "00"))}`);
    expect((found.json.data as unknown as { id: string }[]).map((invoice) => invoice.id)).toEqual([
      made.json.id,
    ]);
  });
});

describe("every problem", () => {
  it("has a stable code, a request id, and repeats nothing of what was sent", async () => {
    const answer = await post({ description: "canary-text\u0000", currency: "canary-currency" });
    expect(problem(answer)).toMatchObject({ status: 422, code: "invalid_request" });
    expect(problem(answer).request_id).toBe(answer.headers.get("x-request-id"));
    expect(answer.text).not.toContain("canary");
  });

  it("and every answer is kept by nobody on the way", async () => {
    for (const path of ["/me", "/nothing"])
      expect((await call(path)).headers.get("cache-control")).toBe("no-store");
  });
});

describe("the server", () => {
  it("does not tell what it is made of", async () => {
    const { base_url } = demo();
    for (const path of ["/", "/api/v1/me", "/api/health/live", "/i/x"]) {
      const response = await fetch(`${base_url}${path}`, { redirect: "manual" });
      expect(response.headers.get("x-powered-by"), path).toBeNull();
      expect(response.headers.get("x-content-type-options"), path).toBe("nosniff");
    }
    for (const path of [
      "/.env",
      "/.git/config",
      "/package.json",
      "/_next/image?url=x&w=64&q=75",
      "/api/auth/x",
    ]) {
      expect((await fetch(`${base_url}${path}`)).status, path).toBeGreaterThanOrEqual(400);
    }
  });

  it("is live and ready", async () => {
    const { base_url } = demo();
    expect(await (await fetch(`${base_url}/api/health/live`)).json()).toEqual({ status: "live" });
    expect(await (await fetch(`${base_url}/api/health/ready`)).json()).toEqual({ status: "ready" });
  });
});
