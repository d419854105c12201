// Payer pages for everybody: WCAG 2.2 AA, keyboard alone, 320 px, large words, forced colours.

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

/** Minor units; the most that the API takes. */
const AMOUNT_MAX = 99_999_999;

async function unfold(page: Page): Promise<void> {
  for (const details of await page.locator("details").all()) await details.locator("summary").click();
}

for (const { name, make, heading } of PAYER_PAGES) {
  for (const language of LANGUAGES) {
    test(`axe finds nothing in light or dark, 320 px are enough, forced colours show buttons: ${name}, ${language}`, async ({
      page,
    }) => {
      await page.goto(await make({ locale: language }));
      await expect(page.getByRole("heading", { level: 1, name: heading[language] })).toBeAttached();
      await expect(page.locator("html")).toHaveAttribute("lang", language);
      await unfold(page);
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
      await expectButtonsInForcedColours(page);
    });
  }

  test(`long words and the largest amounts fit 320 px: ${name}`, async ({ page }) => {
    const word = "Vannaerobikktreningsavgiftsbetalingsbekreftelsesdokumentasjon";
    // What can be paid in the test is bound by the carrier.
    const amount = /^landing, (two|one|lines)|expired|withdrawn/.test(name) ? AMOUNT_MAX : 24_900;
    await page.goto(
      await make({
        amount,
        methods: ["card", ...(amount === AMOUNT_MAX ? [] : ["carrier_billing"])],
        description: `${word} ${word} ${word} `.padEnd(200, "x"),
        merchant_reference: "R".repeat(100),
        lines: [{ description: "L".repeat(60), quantity: 1, unit_amount: amount, tax_rate: 12.5 }],
      }),
    );
    await unfold(page);
    await expectNoSidewaysScroll(page);
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
