// Requests that no client of ours makes: every one gets a definite refusal, and none an error of ours.

import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { call, demo, smallest } from "./client.ts";

/** Sends a request line as it stands: fetch would refuse or repair it. */
async function send(method: string, path: string, headers: Record<string, string> = {}) {
  const { hostname, port } = new URL(demo().base_url);
  return await new Promise<{ status: number; type: string | undefined }>((resolve, reject) => {
    const outgoing = request({ hostname, port, method, path, headers }, (response) => {
      response.resume();
      response.once("end", () =>
        resolve({ status: response.statusCode ?? 0, type: response.headers["content-type"] }),
      );
    });
    outgoing.once("error", reject);
    outgoing.end();
  });
}

const authorization = () => `Bearer ${demo().api_key}`;

describe("a path that cannot be decoded", () => {
  it.each(["%ZZ", "%", "%ff", "%E0%A4%A", "a%C0%AFb", "%25ZZ", "%2525ZZ"])(
    "of %s is not found, by the door it is meant for",
    async (part) => {
      for (const path of [
        `/i/${part}`,
        `/i/${part}/pay`,
        `/${part}`,
        `/${part}/x?y=%ZZ`,
        `/_next/static/${part}`,
      ]) {
        expect((await send("GET", path)).status, path).toBe(404);
      }
      for (const path of [`/api/v1/invoices/${part}`, `/api/v1/payments/${part}?x`, `/api/v1/${part}`]) {
        const answer = await send("GET", path, { authorization: authorization() });
        expect([404, 422], path).toContain(answer.status);
        expect(answer.type, path).toBe("application/problem+json");
      }
      for (const path of [
        `/i/${part}/pay`,
        `/api/v1/invoices/${part}/cancel`,
        `/api/notifications/${part}`,
      ]) {
        const answer = await send("POST", path, { authorization: authorization(), "idempotency-key": "x" });
        expect([400, 403, 404, 405], path).toContain(answer.status);
      }
    },
  );

  it("in the query alone changes nothing", async () => {
    expect((await send("GET", "/api/health/live?x=%ZZ&y=%ff")).status).toBe(200);
    expect((await send("GET", "/i/x?x=%ZZ")).status).toBe(404);
  });
});

describe("a method", () => {
  it.each(["TRACE", "PROPFIND", "LINK", "PURGE", "PUT", "DELETE", "PATCH"])(
    "%s is refused wherever it is not known",
    async (method) => {
      for (const path of [
        "/",
        "/i/x",
        "/i/x/pay",
        "/api/health/live",
        "/api/notifications/stripe",
        "/nothing",
        "/%ZZ",
      ]) {
        expect([400, 404, 405], path).toContain((await send(method, path)).status);
      }
      for (const path of ["/api/v1/invoices", "/api/v1/payments", "/api/v1/nothing"]) {
        const answer = await send(method, path, { authorization: authorization() });
        expect([400, 404, 405], path).toContain(answer.status);
      }
    },
  );
});

describe("an instant at the edge of the calendar", () => {
  const EDGES = [
    "0000-01-01T00:00:00+23:59",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+12:00",
    "1969-12-31T23:59:59Z",
    "9999-12-31T23:59:59-23:59",
    "9999-01-01T00:00:00Z",
  ];

  it.each(EDGES)("of %s is refused at its place", async (at) => {
    for (const [body, pointer] of [
      [{ due_at: at }, "/due_at"],
      [{ expires_at: at }, "/expires_at"],
      [{ sms: { send_at: at } }, "/sms/send_at"],
    ] as const) {
      const answer = await call("/invoices", { body: { ...smallest(), ...body } });
      expect(answer.status).toBe(422);
      expect(answer.json.errors).toEqual([
        expect.objectContaining({ pointer, code: "instant_out_of_range" }),
      ]);
    }
    for (const name of ["created_from", "created_to"]) {
      const answer = await call(`/invoices?${name}=${encodeURIComponent(at)}`);
      expect(answer.status).toBe(422);
      expect(answer.json.errors).toEqual([
        expect.objectContaining({ pointer: `?${name}`, code: "instant_out_of_range" }),
      ]);
    }
  });
});

