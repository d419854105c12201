// A card, from the text message to the merchant's verified callback.

import { createInvoice, getInvoice, LINES, timelineOf } from "./support/api.ts";
import { chooseCard, enterCard, expectReceipt, fact } from "./support/payer.ts";
import { CARDS, hurry, phoneUrl, sessionRequestsOf } from "./support/sandbox.ts";
import { expect, test } from "./support/test.ts";

test("a card pays: text message, landing, hosted page, receipt, signed callbacks, and the API agrees", async ({
  page,
  inbox,
}) => {
  const invoice = await createInvoice({ lines: LINES, callback_url: inbox.url, send_sms: true });

  await page.goto(phoneUrl(invoice.phone));
  const text = page.getByText("Fjord Swim Club:");
  await expect(text).toContainText(`${invoice.merchant_reference}, NOK 249.00.`);
  await page.getByRole("link", { name: invoice.pay_url }).click();

  await expect(page).toHaveURL(invoice.pay_url);
  await expect(page.getByRole("heading", { name: "Pay Fjord Swim Club", level: 1 })).toBeAttached();
  await expect(page.getByRole("main")).toContainText("Amount to pay: NOK 249.00");
  await expect(page.getByRole("main")).toContainText(`Reference ${invoice.merchant_reference}`);
  await expect(page.getByRole("contentinfo")).toContainText("Harbour Street 1");

  await chooseCard(page);
  await expect(page.getByText("Swimming course, autumn")).toBeVisible();
  await enterCard(page);

  await expectReceipt(page);
  await expect(page.getByText("Fjord Swim Club has received NOK 249.00.")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Receipt from Fjord Swim Club" })).toBeVisible();
  await expect(fact(page, "Reference")).toHaveText(invoice.merchant_reference ?? "");
  await expect(fact(page, "Paid by")).toHaveText("Visa ending in 4242");
  await expect(fact(page, "Paid")).toHaveText(/20\d\d.* \d{1,2}:\d\d.*\s(GMT|UTC|CES?T)/);
  const table = page.getByRole("table");
  await expect(table.getByRole("row", { name: "Swimming course" })).toContainText("NOK 200.00");
  await expect(table.getByRole("row", { name: "Swimming cap" })).toContainText("2 × NOK 24.50");
  await expect(table.getByRole("row", { name: "Total" })).toContainText("NOK 249.00");
  await expect(table.getByRole("row", { name: "25 %" })).toContainText("NOK 40.00");
  await expect(table.getByRole("row", { name: "15 %" })).toContainText("NOK 6.39");

  const paid = await inbox.next("invoice.paid");
  const succeeded = await inbox.next("payment.succeeded");
  expect(succeeded).toMatchObject({
    mode: "test",
    data: {
      invoice: { id: invoice.id },
      payment: {
        invoice_id: invoice.id,
        method: "card",
        state: "succeeded",
        disposition: "accepted",
        amount: 24_900,
        currency: "NOK",
        card: { brand: "visa", last4: "4242" },
      },
    },
  });
  expect(paid).toMatchObject({
    data: {
      invoice: {
        id: invoice.id,
        state: "paid",
        amount: 24_900,
        amount_paid: 24_900,
        currency: "NOK",
        merchant_reference: invoice.merchant_reference,
        paid_by: "payment",
        payment_id: succeeded.data.payment?.id,
      },
    },
  });
  expect(paid.sequence).toBeGreaterThan(succeeded.sequence);
  expect(JSON.stringify(inbox.received()), "neither the number nor the link").not.toMatch(
    new RegExp(`${invoice.phone.slice(1)}|${invoice.pay_url}`),
  );

  const opened = await inbox.next("invoice.opened");
  expect(opened.sequence).toBeLessThan(succeeded.sequence);
  const timeline = await timelineOf(invoice.id);
  expect(timeline.map((event) => event.sequence)).toEqual(timeline.map((_, index) => index + 1));
  for (const { id, type, sequence } of inbox.received()) {
    expect(timeline).toContainEqual(expect.objectContaining({ id, type, sequence }));
  }

  const detail = await getInvoice(invoice.id);
  expect(detail).toMatchObject({ state: "paid", amount_paid: 24_900 });
  expect(detail.payments).toHaveLength(1);
});

test("a card that needs 3-D Secure pays once its bank has said yes", async ({ page, inbox }) => {
  const invoice = await createInvoice({ callback_url: inbox.url });
  await page.goto(invoice.pay_url);
  await chooseCard(page);
  await enterCard(page, CARDS.needsAuthentication);
  await expect(page.getByRole("heading", { name: "3-D Secure" })).toBeVisible();
  expect((await getInvoice(invoice.id)).state).toBe("open");
  await page.getByRole("button", { name: "Complete authentication" }).click();
  await expectReceipt(page);
  await expect(fact(page, "Paid by")).toHaveText("Visa ending in 3184");
  await inbox.next("invoice.paid");
});

test("3-D Secure that fails takes no money, and another card can be tried in the same session", async ({
  page,
}) => {
  const invoice = await createInvoice();
  await page.goto(invoice.pay_url);
  const session = await chooseCard(page);
  await enterCard(page, CARDS.needsAuthentication);
  await page.getByRole("button", { name: "Fail authentication" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  expect(page.url()).toContain(session);
  expect((await getInvoice(invoice.id)).state).toBe("open");
  await enterCard(page);
  await expectReceipt(page);
});

test("a declined card stays on the hosted page, and the next card pays in the one session", async ({
  page,
  inbox,
}) => {
  const invoice = await createInvoice({ callback_url: inbox.url });
  await page.goto(invoice.pay_url);
  const session = await chooseCard(page);
  await enterCard(page, CARDS.declined);
  await expect(page.getByRole("alert")).toHaveText("Your card was declined.");
  expect(page.url()).toContain(session);
  await enterCard(page);
  await expectReceipt(page);
  await inbox.next("invoice.paid");

  const { payments } = await getInvoice(invoice.id);
  expect(payments).toHaveLength(1);
  expect(await sessionRequestsOf(payments.map((payment) => payment.id))).toHaveLength(1);
});

test("a payment that confirms later waits without a claim, and reaches the receipt by the page's own refresh", async ({
  page,
}) => {
  const invoice = await createInvoice();
  await page.goto(invoice.pay_url);
  const session = await chooseCard(page);
  await enterCard(page, CARDS.succeedsLater);
  await expect(page.getByRole("heading", { name: "Your payment is being confirmed" })).toBeVisible();
  await expect(page.getByText("Nothing has been charged")).toHaveCount(0);
  expect((await getInvoice(invoice.id)).state).toBe("open");
  await hurry(session);
  await expectReceipt(page);
  expect((await getInvoice(invoice.id)).state).toBe("paid");
});
