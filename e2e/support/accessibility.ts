// What every page must give to every payer.

import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"];

/**
 * No finding of axe against WCAG 2.2 A and AA, in light and in dark. A page that refreshes by itself is let off
 * the rule against that: it can be told not to, which another test holds it to.
 */
export async function expectAccessible(page: Page): Promise<void> {
  const refreshes = (await page.locator("meta[http-equiv=refresh]").count()) > 0;
  // A reload in the middle would end the examination: an empty answer lets the page stay.
  if (refreshes) await page.route(page.url(), (route) => route.fulfill({ status: 204 }));
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page })
      // Examines in the page itself: there are no frames, and no second page has to be opened.
      .setLegacyMode()
      .withTags(WCAG)
      .disableRules(refreshes ? ["meta-refresh"] : [])
      .analyze();
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
    expect(found, colorScheme).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: "light" });
}

/** The narrowest phone, and a page of 1280 px at 400 %: everything is there without scrolling sideways. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const size = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  const wide = await page.evaluate(() => {
    const name = (element: Element) => `${element.tagName} ${element.textContent?.slice(0, 60)}`;
    const isSeen = (element: Element) => element.closest(".sr-only") === null;
    const over = [...document.body.querySelectorAll("*")].filter(
      (element) => isSeen(element) && element.getBoundingClientRect().right > 320.5,
    );
    return { width: document.documentElement.scrollWidth, over: over.map(name) };
  });
  expect(wide).toEqual({ width: 320, over: [] });
  if (size !== null) await page.setViewportSize(size);
}

/** With the system's own colours a button still has an outline or a face of its own. */
export async function expectButtonsInForcedColours(page: Page): Promise<void> {
  await page.emulateMedia({ forcedColors: "active" });
  const hidden = await page.evaluate(() => {
    const sheet = getComputedStyle(document.querySelector("main") ?? document.body).backgroundColor;
    // Links that stand as blocks are buttons to the eye.
    const buttons = [...document.querySelectorAll("button, main a")].filter(
      (element) => element.tagName === "BUTTON" || getComputedStyle(element).display === "block",
    );
    return buttons
      .filter((button) => {
        const { borderTopStyle, borderTopWidth, borderTopColor, backgroundColor } = getComputedStyle(button);
        const hasOutline =
          borderTopStyle !== "none" && Number.parseFloat(borderTopWidth) > 0 && borderTopColor !== sheet;
        return !hasOutline && backgroundColor === sheet;
      })
      .map((button) => button.textContent);
  });
  expect(hidden, "buttons that look like plain text").toEqual([]);
  await page.emulateMedia({ forcedColors: "none" });
}
