// The phone bill: approved or declined on the phone, while the page waits.

import { createInvoice, getInvoice } from "./support/api.ts";
import { chooseCard, choosePhoneBill, enterCard, expectReceipt, fact, press } from "./support/payer.ts";
import { AGREED_BEFOREHAND, BARRED, freshPhone } from "./support/phone.ts";
import { answerPrompt, phoneUrl, promptsOn } from "./support/sandbox.ts";
import { startCard, startPhoneBill } from "./support/steps.ts";
import { expect, test } from "./support/test.ts";

test("a phone bill pays: approved on the phone in another tab, the waiting page moves to the receipt by itself", async ({
  page,
  context,
  inbox,
}) => {
  const invoice = await createInvoice({ callback_url: inbox.url });
  await page.goto(invoice.pay_url);
  await choosePhoneBill(page);
  await expect(page.getByRole("heading", { name: "Approve it on your phone" })).toBeVisible();
  await expect(page.getByText(`ending in ${invoice.phone.slice(-4)}`)).toBeVisible();

  const phone = await context.newPage();
  await phone.goto(phoneUrl(invoice.phone));
  await expect(
    phone.getByText("Fjord Swim Club wants to charge NOK 249.00 to your phone bill"),
  ).toBeVisible();
  expect((await getInvoice(invoice.id)).state).toBe("open");
  await phone.getByRole("button", { name: "Approve" }).click();

  await expectReceipt(page);
  await expect(fact(page, "Paid by")).toHaveText(`Phone bill, phone ending in ${invoice.phone.slice(-4)}`);
  const paid = await inbox.next("invoice.paid");
  const succeeded = await inbox.next("payment.succeeded");
  expect(succeeded).toMatchObject({
    data: { payment: { method: "carrier_billing", state: "succeeded", amount: 24_900, currency: "NOK" } },
  });
  expect(paid).toMatchObject({ data: { invoice: { id: invoice.id, state: "paid" } } });
  expect(paid.sequence).toBeGreaterThan(succeeded.sequence);
});

test("with the refresh off the page stays, and is checked by hand", async ({ page }) => {
  const invoice = await createInvoice();
  await page.goto(invoice.pay_url);
  await choosePhoneBill(page);
  await expect(page.locator("meta[http-equiv=refresh]")).toHaveCount(1);
  await page.getByRole("link", { name: "Stop automatic checking" }).click();
  await expect(page).toHaveURL(/\/waiting\?refresh=off$/);
  await expect(page.locator("meta[http-equiv=refresh]")).toHaveCount(0);

  await page.getByRole("link", { name: "Check again", exact: true }).click();
  await expect(page).toHaveURL(/\/waiting\?refresh=off$/);
  await expect(page.getByRole("heading", { name: "Approve it on your phone" })).toBeVisible();

  await answerPrompt(invoice.phone, "approve");
  await expect.poll(async () => (await getInvoice(invoice.id)).state).toBe("paid");
  await page.getByRole("link", { name: "Check again", exact: true }).click();
  await expectReceipt(page);
});

test("a page says that it checks by itself exactly when it does", async ({ page }) => {
  const pages = [
    { url: `${(await startPhoneBill()).pay_url}/waiting`, refreshes: 1 },
    { url: `${(await startPhoneBill()).pay_url}/waiting?refresh=off`, refreshes: 0 },
    // Nothing changes here until the payer goes on.
    { url: `${(await startCard()).pay_url}/waiting`, refreshes: 0 },
  ];
  for (const { url, refreshes } of pages) {
    await page.goto(url);
    await expect(page.getByRole("link", { name: "Check again", exact: true })).toBeVisible();
    await expect(page.locator("meta[http-equiv=refresh]")).toHaveCount(refreshes);
    await expect(page.getByText(/This page checks every/)).toHaveCount(refreshes);
  }
});

test("declined on the phone: not made, no money left, and a card pays the same link", async ({
  page,
  context,
  inbox,
}) => {
  const invoice = await createInvoice({ callback_url: inbox.url });
  await page.goto(invoice.pay_url);
  await choosePhoneBill(page);
  const phone = await context.newPage();
  await phone.goto(phoneUrl(invoice.phone));
  await phone.getByRole("button", { name: "Decline" }).click();

  await expect(page).toHaveURL(/\/failed$/);
  await expect(page.getByRole("heading", { name: "The payment was not made", level: 1 })).toBeVisible();
  await expect(page.getByText("No money has left your account.")).toBeVisible();
  await expect(page.getByText("You can try again, or pay another way.")).toBeVisible();
  await inbox.next("payment.failed");

  await page.getByRole("link", { name: "Choose how to pay" }).click();
  await expect(page).toHaveURL(invoice.pay_url);
  await chooseCard(page);
  await enterCard(page);
  await expectReceipt(page);
  const detail = await getInvoice(invoice.id);
  expect(detail.state).toBe("paid");
  expect(detail.payments.map(({ method, state }) => [method, state])).toEqual([
    ["carrier_billing", "failed"],
    ["card", "succeeded"],
  ]);
});

test("after a decline the phone bill itself can be tried again", async ({ page }) => {
  const invoice = await createInvoice({ methods: ["carrier_billing"] });
  await page.goto(invoice.pay_url);
  await choosePhoneBill(page);
  await answerPrompt(invoice.phone, "decline");
  await page.getByRole("link", { name: "Check again", exact: true }).click();
  await expect(page).toHaveURL(/\/failed$/);
  await page.getByRole("link", { name: "Choose how to pay" }).click();
  await choosePhoneBill(page);
  expect((await promptsOn(invoice.phone)).map((prompt) => prompt.state)).toEqual(["declined", "open"]);
  await answerPrompt(invoice.phone, "approve");
  await page.getByRole("link", { name: "Check again", exact: true }).click();
  await expectReceipt(page);
});

test("a subscriber whom the carrier bars is told at once that nothing was charged", async ({ page }) => {
  const invoice = await createInvoice({ phone: freshPhone(BARRED) });
  await page.goto(invoice.pay_url);
  await press(page, "Pay NOK 249.00 on your phone bill");
  await expect(page.getByRole("heading", { name: "The payment was not made" })).toBeVisible();
  await expect(page.getByText("No money has left your account.")).toBeVisible();
  expect((await getInvoice(invoice.id)).state).toBe("open");
});

test("a charge that was agreed beforehand leads straight to the receipt", async ({ page }) => {
  const invoice = await createInvoice({ phone: freshPhone(AGREED_BEFOREHAND) });
  await page.goto(invoice.pay_url);
  await press(page, "Pay NOK 249.00 on your phone bill");
  await expectReceipt(page);
  expect(await promptsOn(invoice.phone)).toEqual([]);
});
