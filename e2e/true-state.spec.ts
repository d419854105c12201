// Whatever address is opened, reloaded or gone back to, the page is the one that serves the true state.

import { countEvents, createInvoice, getInvoice } from "./support/api.ts";
import { open } from "./support/http.ts";
import { chooseCard, choosePhoneBill, enterCard, expectReceipt, PAY_BY_CARD } from "./support/payer.ts";
import { addFault, answerPrompt, CARDS, payHosted, requestsOf } from "./support/sandbox.ts";
import { cancel, expire, failOnPhoneBill, payByCard, startCard, startPhoneBill } from "./support/steps.ts";
import { expect, test } from "./support/test.ts";

const PATHS = ["", "/failed", "/code", "/waiting", "/receipt", "/closed"] as const;

/** Where each of PATHS ends, by where the payer stands. */
const LEADS = [
  { state: "nothing chosen", make: createInvoice, to: ["", "", "", "", "", ""] },
  { state: "card begun", make: startCard, to: ["", "", "", "/waiting", "", ""] },
  {
    state: "waiting for the phone",
    make: startPhoneBill,
    to: ["/waiting", "/waiting", "/waiting", "/waiting", "/waiting", "/waiting"],
  },
  {
    state: "declined",
    make: failOnPhoneBill,
    to: ["", "/failed", "/failed", "/failed", "/failed", "/failed"],
  },
  {
    state: "paid",
    make: payByCard,
    to: ["/closed", "/receipt", "/receipt", "/receipt", "/receipt", "/closed"],
  },
  { state: "withdrawn", make: cancel, to: PATHS.map(() => "/closed") },
  { state: "expired", make: expire, to: PATHS.map(() => "/closed") },
] as const;

for (const { state, make, to } of LEADS) {
  test(`every address opened by hand leads to the true state: ${state}`, async () => {
    const { pay_url } = await make();
    for (const [index, path] of PATHS.entries()) {
      const answer = await open(`${pay_url}${path}`);
      expect(answer.url.slice(pay_url.length), `${path || "the link"} leads to`).toBe(to[index]);
      expect(answer.status).toBe(200);
    }
  });
}

test("the link of a paid invoice says already paid, and leads to the receipt", async ({ page }) => {
  const invoice = await payByCard();
  await page.goto(invoice.pay_url);
  await expect(page.getByRole("heading", { name: "This is already paid", level: 1 })).toBeVisible();
  await expect(page.getByText("You do not need to do anything.")).toBeVisible();
  await expect(page.getByRole("button")).toHaveCount(0);
  await page.getByRole("link", { name: "See the receipt" }).click();
  await expectReceipt(page);
});

test("going back after a payment never offers to pay again", async ({ page }) => {
  const invoice = await createInvoice();
  await page.goto(invoice.pay_url);
  await chooseCard(page);
  await enterCard(page);
  await expectReceipt(page);
  await page.goBack();
  await expect(page.getByRole("heading", { name: "This payment is complete" })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("heading", { name: "This is already paid" })).toBeVisible();
  await expect(page.getByRole("button")).toHaveCount(0);
});

test("reloading at each step loses and repeats nothing", async ({ page }) => {
  const invoice = await createInvoice();
  await page.goto(invoice.pay_url);
  await page.reload();
  await chooseCard(page);
  await page.reload();
  await enterCard(page);
  await expectReceipt(page);
  await page.reload();
  await expectReceipt(page);
  expect((await getInvoice(invoice.id)).payments).toHaveLength(1);
  for (const type of ["invoice.opened", "payment.started", "payment.succeeded", "invoice.paid"]) {
    expect(await countEvents(invoice.id, type), type).toBe(1);
  }
});

test("reloading the waiting page asks again and starts nothing", async ({ page }) => {
  const invoice = await createInvoice();
  await page.goto(invoice.pay_url);
  await choosePhoneBill(page);
  await page.reload();
  await page.reload();
  await expect(page.getByRole("heading", { name: "Approve it on your phone" })).toBeVisible();
  expect((await getInvoice(invoice.id)).payments).toHaveLength(1);
  await answerPrompt(invoice.phone, "approve");
  await expectReceipt(page);
});

for (const query of ["", "?session_id=cs_test_made_up&redirect_status=succeeded&payment=paid"]) {
  test(`a return that was made up settles nothing: /return${query}`, async ({ page }) => {
    const invoice = await startCard();
    await page.goto(`${invoice.pay_url}/return${query}`);
    await expect(page.getByRole("heading", { name: "Your card payment is not finished" })).toBeVisible();
    expect((await getInvoice(invoice.id)).state).toBe("open");

    const fresh = await createInvoice();
    await page.goto(`${fresh.pay_url}/return${query}`);
    await expect(page).toHaveURL(fresh.pay_url);
    await expect(page.getByRole("button", { name: PAY_BY_CARD })).toBeVisible();
    expect((await getInvoice(fresh.id)).payments).toEqual([]);
  });
}

test("somebody else's paid session on the return address pays nothing", async ({ page }) => {
  const paid = await startCard();
  await payHosted(paid.sessionId);
  const invoice = await startCard();
  await page.goto(`${invoice.pay_url}/return?session_id=${paid.sessionId}`);
  await expect(page.getByRole("heading", { name: "Your card payment is not finished" })).toBeVisible();
  expect((await getInvoice(invoice.id)).state).toBe("open");
});

test("a payer who comes back while Stripe is being asked is not told that nothing was charged", async ({
  page,
}) => {
  const invoice = await startCard();
  const path = `/v1/checkout/sessions/${invoice.sessionId}`;
  await addFault({
    service: "stripe",
    fault: "delay",
    ms: 1_500,
    when: "before",
    method: "GET",
    path,
    times: 1,
  });
  await payHosted(invoice.sessionId, CARDS.visa);
  // The notification has come, and its question to Stripe is on the way.
  await expect
    .poll(async () => (await requestsOf("stripe")).some((entry) => entry.path === path), { intervals: [50] })
    .toBe(true);
  await page.goto(`${invoice.pay_url}/return`);
  await expect(page.getByText("Nothing has been charged")).toHaveCount(0);
  await expectReceipt(page);
});

test("a payer who comes back while Stripe does not answer is told that it is being checked, then the truth", async ({
  page,
}) => {
  const invoice = await startCard();
  await addFault({
    service: "stripe",
    fault: "error",
    status: 500,
    method: "GET",
    path: `/v1/checkout/sessions/${invoice.sessionId}`,
    // The questions of the two notifications, and the page's own.
    times: 3,
  });
  await payHosted(invoice.sessionId);
  await page.goto(`${invoice.pay_url}/return`);
  await expect(page.getByRole("heading", { name: "We are checking your payment" })).toBeVisible();
  await expect(page.getByText("Nothing has been charged")).toHaveCount(0);
  await expectReceipt(page);
});
