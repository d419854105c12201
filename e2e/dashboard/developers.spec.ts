// Keys, callback endpoints and the log of who did what.

import { createInvoice } from "../support/api.ts";
import { startCallbackListener } from "../support/callbacks.ts";
import { base, invite, signIn } from "../support/dashboard.ts";
import { demo } from "../support/demo.ts";
import { send } from "../support/http.ts";
import { expect, test } from "../support/test.ts";

test("a key is made, works, is shown once, and is revoked; the log knows who did it", async ({ page }) => {
  const name = `Till ${Date.now()}`;
  await signIn(page);
  await page.goto(`${base}/keys`);
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("invoices:read").check();
  await page.getByRole("button", { name: "Make the key" }).click();
  const key = (await page.locator("form li").textContent()) ?? "";
  const list = () =>
    send(`${demo.base_url}/api/v1/invoices?limit=1`, { headers: { authorization: `Bearer ${key}` } });
  expect((await list()).status).toBe(200);
  await page.reload();
  await expect(page.getByText(key)).toHaveCount(0);
  const row = page.getByRole("listitem").filter({ hasText: name });
  await row.getByRole("button", { name: "Revoke" }).click();
  await expect(row.getByText("revoked", { exact: true })).toBeVisible();
  expect((await list()).status).toBe(401);
  await page.goto(`${base}/log?area=key`);
  await expect(page.getByText("key.revoked").first()).toBeVisible();
  await expect(page.getByText(`by ${demo.dashboard_email}`).first()).toBeVisible();
});

test("an endpoint is added, tried, switched off and deleted", async ({ page }) => {
  const listener = await startCallbackListener();
  const url = listener.openInbox().url;
  await signIn(page);
  await page.goto(`${base}/callbacks`);
  await page.getByLabel("Address").fill(url);
  const name = `Shop ${Date.now()}`;
  await page.getByLabel("What it is for").fill(name);
  await page.getByRole("button", { name: "Add it" }).click();
  await expect(page.getByText(/^whsec_/)).toBeVisible();
  const card = page.locator("section").filter({ has: page.getByRole("heading", { name, level: 2 }) });
  await card.getByRole("button", { name: "Send a test event" }).click();
  await expect(page.getByText("endpoint.test").first()).toBeVisible();
  await card.getByRole("button", { name: "Switch off" }).click();
  await expect(card.getByText("Switched off by your team.")).toBeVisible();
  await card.getByRole("button", { name: "Delete" }).click();
  await expect(card).toHaveCount(0);
  await listener.close();
});

test("addresses on the inside are refused, with the reason", async ({ page }) => {
  await signIn(page);
  await page.goto(`${base.replace(/test$/, "live")}/callbacks`);
  await page.getByLabel("Address").fill("https://169.254.169.254/latest");
  await page.getByRole("button", { name: "Add it" }).click();
  await expect(page.locator("form").filter({ hasText: "Add it" }).getByRole("alert")).toBeVisible();
});

test("support sends a callback again, and sets up nothing", async ({ page, browser, inbox }) => {
  const invoice = await createInvoice({ callback_url: inbox.url });
  await send(`${demo.base_url}/api/v1/invoices/${invoice.id}/cancel`, {
    method: "POST",
    headers: { authorization: `Bearer ${demo.api_key}` },
  });
  await inbox.next("invoice.cancelled");
  await signIn(page);
  const guest = await (await browser.newContext()).newPage();
  await invite(page, guest, "support");
  await guest.goto(`${base}/callbacks`);
  await expect(guest.getByRole("button", { name: "Add it" })).toHaveCount(0);
  await expect(guest.getByRole("button", { name: "Send again" }).first()).toBeVisible();
  await guest.goto(`${base}/keys`);
  await expect(guest.getByText("The role support may not do this here")).toBeVisible();
  await guest.context().close();
});
