// The merchant withdraws an invoice.

import { cancelInvoice, createInvoice, getInvoice } from "./support/api.ts";
import { chooseCard, enterCard, PAY_BY_CARD, PAY_ON_PHONE_BILL, press } from "./support/payer.ts";
import { getSession } from "./support/sandbox.ts";
import { expect, type Page, test } from "./support/test.ts";

async function expectWithdrawn(page: Page): Promise<void> {
  await expect(page).toHaveURL(/\/closed$/);
  await expect(
    page.getByRole("heading", { name: "Fjord Swim Club has withdrawn this", level: 1 }),
  ).toBeVisible();
  await expect(page.getByText("You do not need to pay NOK 249.00 for")).toBeVisible();
  await expect(page.getByRole("button")).toHaveCount(0);
}

test("the link of a withdrawn invoice says so, and the merchant is called back once", async ({
  page,
  inbox,
}) => {
  const invoice = await createInvoice({ callback_url: inbox.url });
  expect((await cancelInvoice(invoice.id)).state).toBe("cancelled");
  const cancelled = await inbox.next("invoice.cancelled");
  expect(cancelled).toMatchObject({ data: { invoice: { id: invoice.id, state: "cancelled" } } });
  await page.goto(invoice.pay_url);
  await expectWithdrawn(page);
});

for (const button of [PAY_BY_CARD, PAY_ON_PHONE_BILL]) {
  test(`a page from before the withdrawal leads to it and starts nothing: ${button}`, async ({ page }) => {
    const invoice = await createInvoice();
    await page.goto(invoice.pay_url);
    await cancelInvoice(invoice.id);
    await press(page, button);
    await expectWithdrawn(page);
    expect((await getInvoice(invoice.id)).payments).toEqual([]);
  });
}

test("a withdrawn invoice's card session is expired at Stripe and cannot be paid", async ({ page }) => {
  const invoice = await createInvoice();
  await page.goto(invoice.pay_url);
  const session = await chooseCard(page);
  await cancelInvoice(invoice.id);
  expect((await getSession(session)).status).toBe("expired");
  await enterCard(page);
  await expect(page.getByRole("heading", { name: "This checkout has expired" })).toBeVisible();
  await page.getByRole("link", { name: "Return to the merchant" }).click();
  await expectWithdrawn(page);
  expect((await getInvoice(invoice.id)).state).toBe("cancelled");
});
