// A merchant's people run their invoices.

import { readFileSync } from "node:fs";
import { createInvoice, getInvoice } from "../support/api.ts";
import { base, invite, signIn } from "../support/dashboard.ts";
import { freshPhone } from "../support/phone.ts";
import { textsOn } from "../support/sandbox.ts";
import { payByCard } from "../support/steps.ts";
import { expect, test } from "../support/test.ts";

test("an invoice made by hand is texted once however often the button is pressed, and its story is told", async ({
  page,
}) => {
  await signIn(page);
  const phone = freshPhone();
  await page.goto(`${base}/invoices/new`);
  await page.getByLabel("Phone").fill(phone);
  await page.getByLabel("Amount").fill("149,50");
  await page.getByLabel("What it is for").fill("Swimming course");
  await page.getByRole("button", { name: "Make the invoice" }).dblclick();
  await expect(page.getByRole("heading", { name: "Swimming course", level: 1 })).toBeVisible();
  await expect(page.getByText("NOK 149.50")).toBeVisible();
  await expect.poll(async () => (await textsOn(phone)).length).toBe(1);
  await expect(page.getByText("invoice: created")).toBeVisible();
});

test("what cannot be is said at the form, and nothing is made", async ({ page }) => {
  await signIn(page);
  await page.goto(`${base}/invoices/new`);
  await page.getByLabel("Phone").fill("12");
  await page.getByLabel("Amount").fill("149,505");
  await page.getByLabel("What it is for").fill("Nothing");
  await page.getByRole("button", { name: "Make the invoice" }).click();
  await expect(page.getByText("The currency cannot hold this amount.")).toBeVisible();
  await expect(page.getByLabel("What it is for")).toHaveValue("Nothing");
});

test("a paid invoice is refunded in part, and a second tap refunds nothing more", async ({ page }) => {
  const invoice = await payByCard();
  await signIn(page);
  await page.goto(`${base}/invoices/${invoice.id}`);
  await page.getByText("Refund", { exact: true }).click();
  await page.getByLabel("Amount in NOK").fill("50");
  await page.getByRole("button", { name: "Send the money back" }).dblclick();
  await expect(page.getByText("NOK 50.00")).toBeVisible();
  const { payments } = (await getInvoice(invoice.id)) as unknown as {
    payments: { amount_refunded: number }[];
  };
  expect(payments.map((payment) => payment.amount_refunded)).toEqual([5_000]);
});

test("only what is legal is offered, and it works: sent again, withdrawn", async ({ page }) => {
  const invoice = await createInvoice();
  await signIn(page);
  await page.goto(`${base}/invoices/${invoice.id}`);
  await page.getByRole("button", { name: "Send the text message again" }).click();
  await expect.poll(async () => (await textsOn(invoice.phone)).length).toBe(1);
  await page.getByText("Withdraw", { exact: true }).click();
  await page.getByRole("button", { name: "Withdraw it" }).click();
  await expect.poll(async () => (await getInvoice(invoice.id)).state).toBe("cancelled");
  await page.reload();
  await expect(page.getByRole("heading", { name: "What you can do" })).toHaveCount(0);
});

test("an invoice is found by whatever is known of it: phone, last four, reference, link", async ({
  page,
}) => {
  const reference = `FIND-${Date.now()}`;
  const invoice = await createInvoice({ merchant_reference: reference });
  await signIn(page);
  const search = async (text: string) => {
    await page.goto(`${base}/invoices`);
    await page.getByLabel("Search").fill(text);
    await page.getByRole("button", { name: "Search" }).click();
  };
  for (const text of [reference, reference.toLowerCase().slice(0, -1), invoice.phone]) {
    await search(text);
    await expect(page.locator("tbody tr").filter({ hasText: reference })).toHaveCount(1);
  }
  await search(invoice.phone.slice(-4));
  await expect(page.locator("tbody tr").filter({ hasText: reference })).toHaveCount(1);
  for (const text of [invoice.id, invoice.pay_url]) {
    await search(text);
    await expect(page).toHaveURL(new RegExp(`${invoice.id}$`));
  }
  await search("nothing like it");
  await expect(page.getByText("No invoice fits.")).toBeVisible();
});

test("the list is exported as CSV, by who may, and the log knows", async ({ page, browser }) => {
  const invoice = await createInvoice({ description: "=1+1", merchant_reference: `EXP-${Date.now()}` });
  await signIn(page);
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export as CSV" }).click();
  const download = await downloading;
  const text = readFileSync(await download.path(), "utf8");
  const line = text.split("\r\n").find((row) => row.includes(invoice.id)) ?? "";
  expect(line).toContain(`"'=1+1"`);
  expect(line).not.toContain(invoice.phone);
  await page.goto(`${base}/log?area=export`);
  await expect(page.getByText("export.made").first()).toBeVisible();
  const guest = await (await browser.newContext()).newPage();
  await invite(page, guest, "viewer");
  await expect(guest.getByRole("button", { name: "Export as CSV" })).toHaveCount(0);
  const forbidden = await guest.request.post(`${base}/invoices/export`, {
    headers: { origin: new URL(base).origin },
  });
  expect(forbidden.status()).toBe(403);
  const foreign = await page.request.post(`${base}/invoices/export`, {
    headers: { origin: "https://evil.example" },
  });
  expect(foreign.status()).toBe(403);
  await guest.context().close();
});

test("a viewer sees invoices and can do nothing with them", async ({ page, browser }) => {
  const invoice = await createInvoice();
  await signIn(page);
  const guestPage = await (await browser.newContext()).newPage();
  await invite(page, guestPage, "viewer");
  await expect(guestPage.getByRole("link", { name: "New invoice" })).toHaveCount(0);
  await expect(guestPage.getByRole("link", { name: "Team" })).toHaveCount(0);
  await guestPage.goto(`${base}/invoices/${invoice.id}`);
  await expect(guestPage.getByRole("heading", { name: "Invoice", level: 2 })).toBeVisible();
  await expect(guestPage.getByRole("heading", { name: "What you can do" })).toHaveCount(0);
  await guestPage.goto(`${base}/team`);
  await expect(guestPage.getByText("The role viewer does not see the team.")).toBeVisible();
  await guestPage.context().close();
});
