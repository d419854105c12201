// The merchant's own landing page, and payments that the merchant starts itself.

import { createInvoice, createPayment, getInvoice } from "./support/api.ts";
import { open, send } from "./support/http.ts";
import { chooseCard, enterCard, expectReceipt, press } from "./support/payer.ts";
import { payHosted, sessionIdOf } from "./support/sandbox.ts";
import { type Site, startSite } from "./support/servers.ts";
import { payByCard } from "./support/steps.ts";
import { expect, test } from "./support/test.ts";

let shop: Site;

test.beforeAll(async () => {
  shop = await startSite("<!doctype html><title>Shop</title><h1>The merchant's own page</h1>");
});

test.afterAll(async () => {
  await shop.close();
});

test("our link leads to the merchant's page with the invoice's id and without the link's secret", async ({
  page,
}) => {
  const invoice = await createInvoice({ landing_url: `${shop.localhost}/pay?lang=en` });
  const answer = await send(invoice.pay_url);
  expect(answer.status).toBe(303);
  expect(answer.headers.location).toBe(`${shop.localhost}/pay?lang=en&invoice=${invoice.id}`);

  await page.goto(invoice.pay_url);
  await expect(page.getByRole("heading", { name: "The merchant's own page" })).toBeVisible();
  const visit = shop.visits.find(({ path }) => path.includes(invoice.id));
  expect(visit?.path).toBe(`/pay?lang=en&invoice=${invoice.id}`);
  expect(visit?.headers.referer, "our address does not leak").toBeUndefined();
});

test("from there a payment is started with the invoice's id: a redirect for a card, which pays", async ({
  page,
}) => {
  const invoice = await createInvoice({ landing_url: `${shop.localhost}/pay` });
  const payment = await createPayment(invoice.id, "card");
  expect(payment).toMatchObject({
    invoice_id: invoice.id,
    method: "card",
    state: "pending",
    amount: 24_900,
    next_action: { type: "redirect" },
  });
  await page.goto(payment.next_action?.url ?? "");
  await enterCard(page);
  await expectReceipt(page);
  expect((await getInvoice(invoice.id)).state).toBe("paid");
});

test("a payment by phone bill that the merchant starts tells where the payer waits", async ({ page }) => {
  const invoice = await createInvoice({ landing_url: `${shop.localhost}/pay` });
  const payment = await createPayment(invoice.id, "carrier_billing");
  expect(payment.next_action).toEqual({ type: "wait", url: `${invoice.pay_url}/waiting` });
  await page.goto(payment.next_action?.url ?? "");
  await expect(page.getByRole("heading", { name: "Approve it on your phone" })).toBeVisible();
});

test("each method's own address opens our page with that one method and one button", async ({ page }) => {
  const invoice = await createInvoice({ landing_url: `${shop.localhost}/pay` });
  const { available_methods } = await getInvoice(invoice.id);
  expect(available_methods.map(({ method, is_available }) => [method, is_available])).toEqual([
    ["carrier_billing", true],
    ["card", true],
  ]);
  for (const { method, pay_url } of available_methods) {
    await page.goto(pay_url ?? "");
    await expect(page.getByRole("button")).toHaveCount(1);
    const label = method === "card" ? "by card" : "on your phone bill";
    await expect(page.getByRole("button")).toHaveText(`Pay NOK 249.00 ${label}`);
  }
  await chooseCard(page);
  await enterCard(page);
  await expectReceipt(page);
});

test("a method that does not exist is an unknown link", async () => {
  const invoice = await createInvoice();
  for (const method of ["mobile", "CARD", "card%2f"]) {
    expect((await send(`${invoice.pay_url}/method/${method}`)).status, method).toBe(404);
  }
});

test("a paid invoice's link says already paid, whatever landing page the merchant has", async () => {
  const invoice = await payByMerchantPage();
  const answer = await open(invoice.pay_url);
  expect(answer.url).toBe(`${invoice.pay_url}/closed`);
  expect(answer.text).toContain("This is already paid");
});

async function payByMerchantPage() {
  const invoice = await createInvoice({ landing_url: `${shop.localhost}/pay` });
  const payment = await createPayment(invoice.id, "card");
  await open(await payHosted(sessionIdOf(payment.next_action?.url ?? "")));
  return invoice;
}

test("giving up a method on our page leads back to the merchant's page", async ({ page }) => {
  const invoice = await createInvoice({ landing_url: `${shop.localhost}/pay` });
  const payment = await createPayment(invoice.id, "carrier_billing");
  await page.goto(payment.next_action?.url ?? "");
  await press(page, "Pay another way");
  await expect(page.getByRole("heading", { name: "The merchant's own page" })).toBeVisible();
  await expect(page).toHaveURL(`${shop.localhost}/pay?invoice=${invoice.id}`);
  expect((await getInvoice(invoice.id)).payments[0]?.superseded_at).not.toBeNull();
});

test("the receipt leads back to the merchant's return address, as it was given", async ({ page }) => {
  const returnUrl = `${shop.localhost}/thanks?order=77`;
  const invoice = await payByCard({ return_url: returnUrl });
  await page.goto(`${invoice.pay_url}/receipt`);
  await page.getByRole("link", { name: "Back to Fjord Swim Club" }).click();
  await expect(page).toHaveURL(returnUrl);
  expect(shop.visits.find(({ path }) => path === "/thanks?order=77")?.headers.referer).toBeUndefined();
});
