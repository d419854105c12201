// What a page costs a payer: one request, and a weight that fits the first flight of packets.

import { gunzipSync } from "node:zlib";
import { createInvoice, LINES } from "./support/api.ts";
import { demo } from "./support/demo.ts";
import { open, send } from "./support/http.ts";
import { PAYER_PAGES, payByCard } from "./support/steps.ts";
import { expect, test } from "./support/test.ts";

/** One initial TCP window of ten segments holds about this much. */
const BYTES_MAX = 14_000;

async function weigh(url: string): Promise<number> {
  const { url: served } = await open(url);
  const { status, headers, bytes } = await send(served, { headers: { "accept-encoding": "gzip" } });
  expect(status).toBeLessThan(500);
  expect(headers["content-encoding"]).toBe("gzip");
  expect(gunzipSync(bytes).toString("utf8")).toMatch(/^<!doctype html>.*<\/html>$/s);
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  return bytes.byteLength + head.join("").length;
}

test("every page fits into 14 kB, compressed and with its headers", async () => {
  const many = Array.from({ length: 30 }, (_, index) => ({
    ...LINES[0],
    description: `Swimming lesson number ${index + 1}, with an instructor`,
    unit_amount: 800,
  }));
  const pages = [
    ...PAYER_PAGES.flatMap(({ name, make }) =>
      ["en", "nb"].map((locale) => ({ name: `${name}, ${locale}`, make: () => make({ locale }) })),
    ),
    {
      name: "receipt, thirty lines, en",
      make: async () => `${(await payByCard({ amount: 24_000, lines: many })).pay_url}/receipt`,
    },
    { name: "unknown link, en", make: async () => `${demo.base_url}/i/0123456789ABCDEFGHIJKL` },
  ];
  const sizes = await Promise.all(
    pages.map(async ({ name, make }) => [name, await weigh(await make())] as const),
  );
  const table = sizes.map(([name, bytes]) => `${name} ${bytes} B`).join("; ");
  test.info().annotations.push({ type: "page sizes", description: table });
  process.stdout.write(`Page sizes (gzip, with headers): ${table}\n`);
  expect(sizes.filter(([, bytes]) => bytes > BYTES_MAX)).toEqual([]);
});

test("a page is one request, whatever it shows", async ({ page }) => {
  const { pay_url } = await createInvoice({ lines: LINES });
  const { pay_url: paid } = await payByCard({ lines: LINES });
  for (const url of [pay_url, `${paid}/receipt`]) {
    const requests: string[] = [];
    const note = (request: { url(): string }) => void requests.push(request.url());
    page.on("request", note);
    await page.goto(url, { waitUntil: "load" });
    page.off("request", note);
    expect(requests).toEqual([url]);
  }
});
