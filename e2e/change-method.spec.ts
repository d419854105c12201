// Changing one's mind: nothing is charged twice, and what cannot be called back is owed back.

import { countEvents, createInvoice, getInvoice } from "./support/api.ts";
import { chooseCard, choosePhoneBill, enterCard, expectReceipt, press } from "./support/payer.ts";
import { answerPrompt, getSession, hostedUrl, promptsOn, sessionRequestsOf } from "./support/sandbox.ts";
import { expect, test } from "./support/test.ts";

test("back from the hosted page the same session is offered again, and going on with it pays", async ({
  page,
}) => {
  const invoice = await createInvoice();
  await page.goto(invoice.pay_url);
  const session = await chooseCard(page);
  await page.getByRole("link", { name: "Back" }).click();

  await expect(page).toHaveURL(invoice.pay_url);
  await expect(page.getByText("You have started to pay by card.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Pay NOK 249.00 on your phone bill" })).toBeVisible();
  expect(await chooseCard(page, "Go on with your card payment")).toBe(session);
  await enterCard(page);
  await expectReceipt(page);
  const { payments } = await getInvoice(invoice.id);
  expect(payments).toHaveLength(1);
  expect(await sessionRequestsOf(payments.map((payment) => payment.id))).toHaveLength(1);
});

test("choosing the phone bill after a card was begun expires the card's session, then the phone pays", async ({
  page,
  context,
}) => {
  const invoice = await createInvoice();
  await page.goto(invoice.pay_url);
  const session = await chooseCard(page);
  await page.getByRole("link", { name: "Back" }).click();
  await choosePhoneBill(page);
  expect((await getSession(session)).status).toBe("expired");

  const hosted = await context.newPage();
  await hosted.goto(hostedUrl(session));
  await expect(hosted.getByRole("heading", { name: "This checkout has expired" })).toBeVisible();

  await answerPrompt(invoice.phone, "approve");
  await expectReceipt(page);
  expect((await getInvoice(invoice.id)).payments.map(({ method, state }) => [method, state])).toEqual([
    ["card", "cancelled"],
    ["carrier_billing", "succeeded"],
  ]);
});

test("a card begun elsewhere is given up from the waiting page, and the phone bill is chosen instead", async ({
  page,
}) => {
  const invoice = await createInvoice();
  await page.goto(invoice.pay_url);
  const session = await chooseCard(page);
  await page.goto(`${invoice.pay_url}/waiting`);
  await expect(page.getByRole("heading", { name: "Your card payment is not finished" })).toBeVisible();
  await press(page, "Pay another way");
  await expect(page).toHaveURL(invoice.pay_url);
  expect((await getSession(session)).status).toBe("expired");
  await choosePhoneBill(page);
});

test("a prompt approved after a card has paid is surplus: the invoice stays paid by the card", async ({
  page,
  inbox,
}) => {
  const invoice = await createInvoice({ callback_url: inbox.url });
  await page.goto(invoice.pay_url);
  await choosePhoneBill(page);
  await expect(page.getByText("If you pay another way, this try may still go through.")).toBeVisible();
  await press(page, "Pay another way");
  await expect(page).toHaveURL(invoice.pay_url);
  await expect(page.getByText("Your first try may still go through.")).toBeVisible();
  // A second prompt beside the first could charge twice.
  await expect(page.getByRole("button", { name: "phone bill" })).toHaveCount(0);
  await chooseCard(page);
  await enterCard(page);
  await expectReceipt(page);
  await inbox.next("invoice.paid");

  expect((await promptsOn(invoice.phone)).map((prompt) => prompt.state)).toEqual(["open"]);
  await answerPrompt(invoice.phone, "approve");
  const surplus = await inbox.next("payment.surplus");
  expect(surplus).toMatchObject({
    data: {
      invoice: { id: invoice.id, state: "paid", amount_paid: 24_900 },
      payment: { method: "carrier_billing", state: "succeeded", disposition: "surplus" },
    },
  });
  const detail = await getInvoice(invoice.id);
  const card = detail.payments.find((payment) => payment.method === "card");
  expect(detail).toMatchObject({ state: "paid", amount_paid: 24_900, payment_id: card?.id });
  expect(detail.payments.map(({ method, disposition }) => [method, disposition])).toEqual([
    ["carrier_billing", "surplus"],
    ["card", "accepted"],
  ]);
  expect(await countEvents(invoice.id, "invoice.paid")).toBe(1);

  await page.reload();
  await expectReceipt(page);
});

test("a prompt approved while the payer looks at the card page pays, and the card cannot pay again", async ({
  page,
  inbox,
}) => {
  const invoice = await createInvoice({ callback_url: inbox.url });
  await page.goto(invoice.pay_url);
  await choosePhoneBill(page);
  await press(page, "Pay another way");
  const session = await chooseCard(page);
  await answerPrompt(invoice.phone, "approve");
  await inbox.next("invoice.paid");
  await expect.poll(async () => (await getSession(session)).status).toBe("expired");
  await enterCard(page);
  await expect(page.getByRole("heading", { name: "This checkout has expired" })).toBeVisible();
  await page.getByRole("link", { name: "Return to the merchant" }).click();
  await expect(page.getByRole("heading", { name: "This is already paid" })).toBeVisible();
  expect((await getInvoice(invoice.id)).amount_paid).toBe(24_900);
});
