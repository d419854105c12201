// Sent straight back to the merchant. Changes the merchant's settings: runs alone, and puts them back.

import { changeSettings, createInvoice, getInvoice } from "../support/api.ts";
import {
  chooseCard,
  choosePhoneBill,
  enterCard,
  expectReceipt,
  PAY_ON_PHONE_BILL,
  press,
} from "../support/payer.ts";
import { AGREED_BEFOREHAND, BARRED, freshPhone } from "../support/phone.ts";
import { answerPrompt, textsOn } from "../support/sandbox.ts";
import { type Site, startSite } from "../support/servers.ts";
import { payByCard } from "../support/steps.ts";
import { expect, test } from "../support/test.ts";

let shop: Site;

test.beforeAll(async () => {
  shop = await startSite("<!doctype html><title>Shop</title><h1>Thank you for shopping</h1>");
  await changeSettings({ after_payment: "redirect" });
});

test.afterAll(async () => {
  await changeSettings({ after_payment: "receipt" });
  await shop.close();
});

async function expectReceiptSms(phone: string, payUrl: string): Promise<void> {
  const isReceipt = (text: string) => text.includes("paid, thank you") && text.includes(payUrl);
  await expect.poll(async () => (await textsOn(phone)).filter(isReceipt)).toHaveLength(1);
}

test("after a card the browser is at the merchant's address, which tells no outcome; the receipt comes as a text", async ({
  page,
  inbox,
}) => {
  const returnUrl = `${shop.localhost}/order/77?session=a%20b`;
  const invoice = await createInvoice({ return_url: returnUrl, callback_url: inbox.url });
  await page.goto(invoice.pay_url);
  await chooseCard(page);
  await enterCard(page);
  await expect(page).toHaveURL(returnUrl);
  await expect(page.getByRole("heading", { name: "Thank you for shopping" })).toBeVisible();
  const visit = shop.visits.find(({ path }) => path.startsWith("/order/77"));
  expect(visit?.path).toBe("/order/77?session=a%20b");
  expect(visit?.headers.referer).toBeUndefined();
  await inbox.next("invoice.paid");
  await expectReceiptSms(invoice.phone, invoice.pay_url);

  await page.goto(invoice.pay_url);
  await page.getByRole("link", { name: "See the receipt" }).click();
  await expectReceipt(page);
});

test("after a phone bill the waiting page goes to the merchant by itself", async ({ page }) => {
  const returnUrl = `${shop.localhost}/phone-bill`;
  const invoice = await createInvoice({ return_url: returnUrl });
  await page.goto(invoice.pay_url);
  await choosePhoneBill(page);
  await answerPrompt(invoice.phone, "approve");
  await expect(page).toHaveURL(returnUrl);
  await expectReceiptSms(invoice.phone, invoice.pay_url);
});

test("a charge that succeeds at once leads from the button to the merchant", async ({ page }) => {
  const returnUrl = `${shop.localhost}/at-once`;
  const invoice = await createInvoice({ phone: freshPhone(AGREED_BEFOREHAND), return_url: returnUrl });
  await page.goto(invoice.pay_url);
  await press(page, PAY_ON_PHONE_BILL);
  await expect(page).toHaveURL(returnUrl);
  expect((await getInvoice(invoice.id)).state).toBe("paid");
});

test("a refusal leads from the button to the merchant's page for it", async ({ page }) => {
  const failureUrl = `${shop.localhost}/failed-there`;
  const invoice = await createInvoice({ phone: freshPhone(BARRED), failure_url: failureUrl });
  await page.goto(invoice.pay_url);
  await press(page, PAY_ON_PHONE_BILL);
  await expect(page).toHaveURL(failureUrl);
  expect((await getInvoice(invoice.id)).state).toBe("open");
});

test("an invoice without a return address ends at our receipt", async ({ page }) => {
  const invoice = await createInvoice();
  await page.goto(invoice.pay_url);
  await chooseCard(page);
  await enterCard(page);
  await expectReceipt(page);
  await expectReceiptSms(invoice.phone, invoice.pay_url);
});

test("the receipt, opened by its address, is ours and does not send the payer away", async ({ page }) => {
  const invoice = await payByCard({ return_url: `${shop.localhost}/once` });
  await page.goto(`${invoice.pay_url}/receipt`);
  await expectReceipt(page);
});
