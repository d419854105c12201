// Links that nobody was sent.

import { createInvoice, getInvoice } from "./support/api.ts";
import { demo } from "./support/demo.ts";
import { send } from "./support/http.ts";
import { cancel } from "./support/steps.ts";
import { expect, test } from "./support/test.ts";

const UNKNOWN = "0123456789ABCDEFGHIJKL";

const swapCase = (text: string) =>
  text.replace(/[a-zA-Z]/g, (letter) =>
    letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase(),
  );

test("unknown, cut, changed and malformed links get the same page, whether near a true one or not", async () => {
  const invoice = await createInvoice();
  const token = invoice.pay_url.slice(invoice.pay_url.lastIndexOf("/") + 1);
  const first = await send(`${demo.base_url}/i/${UNKNOWN}`);
  expect(first.status).toBe(404);
  expect(first.text).toContain("We do not know this link");
  const variants = {
    cut: token.slice(0, -1),
    "a letter more": `${token}a`,
    "other case": swapCase(token),
    "look-alike letters": `${token.slice(0, -1)}%D0%B0`,
    "a null byte": `${token}%00`,
  };
  for (const [name, variant] of Object.entries(variants)) {
    const answer = await send(`${demo.base_url}/i/${variant}`);
    expect(answer.status, name).toBe(404);
    expect(answer.text, name).toBe(first.text);
    expect(answer.headers["content-security-policy"], name).toBe(first.headers["content-security-policy"]);
  }
  expect((await getInvoice(invoice.id)).opened_at).toBeNull();
});

test("every address under an unknown link is unknown, and a post to it too", async () => {
  for (const path of ["/waiting", "/receipt", "/return"]) {
    expect((await send(`${demo.base_url}/i/${UNKNOWN}${path}`)).status, path).toBe(404);
  }
  for (const path of ["/pay", "/change", "/code"]) {
    const answer = await send(`${demo.base_url}/i/${UNKNOWN}${path}`, {
      form: { method: "card", proof: "x" },
    });
    expect(answer.status, `POST ${path}`).toBe(404);
    expect(answer.text).toContain("We do not know this link");
  }
});

test("an invoice's id opens nothing, and a known link that is over is not unknown", async () => {
  const invoice = await cancel();
  expect((await send(`${demo.base_url}/i/${invoice.id}`)).status).toBe(404);
  expect((await send(`${invoice.pay_url}/closed`)).status).toBe(200);
});

test.describe("in a browser that asks for Norwegian", () => {
  test.use({ locale: "nb-NO" });

  test("the page for an unknown link speaks it, and sets no cookie", async ({ page }) => {
    const answer = await page.goto(`${demo.base_url}/i/${UNKNOWN}`);
    expect(answer?.status()).toBe(404);
    await expect(page.getByRole("heading", { name: "Vi kjenner ikke denne lenken" })).toBeVisible();
    await expect(page.locator("html")).toHaveAttribute("lang", "nb");
    expect(await page.context().cookies()).toEqual([]);
  });
});
