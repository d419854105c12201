// Every page of the dashboard: axe in light and dark, and 320 px are enough.

import { expectAccessible, expectNoSidewaysScroll } from "../support/accessibility.ts";
import { createInvoice } from "../support/api.ts";
import { base, signIn } from "../support/dashboard.ts";
import { demo } from "../support/demo.ts";
import { expect, test } from "../support/test.ts";

for (const path of ["/sign-in", "/forgot", "/reset/x", "/invitations/x"]) {
  test(`before signing in: ${path}`, async ({ page }) => {
    await page.goto(`${demo.base_url}/dashboard${path}`);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
  });
}

for (const path of ["overview", "invoices", "invoices/new", "keys", "callbacks", "team", "log", "roles"]) {
  test(`signed in: ${path}`, async ({ page }) => {
    await createInvoice();
    await signIn(page);
    await page.goto(`${base}/${path}`);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
  });
}

test("signed in: an invoice, the account, and what is not there", async ({ page }) => {
  const invoice = await createInvoice();
  await signIn(page);
  for (const address of [
    `${base}/invoices/${invoice.id}`,
    `${demo.base_url}/dashboard/account`,
    `${base}/invoices/inv_x`,
  ]) {
    await page.goto(address);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
  }
});
