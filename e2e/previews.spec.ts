// Link previews, scanners and shoulders: nothing happens by looking, and nothing shows that need not.

import { countEvents, createInvoice, getInvoice } from "./support/api.ts";
import { open, send } from "./support/http.ts";
import { PAYER_PAGES } from "./support/steps.ts";
import { expect, test } from "./support/test.ts";

const PERSON =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1";

const LOOKERS = [
  { name: "HEAD", method: "HEAD", headers: { "user-agent": PERSON } },
  {
    name: "a messenger's preview",
    headers: { "user-agent": "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)" },
  },
  { name: "a chat's preview", headers: { "user-agent": "WhatsApp/2.23.20.0" } },
  {
    name: "a work chat's preview",
    headers: { "user-agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)" },
  },
  {
    name: "a phone's own preview of a text",
    headers: {
      "user-agent":
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    },
  },
  { name: "a crawler", headers: { "user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)" } },
  { name: "a script", headers: { "user-agent": "curl/8.7.1" } },
  {
    name: "a browser that prefetches",
    headers: { "user-agent": PERSON, "sec-purpose": "prefetch;prerender" },
  },
] as const;

for (const looker of LOOKERS) {
  test(`a look is no opening: ${looker.name}`, async () => {
    const invoice = await createInvoice();
    const answer = await send(invoice.pay_url, looker);
    expect(answer.status).toBe(200);
    const detail = await getInvoice(invoice.id);
    expect(detail).toMatchObject({ state: "open", opened_at: null, payments: [] });
    expect(await countEvents(invoice.id, "invoice.opened")).toBe(0);
  });
}

test("a person's first opening is an event, once, and it is called back", async ({ inbox }) => {
  const invoice = await createInvoice({ callback_url: inbox.url });
  await send(invoice.pay_url, LOOKERS[1]);
  await Promise.all(
    Array.from({ length: 5 }, () => send(invoice.pay_url, { headers: { "user-agent": PERSON } })),
  );
  const opened = await inbox.next("invoice.opened");
  expect(opened).toMatchObject({ data: { invoice: { id: invoice.id, state: "open" } } });
  expect(await countEvents(invoice.id, "invoice.opened")).toBe(1);
  expect((await getInvoice(invoice.id)).opened_at).not.toBeNull();
});

test("looking at any page starts, chooses and cancels nothing", async () => {
  const invoice = await createInvoice();
  const before = await getInvoice(invoice.id);
  for (const path of ["", "/method/card", "/waiting", "/code", "/failed", "/receipt", "/closed", "/return"]) {
    await open(`${invoice.pay_url}${path}`);
  }
  for (const path of ["/pay", "/change"]) {
    expect((await send(`${invoice.pay_url}${path}`)).status, `GET ${path}`).toBe(303);
  }
  const after = await getInvoice(invoice.id);
  expect({ ...after, opened_at: null, version: 0 }).toEqual({ ...before, opened_at: null, version: 0 });
});

for (const { name, make } of PAYER_PAGES) {
  test(`kept out of indexes, caches, referrers and frames, and the title names nobody: ${name}`, async () => {
    const answer = await open(await make({ description: "Secret description" }));
    const { headers } = answer;
    expect(headers["cache-control"]).toBe("no-store");
    expect(headers["referrer-policy"]).toBe("no-referrer");
    expect(headers["x-robots-tag"]).toContain("noindex");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["set-cookie"]).toBeUndefined();
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("base-uri 'none'");
    expect(policy).not.toMatch(/unsafe|\*/);

    const head = answer.text.slice(0, answer.text.indexOf("<body")).replace(/<style>.*?<\/style>/s, "");
    expect(head).not.toMatch(/Fjord|249|NOK|Secret|og:|twitter:|description/i);
    expect(head).toMatch(/<meta name="robots" content="noindex, nofollow"/);
    expect(head).toMatch(/<title>[^<]+<\/title>/);
  });
}

test("no page shows the whole phone number", async () => {
  for (const { make } of PAYER_PAGES.slice(0, 6)) {
    const answer = await open(await make({}));
    expect(answer.text).not.toMatch(/\+?479\d{7}(?!\d)/);
  }
});
