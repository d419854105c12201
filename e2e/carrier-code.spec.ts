// A carrier that charges in two steps: its code is typed on our page, or its own page is gone to.

import { expectAccessible, expectNoSidewaysScroll } from "./support/accessibility.ts";
import { cancelPayment, confirmPayment, createInvoice, createPayment, getInvoice } from "./support/api.ts";
import { chooseCard, enterCard, expectReceipt, PAY_ON_PHONE_BILL, press } from "./support/payer.ts";
import { freshPhone, SENDS_CODE, SENDS_LINK } from "./support/phone.ts";
import { textsOn } from "./support/sandbox.ts";
import { expect, type Page, test } from "./support/test.ts";

const CODE_HEADING = "Type the code from your phone company";

/** Chooses the phone bill; the code that the carrier texts. */
async function askForCode(page: Page, phone: string): Promise<string> {
  await press(page, PAY_ON_PHONE_BILL);
  await expect(page).toHaveURL(/\/code$/);
  await expect(page.getByRole("heading", { name: CODE_HEADING })).toBeVisible();
  const code = /^\d{6}/.exec((await textsOn(phone)).at(-1) ?? "")?.[0];
  if (code === undefined) throw new Error("The carrier's text holds no code.");
  return code;
}

const otherThan = (code: string) => (code === "000000" ? "000001" : "000000");

test("the carrier's code, typed, pays on the phone bill", async ({ page }) => {
  const invoice = await createInvoice({ phone: freshPhone(SENDS_CODE) });
  await page.goto(invoice.pay_url);
  const code = await askForCode(page, invoice.phone);
  const field = page.getByLabel("Code");
  await expect(field).toHaveAttribute("autocomplete", "one-time-code");
  await expect(field).toHaveAttribute("inputmode", "numeric");
  await expect(page.getByText("The code is good for ten minutes.")).toBeVisible();
  expect((await getInvoice(invoice.id)).state, "nothing is charged without the code").toBe("open");
  await field.pressSequentially(code);
  await press(page, "Pay NOK 249.00");
  await expectReceipt(page);
  expect((await getInvoice(invoice.id)).state).toBe("paid");
});

