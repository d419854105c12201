// An invoice's language, from the text message to the receipt and at Stripe.

import { cancelInvoice, createInvoice, LINES } from "./support/api.ts";
import { open } from "./support/http.ts";
import { chooseCard, enterCard, fact, press } from "./support/payer.ts";
import { answerPrompt, getSession, phoneUrl } from "./support/sandbox.ts";
import { PAYER_PAGES, soon } from "./support/steps.ts";
import { expect, test } from "./support/test.ts";

test("Norwegian, all the way by card", async ({ page }) => {
  const invoice = await createInvoice({
    locale: "nb",
    lines: LINES,
    description: "Svømmekurs, høst",
    due_at: "2031-03-05T12:00:00Z",
    send_sms: true,
  });
  await page.goto(phoneUrl(invoice.phone));
  const text = page.getByText("Fjord Swim Club:");
  await expect(text).toContainText(`${invoice.merchant_reference}, 249,00 NOK, forfall 5. mars 2031.`);
  await expect(text).toContainText("Betal: ");
  await page.getByRole("link", { name: invoice.pay_url }).click();

  await expect(page).toHaveTitle("Hvordan vil du betale?");
  await expect(page.getByRole("main")).toContainText("Å betale: 249,00 NOK");
  await expect(page.getByRole("main")).toContainText("Forfaller 5. mars 2031");
  await expect(page.getByText("Testmodus: ingen penger flyttes.")).toBeVisible();
  const session = await chooseCard(page, "Betal 249,00 NOK med kort");
  expect((await getSession(session)).locale).toBe("nb");
  await enterCard(page);

  await expect(page.getByRole("heading", { name: "Betalt, takk" })).toBeVisible();
  await expect(page.getByText("Fjord Swim Club har mottatt 249,00 NOK.")).toBeVisible();
  await expect(fact(page, "Betalt med")).toHaveText("Visa som slutter på 4242");
  await expect(page.getByRole("row", { name: "Herav mva. 25" })).toContainText("40,00 NOK");
  await expect(page.locator("html")).toHaveAttribute("lang", "nb");
});

test("Norwegian, all the way by phone bill, another way included", async ({ page }) => {
  const invoice = await createInvoice({ locale: "nb" });
  await page.goto(invoice.pay_url);
  await press(page, "Betal 249,00 NOK på mobilregningen");
  await expect(page.getByRole("heading", { name: "Godkjenn på telefonen" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Betal på en annen måte" })).toBeVisible();
  await answerPrompt(invoice.phone, "decline");
  await page.getByRole("link", { name: "Sjekk på nytt" }).click();
  await expect(page.getByRole("heading", { name: "Betalingen ble ikke gjennomført" })).toBeVisible();
  await expect(page.getByText("Ingen penger er trukket.")).toBeVisible();
  await page.getByRole("link", { name: "Velg hvordan du betaler" }).click();
  await press(page, "Betal 249,00 NOK på mobilregningen");
  await page.waitForURL(/\/waiting$/);
  await answerPrompt(invoice.phone, "approve");
  await page.getByRole("link", { name: "Sjekk på nytt" }).click();
  await expect(page.getByRole("heading", { name: "Betalt, takk" })).toBeVisible();
});

test("an English invoice is English at Stripe, whatever the browser speaks", async ({ page }) => {
  const invoice = await createInvoice({ locale: "en" });
  await page.setExtraHTTPHeaders({ "accept-language": "nb" });
  await page.goto(invoice.pay_url);
  const session = await chooseCard(page);
  expect((await getSession(session)).locale).toBe("en");
});

/** Words that would betray a page left half in English, and English ones that are Norwegian too. */
const ENGLISH = /\b(?:the|you|your|this|with|pay|paid|payment|charged|nothing|please|amount|until|again)\b/i;

for (const { name, make } of PAYER_PAGES) {
  test(`no English is left on a Norwegian page: ${name}`, async () => {
    const fields = { locale: "nb", description: "Svømmekurs", lines: [], due_at: soon(86_400_000) };
    const { text } = await open(await make(fields));
    const words = text
      .replace(/<style>.*?<\/style>/s, "")
      .replace(/<[^>]+>/g, " ")
      .replace(/pay_[0-9A-Za-z]+|pi_[0-9A-Za-z]+/g, "");
    expect(ENGLISH.exec(words)?.[0]).toBeUndefined();
  });
}

test("a withdrawn Norwegian invoice says so in Norwegian to a page from before", async ({ page }) => {
  const invoice = await createInvoice({ locale: "nb" });
  await page.goto(invoice.pay_url);
  await cancelInvoice(invoice.id);
  await press(page, "Betal 249,00 NOK med kort");
  await expect(
    page.getByRole("heading", { name: "Fjord Swim Club har trukket dette tilbake" }),
  ).toBeVisible();
});
