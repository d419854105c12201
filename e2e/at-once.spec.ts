// Two taps, two tabs, two devices: one attempt, one session, one payment.

import { countEvents, createInvoice, getInvoice, type InvoiceDetail } from "./support/api.ts";
import { send } from "./support/http.ts";
import {
  chooseCard,
  choosePhoneBill,
  enterCard,
  expectReceipt,
  PAY_BY_CARD,
  PAY_ON_PHONE_BILL,
} from "./support/payer.ts";
import { answerPrompt, promptsOn, sessionIdOf, sessionRequestsOf } from "./support/sandbox.ts";
import { expectState, readProof } from "./support/steps.ts";
import { expect, test } from "./support/test.ts";

const OPEN = ["created", "pending", "pending_validation", "authorized"];

function openAttempts({ payments }: InvoiceDetail) {
  return payments.filter((payment) => OPEN.includes(payment.state) && payment.superseded_at === null);
}

async function expectOneSession(invoiceId: string): Promise<void> {
  const { payments } = await getInvoice(invoiceId);
  expect(payments).toHaveLength(1);
  expect(await sessionRequestsOf(payments.map((payment) => payment.id))).toHaveLength(1);
}

test("two clicks in one tick make one attempt and one session", async ({ page }) => {
  const invoice = await createInvoice();
  await page.goto(invoice.pay_url);
  await page.getByRole("button", { name: PAY_BY_CARD }).evaluate((button: HTMLElement) => {
    button.click();
    button.click();
  });
  await page.waitForURL(/\/checkout\/c\//);
  await expectOneSession(invoice.id);
});

test("two clicks in one tick put one prompt on the phone", async ({ page }) => {
  const invoice = await createInvoice();
  await page.goto(invoice.pay_url);
  await page.getByRole("button", { name: PAY_ON_PHONE_BILL }).evaluate((button: HTMLElement) => {
    button.click();
    button.click();
  });
  await page.waitForURL(/\/waiting$/);
  expect((await getInvoice(invoice.id)).payments).toHaveLength(1);
  expect(await promptsOn(invoice.phone)).toHaveLength(1);
});

test("ten posts at once land in one session", async () => {
  const invoice = await createInvoice();
  const proof = await readProof(invoice.pay_url);
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => send(`${invoice.pay_url}/pay`, { form: { proof, method: "card" } })),
  );
  expect(answers.map((answer) => answer.status)).toEqual(Array(10).fill(303));
  expect(new Set(answers.map((answer) => sessionIdOf(answer.headers.location ?? ""))).size).toBe(1);
  await expectOneSession(invoice.id);
  expect(await countEvents(invoice.id, "payment.started")).toBe(1);
});

test("two tabs that choose the card land in the same session", async ({ page, context }) => {
  const invoice = await createInvoice();
  const other = await context.newPage();
  await page.goto(invoice.pay_url);
  await other.goto(invoice.pay_url);
  const [one, two] = await Promise.all([chooseCard(page), chooseCard(other)]);
  expect(two).toBe(one);
  await expectOneSession(invoice.id);
});

test("two tabs that choose different methods leave one open attempt at most, and one accepted payment", async ({
  page,
  context,
}) => {
  const invoice = await createInvoice();
  const other = await context.newPage();
  await page.goto(invoice.pay_url);
  await other.goto(invoice.pay_url);
  await Promise.all([
    page.getByRole("button", { name: PAY_BY_CARD }).click(),
    other.getByRole("button", { name: PAY_ON_PHONE_BILL }).click(),
  ]);
  expect(openAttempts(await getInvoice(invoice.id)).length).toBeLessThanOrEqual(1);

  // Whatever came of it, the payer goes on in one tab, and the phone approves what it was asked.
  for (const prompt of await promptsOn(invoice.phone)) {
    if (prompt.state === "open") await answerPrompt(invoice.phone, "approve");
  }
  await page.goto(invoice.pay_url);
  const start = page.getByRole("button", { name: /card/ });
  if (await start.isVisible()) {
    await start.click();
    await page.waitForURL(/\/checkout\/c\/|\/closed$|\/receipt$/);
    if (page.url().includes("/checkout/c/")) await enterCard(page);
  }
  const detail = await getInvoice((await expectState(invoice, "paid")).id);
  expect(detail.payments.filter((payment) => payment.disposition === "accepted")).toHaveLength(1);
  expect(detail.amount_paid).toBe(24_900);
  expect(await countEvents(invoice.id, "invoice.paid")).toBe(1);
  await expect.poll(async () => openAttempts(await getInvoice(invoice.id))).toEqual([]);
});

test("many posts by different methods at once leave one open attempt at most", async () => {
  const invoice = await createInvoice();
  const proof = await readProof(invoice.pay_url);
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      send(`${invoice.pay_url}/pay`, {
        form: { proof, method: index % 2 === 0 ? "card" : "carrier_billing" },
      }),
    ),
  );
  for (const answer of answers) expect([303, 409]).toContain(answer.status);
  const detail = await getInvoice(invoice.id);
  expect(openAttempts(detail).length).toBeLessThanOrEqual(1);
  // A carrier cannot take its prompt back: there is never a second one beside it.
  expect(detail.payments.filter((payment) => payment.method === "carrier_billing")).toHaveLength(1);
  expect(await promptsOn(invoice.phone)).toHaveLength(1);
});

test("two devices share nothing but the link: one begins, the other goes on, both see it paid", async ({
  page,
  browser,
}) => {
  const invoice = await createInvoice();
  const context = await browser.newContext();
  const device = await context.newPage();
  await page.goto(invoice.pay_url);
  const session = await chooseCard(page);

  await device.goto(invoice.pay_url);
  expect(await chooseCard(device, "Go on with your card payment")).toBe(session);
  await enterCard(device);
  await expectReceipt(device);

  await enterCard(page);
  await expectReceipt(page);
  expect(await context.cookies(), "a link needs no cookie").toEqual([]);
  expect(await countEvents(invoice.id, "payment.succeeded")).toBe(1);
  await expectOneSession(invoice.id);
  await context.close();
});

test("two devices: what one waits for, the other sees too", async ({ page, browser }) => {
  const invoice = await createInvoice();
  const context = await browser.newContext();
  const device = await context.newPage();
  await page.goto(invoice.pay_url);
  await choosePhoneBill(page);
  await device.goto(invoice.pay_url);
  await expect(device).toHaveURL(/\/waiting$/);
  await answerPrompt(invoice.phone, "approve");
  await expectReceipt(page);
  await expectReceipt(device);
  await context.close();
});
