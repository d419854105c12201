// What payers do in a browser, in the words of the pages.

import { expect, type Page } from "@playwright/test";
import { CARDS, sessionIdOf } from "./sandbox.ts";

export const PAY_BY_CARD = "Pay NOK 249.00 by card";
export const PAY_ON_PHONE_BILL = "Pay NOK 249.00 on your phone bill";

/** Presses a button of the page in front of the payer. */
export async function press(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name, exact: true }).click();
}

/** Chooses the card and arrives at the hosted page; returns the session's id. */
export async function chooseCard(page: Page, button: string = PAY_BY_CARD): Promise<string> {
  await press(page, button);
  await page.waitForURL(/\/checkout\/c\//);
  return sessionIdOf(page.url());
}

/** Chooses the phone bill and arrives at the waiting page. */
export async function choosePhoneBill(page: Page): Promise<void> {
  await press(page, PAY_ON_PHONE_BILL);
  await page.waitForURL(/\/waiting$/);
}

/** Fills the hosted page's form and sends it. */
export async function enterCard(page: Page, number: string = CARDS.visa): Promise<void> {
  await page.getByLabel("Card number").fill(number);
  await page.getByLabel("Expires").fill("12 / 40");
  await page.getByLabel("Security code").fill("123");
  await page.getByLabel("Name on card").fill("Test Payer");
  await page.getByRole("button", { name: /^Pay / }).click();
}

export async function expectReceipt(page: Page): Promise<void> {
  await expect(page).toHaveURL(/\/receipt$/);
  await expect(page.getByRole("heading", { name: "Paid, thank you", level: 1 })).toBeVisible();
}

/** The value beside a name on the receipt. */
export function fact(page: Page, name: string) {
  return page
    .locator("dl > div")
    .filter({ has: page.locator("dt", { hasText: new RegExp(`^${name}$`) }) })
    .locator("dd");
}
