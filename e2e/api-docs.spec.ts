// The API's pages for everybody: WCAG 2.2 AA in light and dark, 320 px, the keyboard, print.

import { expectAccessible, expectNoSidewaysScroll } from "./support/accessibility.ts";
import { demo } from "./support/demo.ts";
import { expect, test } from "./support/test.ts";

const ROOT = `${demo.base_url}/docs/api`;

for (const path of ["", "/invoices", "/callbacks-and-events", "/objects", "/errors"]) {
  test(`axe finds nothing in light or dark, and 320 px are enough: /docs/api${path}`, async ({ page }) => {
    // Long pages, each examined twice.
    test.slow();
    await page.goto(ROOT + path);
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    await expectAccessible(page);
    // What is to be copied scrolls by itself.
    await page.locator(".code > pre").evaluateAll((all) => {
      for (const element of all) element.remove();
    });
    await expectNoSidewaysScroll(page);
  });
}

test("the first page leads to every operation, by links alone", async ({ page }) => {
  await page.goto(demo.base_url);
  await page.getByRole("link", { name: "For developers: the API" }).click();
  await page.getByRole("main").getByRole("link", { name: "Bill a phone number" }).click();
  await expect(page).toHaveURL(`${ROOT}/invoices#createInvoice`);
  await expect(page.getByRole("heading", { level: 2, name: "Bill a phone number" })).toBeInViewport();
  const nav = page.getByRole("navigation", { name: "Pages" });
  await expect(nav.getByRole("link", { name: "Invoices", exact: true })).toHaveAttribute(
    "aria-current",
    "page",
  );
});

test("the keyboard skips to the text and scrolls what is to be copied", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 800 });
  await page.goto(ROOT);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the text" })).toBeFocused();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  const code = page.getByRole("region", { name: "Setting the address and the key" });
  await expect(code).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => code.evaluate((element) => element.scrollLeft)).toBeGreaterThan(0);
});

test("on paper there is no navigation, and no call is cut off", async ({ page }) => {
  await page.goto(`${ROOT}/invoices`);
  await page.emulateMedia({ media: "print" });
  await expect(page.getByRole("navigation")).toBeHidden();
  const cut = await page
    .locator(".code")
    .evaluateAll((all) => all.filter((element) => element.scrollWidth > element.clientWidth + 1).length);
  expect(cut).toBe(0);
});