test("a pasted code may hold spaces, and a wrong one says how many tries are left", async ({
  page,
  context,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const invoice = await createInvoice({ phone: freshPhone(SENDS_CODE) });
  await page.goto(invoice.pay_url);
  const code = await askForCode(page, invoice.phone);
  await page.getByLabel("Code").fill(otherThan(code));
  await press(page, "Pay NOK 249.00");
  await expect(page.getByRole("alert")).toContainText("At most 4 tries are left.");
  await expect(page.getByLabel("Code")).toHaveAttribute("aria-invalid", "true");
  const field = page.getByLabel("Code");
  await field.focus();
  await page.evaluate(
    (text) => navigator.clipboard.writeText(text),
    ` ${code.slice(0, 3)} ${code.slice(3)} `,
  );
  await page.keyboard.press("Control+V");
  await press(page, "Pay NOK 249.00");
  await expectReceipt(page);
});

test("three wrong codes end the attempt at this carrier, and the card still pays", async ({ page }) => {
  const invoice = await createInvoice({ phone: freshPhone(SENDS_CODE) });
  await page.goto(invoice.pay_url);
  const code = await askForCode(page, invoice.phone);
  for (let round = 0; round < 3; round += 1) {
    await page.getByLabel("Code").fill(otherThan(code));
    await press(page, "Pay NOK 249.00");
  }
  await expect(page.getByRole("heading", { name: "The payment was not made" })).toBeVisible();
  await expect(page.getByText("The code was typed wrong too often, or ran out.")).toBeVisible();
  await page.getByRole("link", { name: "Choose how to pay" }).click();
  await chooseCard(page);
  await enterCard(page);
  await expectReceipt(page);
});

test("the carrier's own page is led to, and back here the payment goes on", async ({ page }) => {
  const invoice = await createInvoice({ phone: freshPhone(SENDS_LINK) });
  await page.goto(invoice.pay_url);
  await press(page, PAY_ON_PHONE_BILL);
  await expect(page.getByRole("heading", { name: "Approve it with your phone company" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("link", { name: "Check again" }).click();
  await expect(page).toHaveURL(/\/code$/);
  await page.getByRole("link", { name: "Go to your phone company" }).click();
  await page.getByRole("button", { name: "Approve" }).click();
  await page.goto(invoice.pay_url);
  await expect
    .poll(async () => {
      await page.goto(`${invoice.pay_url}/waiting`);
      return new URL(page.url()).pathname.split("/").at(-1);
    })
    .toBe("receipt");
});

test("what is only reserved says so, until the merchant confirms it", async ({ page }) => {
  const invoice = await createInvoice({ phone: freshPhone(SENDS_CODE) });
  const payment = await createPayment(invoice.id, "carrier_billing", { capture: false });
  expect(payment.next_action?.type).toBe("enter_code");
  await page.goto(payment.next_action?.url ?? "");
  const code = /^\d{6}/.exec((await textsOn(invoice.phone)).at(-1) ?? "")?.[0] ?? "";
  await page.getByLabel("Code").fill(code);
  await press(page, "Reserve NOK 249.00");
  await expect(page.getByRole("heading", { name: "The amount is reserved" })).toBeVisible();
  await expect(page.getByText("Fjord Swim Club confirms it")).toBeVisible();
  await expectAccessible(page);
  await page.goto(invoice.pay_url);
  await expect(page, "the link leads to where the payment stands").toHaveURL(/\/waiting$/);
  await confirmPayment(payment.id);
  await page.getByRole("link", { name: "Check again" }).click();
  await expectReceipt(page);
});

test("a reservation is given back before the payer pays another way", async ({ page }) => {
  const invoice = await createInvoice({ phone: freshPhone(SENDS_CODE) });
  const payment = await createPayment(invoice.id, "carrier_billing", { capture: false });
  await page.goto(payment.next_action?.url ?? "");
  const code = /^\d{6}/.exec((await textsOn(invoice.phone)).at(-1) ?? "")?.[0] ?? "";
  await page.getByLabel("Code").fill(code);
  await press(page, "Reserve NOK 249.00");
  await expect(page.getByText("this reservation is given back first")).toBeVisible();
  await press(page, "Pay another way");
  await expect(page).toHaveURL(invoice.pay_url);
  expect((await getInvoice(invoice.id)).payments).toMatchObject([{ state: "cancelled" }]);
});

test("a merchant who cancels leaves the payer a choice again", async ({ page }) => {
  const invoice = await createInvoice({ phone: freshPhone(SENDS_CODE) });
  const payment = await createPayment(invoice.id, "card", { capture: false });
  await page.goto(payment.next_action?.url ?? "");
  await enterCard(page);
  await expect(page.getByRole("heading", { name: "The amount is reserved" })).toBeVisible();
  await cancelPayment(payment.id);
  await page.getByRole("link", { name: "Check again" }).click();
  await expect(page).toHaveURL(invoice.pay_url);
  await expect(page.getByRole("button", { name: PAY_ON_PHONE_BILL })).toBeVisible();
});

for (const locale of ["en", "nb"]) {
  test(`axe finds nothing on the page for the carrier's code (${locale}), and 320 px are enough`, async ({
    page,
  }) => {
    await page.setViewportSize({ width: 320, height: 640 });
    const invoice = await createInvoice({ locale, phone: freshPhone(SENDS_CODE) });
    await createPayment(invoice.id, "carrier_billing");
    await page.goto(`${invoice.pay_url}/code`);
    await expectAccessible(page);
    await page.getByRole("textbox").fill("nonsense");
    await page.getByRole("button").first().click();
    await expect(page.getByRole("alert")).toBeVisible();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
  });
}
