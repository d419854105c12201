// Money that comes too late and goes back. Changes the merchant's settings: runs alone, and puts them back.

import { changeSettings, createInvoice, getInvoice, reopenInvoice } from "../support/api.ts";
import { choosePhoneBill, PAY_BY_CARD } from "../support/payer.ts";
import { answerPrompt } from "../support/sandbox.ts";
import { expectState, soon } from "../support/steps.ts";
import { expect, test } from "../support/test.ts";

test.beforeAll(() => changeSettings({ policies: { on_expired: "refund" } }));
test.afterAll(() => changeSettings({ policies: { on_expired: "accept" } }));

test("a payer whose late money went back is told so wherever the link leads, also after a try that took nothing", async ({
  page,
}) => {
  const invoice = await createInvoice({ expires_at: soon(4_000) });
  await page.goto(invoice.pay_url);
  await choosePhoneBill(page);
  await expectState(invoice, "expired");
  await answerPrompt(invoice.phone, "approve");
  await expect
    .poll(async () => (await getInvoice(invoice.id)).payments.map(({ disposition }) => disposition))
    .toEqual(["surplus"]);
  const wentBack = page.getByText("was not needed and");
  await page.goto(invoice.pay_url);
  await expect(page.getByRole("heading", { name: "This can no longer be paid", level: 1 })).toBeVisible();
  await expect(wentBack).toBeVisible();

  await reopenInvoice(invoice.id, soon(600_000));
  await page.goto(invoice.pay_url);
  await expect(page.getByRole("button", { name: PAY_BY_CARD })).toBeVisible();
  await expect(wentBack).toBeVisible();

  await choosePhoneBill(page);
  await answerPrompt(invoice.phone, "decline");
  await expect(page.getByRole("heading", { name: "The payment was not made", level: 1 })).toBeVisible();
  await expect(page.getByText("This try took no money from your account.")).toBeVisible();
  await expect(page.getByText("No money has left your account.")).toHaveCount(0);
  await expect(wentBack).toBeVisible();
});
