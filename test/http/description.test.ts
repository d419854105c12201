// The API's description as it is served.

import { describe, expect, it } from "vitest";
import { apiDescription } from "#lib/doors/native/openapi/document.ts";
import { call, demo } from "./client.ts";

const noKey = { authorization: "" };

describe("the API's description", () => {
  it("is read without a key, and is what the code says", async () => {
    const answer = await call("/openapi.json", { headers: noKey });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(JSON.stringify(apiDescription()));
  });

  it("is kept by caches until it changes", async () => {
    const first = await call("/openapi.json", { headers: noKey });
    expect(first.headers.get("cache-control")).toBe("public, max-age=300");
    const etag = first.headers.get("etag") ?? "";
    const second = await call("/openapi.json", {
      headers: { ...noKey, "if-none-match": `"other", ${etag}` },
    });
    expect(second).toMatchObject({ status: 304, text: "" });
    const stale = await call("/openapi.json", { headers: { ...noKey, "if-none-match": '"other"' } });
    expect(stale.status).toBe(200);
  });

  it.each(["POST", "PUT", "PATCH", "DELETE"])("has no %s", async (method) => {
    const answer = await call("/openapi.json", { method, headers: noKey });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("GET");
  });

  it("leads to operations that answer below the address it names", async () => {
    const [server] = apiDescription().servers;
    const address = new URL(`${server?.url}/me`, `${demo().base_url}/api/v1/openapi.json`);
    const response = await fetch(address, { headers: { authorization: `Bearer ${demo().api_key}` } });
    expect(response.status).toBe(200);
  });
});
