// A merchant with the longest names. Changes the merchant's settings: runs alone, and puts them back.

import { expectAccessible, expectNoSidewaysScroll } from "../support/accessibility.ts";
import { changeSettings, readSettings } from "../support/api.ts";
import { PAYER_PAGES } from "../support/steps.ts";
import { expect, test } from "../support/test.ts";

const NAME = "Foreningenformosjonistsvømmereogvannaerobikkutøvereifjorden".padEnd(60, "e");
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

for (const { name, make } of PAYER_PAGES) {
  test(`a name of 60 letters without a space fits 320 px: ${name}`, async ({ page }) => {
    await page.goto(await make({}));
    await expect(page.getByRole("contentinfo")).toContainText(NAME.repeat(2));
    await expectNoSidewaysScroll(page);
    if (name === "landing, two methods" || name === "receipt, card") await expectAccessible(page);
  });
}