describe("a cursor", () => {
  const cursor = (text: string) => Buffer.from(text).toString("base64url");
  it.each([
    "zzzzzzzzzz.inv_0123456789abcdefghijkl",
    `${Date.UTC(9999, 0, 1).toString(36)}.inv_0123456789abcdefghijkl`,
    "x",
  ])("that is none of ours (%s) is refused at its place", async (text) => {
    for (const path of ["/invoices", "/payments"]) {
      const answer = await call(`${path}?cursor=${cursor(text)}`);
      expect(answer.status).toBe(422);
      expect(answer.json.errors).toEqual([expect.objectContaining({ pointer: "?cursor" })]);
    }
  });
});

describe("a fault", () => {
  const codesOf = async (path: string, body: object, method = "POST") => {
    const answer = await call(path, { method, raw: JSON.stringify(body) });
    expect(answer.status).toBe(422);
    const faults = answer.json.errors as unknown as { pointer: string; code: string }[];
    return Object.fromEntries(faults.map(({ pointer, code }) => [pointer, code]));
  };

  it("has a code of ours that tells what is wrong", async () => {
    const codes = await codesOf("/invoices", {
      amount: 0,
      currency: "x",
      payer: { phone: "1" },
      description: "a\u0000b",
      merchant_reference: "",
      methods: ["card", "card"],
      lines: [{ description: "x", quantity: 1, unit_amount: 1, tax_rate: 101 }],
      sms: { sender: "much too long a name", text: "Hi {name}" },
    });
    expect(codes).toEqual({
      "/amount": "too_small",
      "/currency": "currency_unknown",
      "/payer/phone": "phone_invalid",
      "/description": "text_invalid",
      "/merchant_reference": "too_small",
      "/methods": "repeated",
      "/lines/0/tax_rate": "tax_rate_invalid",
      "/sms/sender": "sms_sender_invalid",
      "/sms/text": "sms_text_invalid",
    });
  });

  it("of a field that is not there says so, whatever the field's type", async () => {
    expect(await codesOf("/payments", {})).toEqual({
      "/amount": "missing",
      "/currency": "missing",
      "/payer": "missing",
      "/description": "missing",
      "/method": "missing",
    });
    expect(await codesOf("/payments", { invoice: "inv_x" })).toEqual({ "/method": "missing" });
  });

  it("of a payment is one of the kind of payment that was meant", async () => {
    expect(await codesOf("/payments", { ...smallest(), amount: "1", method: "card" })).toEqual({
      "/amount": "invalid_type",
    });
    expect(await codesOf("/payments", { invoice: 5, method: "cash" })).toEqual({
      "/invoice": "invalid_type",
      "/method": "invalid_value",
    });
    expect(await codesOf("/payments", { invoice: "inv_x", method: "card", amount: 1 })).toEqual({
      "/amount": "unknown_field",
    });
  });

  it("of a key that would be passed over in silence is named", async () => {
    const body = (field: string, value: string) =>
      JSON.stringify({ ...smallest(), [field]: "@@" }).replace('"@@"', value);
    const answers = [
      [await call("/invoices", { raw: body("metadata", '{"__proto__":"x"}') }), "/metadata/__proto__"],
      [
        await call("/me", { method: "PATCH", raw: '{"sms":{"texts":{"__proto__":"x"}}}' }),
        "/sms/texts/__proto__",
      ],
    ] as const;
    for (const [answer, pointer] of answers) {
      expect(answer.status).toBe(422);
      expect(answer.json.errors).toEqual([expect.objectContaining({ pointer, code: "invalid_key" })]);
    }
  });
});

describe("the merchant's own page", () => {
  it.each([
    "https://shop.example/\u0000",
    "https://shop.example/a b",
    "https://shop.example/\n",
    "https://user@shop.example/",
    "https://user:secret@shop.example/",
    "http://shop.example/",
    `https://shop.example/${"å".repeat(200)}`,
  ])("%j is refused", async (url) => {
    const answer = await call("/me", { method: "PATCH", body: { contact: { url } } });
    expect(answer.status).toBe(422);
    expect(answer.json.errors).toEqual([
      expect.objectContaining({ pointer: "/contact/url", code: "url_not_allowed" }),
    ]);
  });

  it("is kept in its canonical form, as the time zone is", async () => {
    const answer = await call("/me", {
      method: "PATCH",
      body: { contact: { url: "https:shop.example/å" }, time_zone: "eUROPE/oSLO" },
    });
    expect(answer.json).toMatchObject({
      contact: { url: "https://shop.example/%C3%A5" },
      time_zone: "Europe/Oslo",
    });
    await call("/me", { method: "PATCH", body: { contact: { url: null } } });
  });
});

