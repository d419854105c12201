// Forms that are sent from elsewhere start nothing.

import { createInvoice, getInvoice } from "./support/api.ts";
import { demo } from "./support/demo.ts";
import { send } from "./support/http.ts";
import { startSite } from "./support/servers.ts";
import { readProof, startPhoneBill } from "./support/steps.ts";
import { expect, test } from "./support/test.ts";

/** An attacker's page that knows the link, and even the hidden field. */
async function attackPage(action: string, proof: string) {
  return await startSite(`<!doctype html><title>Win</title>
    <form method="post" action="${action}">
    <input type="hidden" name="proof" value="${proof}"><input type="hidden" name="method" value="carrier_billing">
    <button>Win a prize</button></form>`);
}

for (const from of ["numbered", "localhost"] as const) {
  const where = from === "numbered" ? "another site" : "another origin of the same site";
  test(`a form on ${where} cannot choose a method`, async ({ page }) => {
    const invoice = await createInvoice();
    const site = await attackPage(`${invoice.pay_url}/pay`, await readProof(invoice.pay_url));
    await page.goto(`${site[from]}/prize`);
    const answer = page.waitForResponse(`${invoice.pay_url}/pay`);
    await page.getByRole("button", { name: "Win a prize" }).click();
    expect((await answer).status()).toBe(403);
    await expect(page.getByRole("heading", { name: "That is not possible" })).toBeVisible();
    expect((await getInvoice(invoice.id)).payments).toEqual([]);
    await site.close();
  });

  test(`a form on ${where} cannot give up an attempt`, async ({ page }) => {
    const invoice = await startPhoneBill();
    const site = await attackPage(`${invoice.pay_url}/change`, await readProof(`${invoice.pay_url}/waiting`));
    await page.goto(`${site[from]}/prize`);
    const answer = page.waitForResponse(`${invoice.pay_url}/change`);
    await page.getByRole("button", { name: "Win a prize" }).click();
    expect((await answer).status()).toBe(403);
    expect((await getInvoice(invoice.id)).payments[0]?.superseded_at).toBeNull();
    await site.close();
  });
}

test("no page of another origin can put ours in a frame", async ({ page }) => {
  const invoice = await createInvoice();
  const site = await startSite(`<!doctype html><title>Win</title><iframe src="${invoice.pay_url}"></iframe>`);
  await page.goto(`${site.localhost}/prize`);
  await expect(page.frameLocator("iframe").getByRole("button", { name: /Pay/ })).toHaveCount(0);
  // The browser shows its own error page in the frame instead.
  expect(page.frames().some((frame) => frame.url() === invoice.pay_url)).toBe(false);
  await site.close();
});

interface Sender {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly field: "right" | "none" | "wrong" | "another invoice's";
  readonly status: number;
}

const SENDERS: readonly Sender[] = [
  { name: "an origin of null", headers: { origin: "null" }, field: "none", status: 403 },
  { name: "no origin at all", headers: {}, field: "none", status: 403 },
  { name: "no origin, a made-up field", headers: {}, field: "wrong", status: 403 },
  { name: "no origin, the field of another link", headers: {}, field: "another invoice's", status: 403 },
  {
    name: "another origin, the right field",
    headers: { origin: "https://evil.example" },
    field: "right",
    status: 403,
  },
  {
    name: "our name with another port, the right field",
    headers: { origin: "http://localhost:1" },
    field: "right",
    status: 403,
  },
  {
    name: "another site by the browser's own word, the right field and our origin",
    headers: { "sec-fetch-site": "cross-site", origin: demo.base_url },
    field: "right",
    status: 403,
  },
  {
    name: "a sister site by the browser's own word, the right field",
    headers: { "sec-fetch-site": "same-site" },
    field: "right",
    status: 403,
  },
  { name: "no origin, the right field", headers: {}, field: "right", status: 303 },
  { name: "an origin of null, the right field", headers: { origin: "null" }, field: "right", status: 303 },
  { name: "our own origin", headers: { origin: demo.base_url }, field: "none", status: 303 },
  { name: "our own page", headers: { "sec-fetch-site": "same-origin" }, field: "none", status: 303 },
];

for (const { name, headers, field, status } of SENDERS) {
  test(`a post is ${status === 403 ? "refused" : "taken"}: ${name}`, async () => {
    const invoice = await createInvoice();
    const proofs = {
      right: async () => await readProof(invoice.pay_url),
      none: async () => null,
      wrong: async () => "1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
      "another invoice's": async () => await readProof((await createInvoice()).pay_url),
    };
    const proof = await proofs[field]();
    const form = { method: "carrier_billing", ...(proof === null ? {} : { proof }) };
    const answer = await send(`${invoice.pay_url}/pay`, { headers, form });
    expect(answer.status).toBe(status);
    expect((await getInvoice(invoice.id)).payments).toHaveLength(status === 403 ? 0 : 1);
  });
}

test("what is no form of ours is refused without a trace", async () => {
  const invoice = await createInvoice();
  const proof = await readProof(invoice.pay_url);
  const pay = `${invoice.pay_url}/pay`;
  const answers = [
    await send(pay, { json: { proof, method: "card" } }),
    await send(pay, { form: { proof, method: "bitcoin" } }),
    await send(pay, { form: { proof, method: "card", padding: "x".repeat(20_000) } }),
    await send(pay, { form: { proof, method: "card" }, headers: { "content-type": "text/plain" } }),
  ];
  expect(answers.map((answer) => answer.status)).toEqual([400, 400, 413, 400]);
  for (const answer of answers) expect(answer.text).toContain("That is not possible");
  expect((await getInvoice(invoice.id)).payments).toEqual([]);
});
