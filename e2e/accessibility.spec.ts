// Payer pages for everybody: WCAG 2.2 AA, keyboard alone, 320 px, large text, forced colours, print.

import {
  expectAccessible,
  expectButtonsInForcedColours,
  expectNoSidewaysScroll,
} from "./support/accessibility.ts";
import { cancelInvoice, createInvoice, getInvoice, LINES } from "./support/api.ts";
import { demo } from "./support/demo.ts";
import { expectReceipt } from "./support/payer.ts";
import { PAYER_PAGES, payByCard } from "./support/steps.ts";
import { expect, type Page, test } from "./support/test.ts";

const LANGUAGES = ["en", "nb"] as const;

async function unfold(page: Page): Promise<void> {
  for (const details of await page.locator("details").all()) await details.locator("summary").click();
}

for (const { name, make, heading } of PAYER_PAGES) {
  test(`axe finds nothing in light or dark, 320 px are enough, forced colours show buttons: ${name}`, async ({
    page,
  }) => {
    const addresses = await Promise.all(LANGUAGES.map((locale) => make({ locale })));
    for (const [index, language] of LANGUAGES.entries()) {
      await page.goto(addresses[index] ?? "");
      await expect(page.getByRole("heading", { level: 1, name: heading[language] })).toBeAttached();
      await expect(page.locator("html")).toHaveAttribute("lang", language);
      await unfold(page);
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
      await expectButtonsInForcedColours(page);
    }
  });
}

for (const language of LANGUAGES) {
  test.describe(`unknown link, ${language}`, () => {
    test.use({ locale: language });

    test("axe finds nothing, 320 px are enough", async ({ page }) => {
      await page.goto(`${demo.base_url}/i/0123456789ABCDEFGHIJKL`);
      await expect(page.locator("html")).toHaveAttribute("lang", language);
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
    });
  });
}

/** Presses Tab until a name has the focus; a keyboard that cannot get there fails. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const target = page.getByRole("button", { name }).or(page.getByRole("textbox", { name }));
  for (let presses = 0; presses < 15; presses += 1) {
    await page.keyboard.press("Tab");
    const isThere = await target.evaluate((element) => element === document.activeElement);
    if (!isThere) continue;
    const outline = await target.evaluate((element) => getComputedStyle(element).outlineStyle);
    expect(outline, "the focus is seen").not.toBe("none");
    return;
  }
  throw new Error(`The keyboard does not reach ${name}.`);
}

test("a keyboard alone pays", async ({ page }) => {
  const invoice = await createInvoice();
  await page.goto(invoice.pay_url);
  await tabTo(page, "Pay NOK 249.00 by card");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/checkout\/c\//);
  for (const [field, value] of [
    ["Card number", "4242424242424242"],
    ["Expires", "1240"],
    ["Security code", "123"],
  ] as const) {
    await tabTo(page, field);
    await page.keyboard.type(value);
  }
  await page.keyboard.press("Enter");
  await expectReceipt(page);
  expect((await getInvoice(invoice.id)).state).toBe("paid");
});

test("text twice as large needs no scrolling sideways", async ({ page }) => {
  const invoice = await createInvoice({ lines: LINES });
  for (const path of ["", "/closed"]) {
    if (path !== "") await cancelInvoice(invoice.id);
    await page.goto(`${invoice.pay_url}${path}`);
    await unfold(page);
    await page.evaluate(() => {
      document.documentElement.style.fontSize = "200%";
    });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  }
});

test("the receipt prints in black on white, without buttons", async ({ page }) => {
  const invoice = await payByCard({ lines: LINES, return_url: `${demo.base_url}/shop` });
  await page.goto(`${invoice.pay_url}/receipt`);
  await expect(page.getByRole("link", { name: "Back to Fjord Swim Club" })).toBeVisible();
  await page.emulateMedia({ media: "print" });
  await expect(page.getByRole("link", { name: "Back to Fjord Swim Club" })).toBeHidden();
  await expect(page.getByText("Keep this page")).toBeHidden();
  await expect(page.getByRole("table")).toBeVisible();
  const colours = await page.evaluate(() => {
    const of = (selector: string) => getComputedStyle(document.querySelector(selector) ?? document.body);
    return { text: of("h1").color, paper: of("body").backgroundColor };
  });
  expect(colours).toEqual({ text: "rgb(0, 0, 0)", paper: "rgb(255, 255, 255)" });
});
