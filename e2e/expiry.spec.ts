// An invoice's time runs out: nothing can be started any more, and what was started is closed.

import { countEvents, createInvoice, getInvoice } from "./support/api.ts";
import { open, send } from "./support/http.ts";
import { chooseCard, enterCard, PAY_BY_CARD, press } from "./support/payer.ts";
import { getSession, requestsOf } from "./support/sandbox.ts";
import { expectState, readProof, soon } from "./support/steps.ts";
import { expect, type Page, test } from "./support/test.ts";

async function expectExpired(page: Page): Promise<void> {
  await expect(page).toHaveURL(/\/closed$/);
  await expect(page.getByRole("heading", { name: "This can no longer be paid", level: 1 })).toBeVisible();
  await expect(page.getByText("Nothing was charged.")).toBeVisible();
  await expect(page.getByText("please ask Fjord Swim Club for a new link")).toBeVisible();
  await expect(page.getByRole("link", { name: "post@fjordswim.example" })).toHaveAttribute(
    "href",
    "mailto:post@fjordswim.example",
  );
  await expect(page.getByRole("link", { name: "+4722000000" })).toHaveAttribute("href", "tel:+4722000000");
  await expect(page.getByRole("button")).toHaveCount(0);
}

test("after its time the link says so and whom to ask, the API says expired, and the merchant is called back", async ({
  page,
  inbox,
}) => {
  const invoice = await createInvoice({ callback_url: inbox.url, expires_at: soon(2_500) });
  await page.goto(invoice.pay_url);
  await expect(page.getByRole("button", { name: PAY_BY_CARD })).toBeVisible();

  const expired = await inbox.next("invoice.expired");
  expect(expired).toMatchObject({ data: { invoice: { id: invoice.id, state: "expired", amount_paid: 0 } } });
  expect((await getInvoice(invoice.id)).state).toBe("expired");
  await page.reload();
  await expectExpired(page);
  expect(await countEvents(invoice.id, "invoice.expired")).toBe(1);
});

test("a form of a page from before is led to the expired page and starts nothing", async ({ page }) => {
  const invoice = await createInvoice({ expires_at: soon(2_500) });
  await page.goto(invoice.pay_url);
  await expect(page.getByRole("button", { name: PAY_BY_CARD })).toBeVisible();
  await expectState(invoice, "expired");
  await press(page, PAY_BY_CARD);
  await expectExpired(page);
  expect((await getInvoice(invoice.id)).payments).toEqual([]);
});

test("the moment the time is over nothing can be started, even before the state has been moved", async () => {
  const invoice = await createInvoice({ expires_at: soon(1_500) });
  const proof = await readProof(invoice.pay_url);
  await expect.poll(async () => (await open(invoice.pay_url)).url, { intervals: [50] }).toMatch(/\/closed$/);
  const answer = await send(`${invoice.pay_url}/pay`, { form: { proof, method: "carrier_billing" } });
  expect(answer.status).toBe(303);
  expect(answer.headers.location).toMatch(/\/closed$/);
  expect((await getInvoice(invoice.id)).payments).toEqual([]);
});

test("an open card session is expired at Stripe with its invoice, and cannot be paid any more", async ({
  page,
}) => {
  const invoice = await createInvoice({ expires_at: soon(3_500) });
  await page.goto(invoice.pay_url);
  const session = await chooseCard(page);
  await expectState(invoice, "expired");
  expect((await getSession(session)).status).toBe("expired");
  await enterCard(page);
  await expect(page.getByRole("heading", { name: "This checkout has expired" })).toBeVisible();
  await page.getByRole("link", { name: "Return to the merchant" }).click();
  await expectExpired(page);
  const closing = (await requestsOf("stripe")).filter((entry) => entry.path.endsWith(`${session}/expire`));
  expect(closing.map((entry) => entry.status)).toEqual([200]);
});
