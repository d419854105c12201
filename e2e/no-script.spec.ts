// Everything works where scripts do not run, and no page of ours has any.

import { createInvoice, getInvoice } from "./support/api.ts";
import { demo } from "./support/demo.ts";
import { open } from "./support/http.ts";
import { chooseCard, choosePhoneBill, enterCard, expectReceipt, press } from "./support/payer.ts";
import { CARDS, phoneUrl } from "./support/sandbox.ts";
import { PAYER_PAGES } from "./support/steps.ts";
import { expect, test } from "./support/test.ts";

test.describe("with scripts switched off", () => {
  test.use({ javaScriptEnabled: false });

  test("a card pays, 3-D Secure included", async ({ page }) => {
    const invoice = await createInvoice({ send_sms: true });
    await page.goto(phoneUrl(invoice.phone));
    await expect(async () => {
      await page.reload();
      await expect(page.getByRole("link", { name: invoice.pay_url })).toBeVisible({ timeout: 500 });
    }).toPass({ timeout: 7_000 });
    await page.getByRole("link", { name: invoice.pay_url }).click();
    await chooseCard(page);
    await enterCard(page, CARDS.declined);
    await expect(page.getByRole("alert")).toBeVisible();
    await enterCard(page, CARDS.needsAuthentication);
    await press(page, "Complete authentication");
    await expectReceipt(page);
    expect((await getInvoice(invoice.id)).state).toBe("paid");
  });

  test("a phone bill pays, and the waiting page moves on by itself", async ({ page, context }) => {
    const invoice = await createInvoice();
    await page.goto(invoice.pay_url);
    await choosePhoneBill(page);
    const phone = await context.newPage();
    await phone.goto(phoneUrl(invoice.phone));
    await press(phone, "Approve");
    await expectReceipt(page);
    expect((await getInvoice(invoice.id)).state).toBe("paid");
  });

  test("another way is chosen", async ({ page }) => {
    const invoice = await createInvoice();
    await page.goto(invoice.pay_url);
    await choosePhoneBill(page);
    await press(page, "Pay another way");
    await chooseCard(page);
    await enterCard(page);
    await expectReceipt(page);
  });

  test("what an invoice is for can be unfolded", async ({ page }) => {
    const lines = [{ description: "Swimming cap", quantity: 1, unit_amount: 24_900 }];
    const invoice = await createInvoice({ lines });
    await page.goto(invoice.pay_url);
    await expect(page.getByRole("cell", { name: "Swimming cap" })).toBeHidden();
    await page.getByText("What it is for").click();
    await expect(page.getByRole("cell", { name: "Swimming cap" })).toBeVisible();
  });
});

const ACTIVE = [
  /<script/i,
  /<(?:iframe|object|embed|base|link|form[^>]+formaction)\b/i,
  /\son[a-z]+\s*=/i,
  /javascript:/i,
  /\sstyle\s*=/i,
];

/** Keeps the browser from asking for /favicon.ico; it names no place. */
const EMPTY_ICON = '<link rel="icon" href="data:,"/>';

for (const { name, make } of PAYER_PAGES) {
  test(`no script, no event handler, no frame, nothing loaded from elsewhere: ${name}`, async () => {
    const answer = await open(await make({}));
    expect(answer.status).toBe(200);
    const markup = answer.text.replace(/<style>.*?<\/style>/s, "").replace(EMPTY_ICON, "");
    for (const pattern of ACTIVE) expect(markup).not.toMatch(pattern);
    expect(markup, "no address of another host but the merchant's own").not.toMatch(
      new RegExp(`\\s(?:src|srcset|action)="(?!/)|url\\((?!${demo.base_url})`),
    );
  });
}

test("a merchant's own words cannot become markup", async ({ page }) => {
  const words = `<script>document.title='x'</script><img src=x onerror=alert(1)>"'&{{7*7}}`;
  const invoice = await createInvoice({
    description: words,
    merchant_reference: words,
    lines: [{ description: words, quantity: 1, unit_amount: 24_900, tax_rate: 25 }],
  });
  await page.goto(invoice.pay_url);
  await expect(page.getByRole("main")).toContainText(words);
  expect((await open(invoice.pay_url)).text).not.toMatch(/<script|<img/i);
  await expect(page).toHaveTitle("How do you want to pay?");
});
