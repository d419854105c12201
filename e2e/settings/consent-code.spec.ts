// A carrier that asks the phone's owner nothing: our code by text is the consent. Changes what the carrier does:
// runs alone, and puts it back.

import { expectAccessible, expectNoSidewaysScroll } from "../support/accessibility.ts";
import { createInvoice, getInvoice } from "../support/api.ts";
import { capTextsPerDay, letCarrierAsk } from "../support/carrier.ts";
import { chooseCard, enterCard, expectReceipt, PAY_ON_PHONE_BILL, press } from "../support/payer.ts";
import { textsOn } from "../support/sandbox.ts";
import { expect, type Page, test } from "../support/test.ts";

test.beforeAll(() => letCarrierAsk(false));
test.afterAll(() => letCarrierAsk(true));

/** Chooses the phone bill and waits for the text with the code. */
async function askForCode(
  page: Page,
  { pay_url, phone }: { pay_url: string; phone: string },
): Promise<string> {
  const before = (await textsOn(phone)).length;
  await page.goto(pay_url);
  await press(page, PAY_ON_PHONE_BILL);
  await expect(page).toHaveURL(`${pay_url}/code`);
  await expect.poll(async () => (await textsOn(phone)).length).toBe(before + 1);
  const code = /\b\d{6}\b/.exec((await textsOn(phone)).at(-1) ?? "")?.[0];
  if (code === undefined) throw new Error("The text holds no code.");
  return code;
}

test("the code of the text, pasted with spaces around it, is what charges the phone bill", async ({
  page,
}) => {
  const invoice = await createInvoice();
  const code = await askForCode(page, invoice);
  expect((await getInvoice(invoice.id)).state, "nothing is charged without the code").toBe("open");
  await expect(page.getByLabel("Code")).toHaveAttribute("autocomplete", "one-time-code");
  await page.getByLabel("Code").fill(` ${code} `);
  await press(page, "Pay NOK 249.00");
  await expectReceipt(page);
  expect((await getInvoice(invoice.id)).state).toBe("paid");
});

test("a wrong code says how many tries are left, and five end the attempt", async ({ page }) => {
  const invoice = await createInvoice();
  const code = await askForCode(page, invoice);
  const wrong = code === "000000" ? "000001" : "000000";
  for (const left of ["4 tries are left", "3 tries are left", "2 tries are left", "One try is left"]) {
    await page.getByLabel("Code").fill(wrong);
    await press(page, "Pay NOK 249.00");
    await expect(page.getByRole("alert")).toContainText(left);
    await expect(page.getByLabel("Code")).toHaveAttribute("aria-invalid", "true");
  }
  await page.getByLabel("Code").fill(wrong);
  await press(page, "Pay NOK 249.00");
  await expect(page.getByRole("heading", { name: "The payment was not made" })).toBeVisible();
  await expect(page.getByText("The code was typed wrong too often")).toBeVisible();
});

test("whoever gets no code can ask for another or pay by card", async ({ page }) => {
  const invoice = await createInvoice();
  const first = await askForCode(page, invoice);
  await press(page, "Choose again");
  await expect(page).toHaveURL(invoice.pay_url);
  expect(await askForCode(page, invoice)).not.toBe(first);
  await press(page, "Choose again");
  await chooseCard(page);
  await enterCard(page);
  await expectReceipt(page);
  expect((await getInvoice(invoice.id)).payments.map(({ state }) => state).sort()).toEqual([
    "cancelled",
    "cancelled",
    "succeeded",
  ]);
});

test("a phone that has had its texts of the day is told so, and the card still pays", async ({ page }) => {
  await capTextsPerDay(1);
  try {
    const invoice = await createInvoice();
    await askForCode(page, invoice);
    await press(page, "Choose again");
    await press(page, PAY_ON_PHONE_BILL);
    await expect(page.getByRole("alert")).toContainText("all the texts that we may send it today");
    await expectAccessible(page);
    await chooseCard(page);
    await enterCard(page);
    await expectReceipt(page);
  } finally {
    await capTextsPerDay(null);
  }
});

test("axe finds nothing on the page for the code, a wrong one included, and 320 px are enough", async ({
  page,
}) => {
  for (const locale of ["en", "nb"]) {
    const invoice = await createInvoice({ locale });
    await page.goto(invoice.pay_url);
    await page.getByRole("button").first().click();
    await expect(page).toHaveURL(`${invoice.pay_url}/code`);
    await expectAccessible(page);
    await page.getByRole("textbox").fill("999999");
    await page.getByRole("button").first().click();
    await expect(page.getByRole("alert")).toBeVisible();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
  }
});
