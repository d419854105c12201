// A merchant with the longest names. Changes the merchant's settings: runs alone, and puts them back.

import { expectAccessible, expectNoSidewaysScroll } from "../support/accessibility.ts";
import { changeSettings, createInvoice, readSettings } from "../support/api.ts";
import { PAYER_PAGES } from "../support/steps.ts";
import { expect, test } from "../support/test.ts";

const NAME = "Foreningenformosjonistsvømmereogvannaerobikkutøvereifjorden".padEnd(60, "e");
const WORD = "Vannaerobikktreningsavgiftsbetalingsbekreftelsesdokumentasjon";
/** Minor units; the most that the API takes. */
const AMOUNT_MAX = 99_999_999;
const HOST = `${"a".repeat(60)}.example`;

let before: Readonly<Record<string, unknown>>;

test.beforeAll(async () => {
  before = await readSettings();
  await changeSettings({
    name: NAME,
    legal_name: NAME.repeat(2),
    address: `${NAME}\n${NAME}`,
    registration_number: "9".repeat(40),
    contact: { email: `post@${HOST}`, url: `https://${HOST}/contact` },
  });
});

test.afterAll(async () => {
  const { name, legal_name, address, registration_number, contact } = before;
  const { email, url } = contact as { email: string | null; url: string | null };
  await changeSettings({ name, legal_name, address, registration_number, contact: { email, url } });
  expect(await readSettings()).toEqual(before);
});

test("the longest names, words and amounts fit 320 px on every page", async ({ page }) => {
  for (const { name, make } of PAYER_PAGES) {
    await test.step(name, async () => {
      // What is paid in a test is bound by the carrier.
      const isUnpaid = /^landing, (two|one|lines)|expired|withdrawn/.test(name);
      const amount = isUnpaid ? AMOUNT_MAX : 24_900;
      const fields = {
        amount,
        methods: isUnpaid ? ["card"] : ["carrier_billing", "card"],
        description: `${WORD} ${WORD} ${WORD} `.padEnd(200, "x"),
        merchant_reference: "R".repeat(100),
        lines: [{ description: "L".repeat(60), quantity: 1, unit_amount: amount, tax_rate: 12.5 }],
      };
      await page.goto(await make(fields));
      await expect(page.getByRole("contentinfo")).toContainText(NAME.repeat(2));
      for (const details of await page.locator("details").all()) await details.locator("summary").click();
      await expectNoSidewaysScroll(page);
    });
  }
});

test("the longest names are still accessible", async ({ page }) => {
  await page.goto((await createInvoice({ description: "x".repeat(200) })).pay_url);
  await expectAccessible(page);
});
