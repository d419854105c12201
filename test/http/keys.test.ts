import { describe, expect, it } from "vitest";
import { call } from "./client.ts";

async function makeKey(fields: Record<string, unknown>) {
  const { status, json } = await call("/keys", {
    body: { name: "HTTP", scopes: ["merchant:read"], ...fields },
  });
  expect(status).toBe(201);
  return json as unknown as { readonly id: string; readonly key: string };
}

const statusFor = async (key: string, headers: Record<string, string> = {}) =>
  (await call("/me", { headers: { authorization: `Bearer ${key}`, ...headers } })).status;

describe("keys over HTTP", () => {
  it("are made, used, replaced and revoked; the next request is refused", async () => {
    const { id, key } = await makeKey({});
    expect(await statusFor(key)).toBe(200);
    const rotated = await call(`/keys/${id}/rotate`, { method: "POST" });
    expect(rotated.status).toBe(201);
    expect(await statusFor(key)).toBe(200);
    expect(await statusFor(String(rotated.json.key))).toBe(200);
    expect((await call(`/keys/${id}/revoke`, { method: "POST" })).json.state).toBe("revoked");
    expect(await statusFor(key)).toBe(401);
  });

  it("that are bound to networks go by the connection, never by a header", async () => {
    const here = await makeKey({ allowed_networks: ["127.0.0.0/8", "::1"] });
    const elsewhere = await makeKey({ allowed_networks: ["203.0.113.7"] });
    expect(await statusFor(here.key)).toBe(200);
    expect(await statusFor(elsewhere.key)).toBe(401);
    for (const name of ["x-forwarded-for", "x-real-ip", "forwarded", "x-client-ip", "cf-connecting-ip"]) {
      expect(await statusFor(elsewhere.key, { [name]: "203.0.113.7" }), name).toBe(401);
      expect(await statusFor(here.key, { [name]: "203.0.113.7" }), name).toBe(200);
    }
  });

  it("are told of their budget with every answer", async () => {
    for (const path of ["/me", "/invoices/inv_x", "/keys?limit=0"]) {
      const { headers } = await call(path);
      const [limit, remaining] = ["ratelimit-limit", "ratelimit-remaining"].map((name) =>
        Number(headers.get(name)),
      );
      expect(limit, path).toBeGreaterThan(0);
      expect(remaining, path).toBeLessThan(limit ?? 0);
      expect(headers.get("ratelimit-reset"), path).toMatch(/^[01]$/);
      expect(headers.get("ratelimit-policy"), path).toBe(`${limit};w=1`);
    }
    expect(
      (await call("/me", { headers: { authorization: "Bearer no" } })).headers.get("ratelimit-limit"),
    ).toBeNull();
  });
});