describe("a payer's browser", () => {
  const link = async (change: object = {}) =>
    String((await call("/invoices", { body: { ...smallest(), send_sms: false, ...change } })).json.pay_url);

  it("that opens the address of a form again is led to the invoice", async () => {
    const base = await link();
    for (const form of ["pay", "change"]) {
      const response = await fetch(`${base}/${form}`, { redirect: "manual" });
      expect(response.status).toBe(303);
      expect(response.headers.get("location")).toBe(new URL(base).pathname);
    }
    const unknown = `${new URL(base).origin}/i/0123456789abcdefghijkl/pay`;
    expect((await fetch(unknown, { redirect: "manual" })).status).toBe(404);
  });

  it("that sends a form larger than any of ours is told so, announced or not", async () => {
    const base = await link();
    const large = `method=card&x=${"x".repeat(9_000)}`;
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    expect((await fetch(`${base}/pay`, { method: "POST", headers, body: large })).status).toBe(413);
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from(large));
        controller.close();
      },
    });
    const chunked = { method: "POST", headers, body, duplex: "half" } as RequestInit;
    expect((await fetch(`${base}/change`, chunked)).status).toBe(413);
  });

  it("is led to a landing page whose address was not ASCII", async () => {
    const base = await link({ landing_url: "https://shop.example/日本" });
    const response = await fetch(base, { redirect: "manual" });
    expect(response.status).toBe(303);
    expect(response.headers.get("location")).toMatch(
      /^https:\/\/shop\.example\/%E6%97%A5%E6%9C%AC\?invoice=inv_/,
    );
  });
});

describe("an address of the API that leads nowhere", () => {
  it.each(["/api", "/api/v1", "/api/v1/", "/api/v2/invoices", "/api/v1/invoice"])(
    "%s says so in JSON",
    async (path) => {
      const answer = await fetch(`${demo().base_url}${path}`);
      expect(answer.status).toBe(404);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      expect(await answer.json()).toMatchObject({ code: "route_not_found" });
    },
  );
});

describe("a method without an account", () => {
  it("cannot become the merchant's default", async () => {
    const answer = await call("/me", {
      method: "PATCH",
      raw: JSON.stringify({ methods: ["card", "mobile_money"] }),
    });
    expect(answer.status).toBe(422);
    expect(answer.json).toMatchObject({ code: "method_unavailable", errors: [{ pointer: "/methods/1" }] });
  });
});

describe("a message about a field", () => {
  it.each([
    [{ amount: 24.9 }, "must be a whole number, in minor units"],
    [{ amount: 0 }, "must be at least 1"],
    [{ amount: 1_000_000_000 }, "must be at most 99999999"],
    [{ methods: ["cash"] }, "must be one of carrier_billing, card, mobile_money"],
    [{ description: 1 }, "must be text"],
    [{ lines: {} }, "must be a list"],
    [{ metadata: [] }, "must be an object"],
    [{ expires_at: "2027-01-01" }, "must be a time with its zone, such as 2027-01-31T23:59:59Z"],
    [{ send_sms: "no" }, "must be true or false"],
  ])("%j is one that people understand", async (fields, message) => {
    const body = {
      amount: 100,
      currency: "NOK",
      payer: { phone: "+4790000000" },
      description: "x",
      ...fields,
    };
    const answer = await call("/invoices", { method: "POST", raw: JSON.stringify(body) });
    expect(answer.status).toBe(422);
    expect(answer.json.errors).toEqual([expect.objectContaining({ message })]);
  });
});

describe("a header that the framework listens to", () => {
  it.each([
    "rsc",
    "next-action",
    "next-router-prefetch",
    "next-router-segment-prefetch",
    "next-url",
    "x-middleware-prefetch",
    "x-middleware-subrequest",
    "x-nextjs-data",
    "x-invoke-path",
    "x-matched-path",
  ])("%s changes no answer", async (name) => {
    for (const path of ["/api/v1/me", "/api/v1/nothing", "/api/health/live", "/i/x", "/docs/api", "/"]) {
      const plain = await send("GET", path);
      expect(await send("GET", path, { [name]: "1" }), path).toEqual(plain);
    }
  });
});
