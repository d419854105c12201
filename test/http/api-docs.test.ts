// The API's pages as they are served.

import { describe, expect, it } from "vitest";
import { apiDescription } from "#lib/doors/native/openapi/document.ts";
import { demo } from "./client.ts";

const description = apiDescription();
const get = async (path: string) => {
  const response = await fetch(`${demo().base_url}${path}`, { redirect: "manual" });
  return { status: response.status, headers: response.headers, html: await response.text() };
};

/** Every page, found by following links from the home page. */
async function crawl(): Promise<Map<string, string>> {
  const pages = new Map<string, string>();
  const waiting = ["/docs/api"];
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    if (pages.has(path)) continue;
    const { status, html } = await get(path);
    expect(status, path).toBe(200);
    pages.set(path, html);
    for (const [, link = ""] of html.matchAll(/href="(\/docs\/api[^"#]*)/g)) waiting.push(link);
  }
  return pages;
}

describe("the API's pages", () => {
  it("are linked from the home page", async () => {
    expect((await get("/")).html).toContain('href="/docs/api"');
  });

  it("tell of every operation, object, event and error, and no link of theirs leads nowhere", async () => {
    const pages = await crawl();
    const ids = new Set(
      [...pages].flatMap(([path, html]) =>
        [...html.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => `${path}#${id}`),
      ),
    );
    const all = [...ids].map((id) => id.slice(id.indexOf("#") + 1));
    const operations = Object.values(description.paths).flatMap((item) => Object.values(item));
    expect(all).toEqual(
      expect.arrayContaining([
        ...operations.map(({ operationId }) => operationId),
        ...Object.keys(description.components.schemas),
        ...Object.keys(description.webhooks),
      ]),
    );
    const broken = [...pages].flatMap(([path, html]) =>
      [...html.matchAll(/href="([^"]*#[^"]+)"/g)]
        .map(([, link = ""]) => (link.startsWith("#") ? path + link : link))
        .filter((link) => link !== `${path}#main` && !ids.has(link)),
    );
    expect(broken).toEqual([]);
    const refusals = Object.values(description.components.responses).flatMap(
      ({ content = {} }) => JSON.stringify(content).match(/"enum":\["(\w+)"/)?.[1] ?? [],
    );
    for (const code of refusals) expect(pages.get("/docs/api/errors")).toContain(code);
  });

  it("run no script and load nothing", async () => {
    for (const [path, html] of await crawl()) {
      expect(html, path).not.toMatch(/<script|javascript:|\bon[a-z]+=|<img|src="|@import|url\(/);
      const { headers } = await get(path);
      expect(headers.get("content-security-policy"), path).toContain("script-src 'none'");
      expect(headers.get("x-content-type-options"), path).toBe("nosniff");
      expect(headers.get("set-cookie"), path).toBeNull();
    }
  });

  it.each(["/docs/api/nothing", "/docs/api/invoices/x", "/docs/api/__proto__", "/docs/api/%2e%2e", "/docs"])(
    "are not found at %s",
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );
});
