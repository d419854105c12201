// Steps of tests about money that goes back.

import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { loadProfile } from "#db/queries/merchants.ts";
import type { PaymentId, RefundId } from "#lib/domain/ids.ts";
import type { Payment } from "#lib/domain/records.ts";
import { transact } from "#lib/services/context.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { getPayment } from "#lib/services/payments/get.ts";
import { openRailAccount } from "#lib/services/payments/rail-call.ts";
import { settlePayment } from "#lib/services/payments/settle.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { type CreateRefundInput, createRefund } from "#lib/services/refunds/create.ts";
import { getRefund } from "#lib/services/refunds/get.ts";
import { until } from "../until.ts";
import { answerPrompt, freshPhone, invoiceInput, payHosted } from "./helpers.ts";
import type { TestMerchant, TestSystem } from "./system.ts";

/** Pays an invoice of the shop's with a card. */
export async function paidByCard(
  shop: TestMerchant,
  number?: string,
  options: Parameters<typeof invoiceInput>[0] = {},
): Promise<Payment> {
  const { invoice } = await createInvoice(shop.ctx, invoiceInput(options));
  const payment = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" });
  await payHosted(payment.redirectUrl ?? "", number);
  const settled = await settlePayment(shop.system, { paymentId: payment.id, isForced: true });
  expect(settled.payment.state).toBe("succeeded");
  return settled.payment;
}

/** The same with a phone bill; the ending tells the sandbox's carrier what to make of refunds. */
export async function paidByPhone(system: TestSystem, shop: TestMerchant, ending: string): Promise<Payment> {
  const phone = freshPhone(ending);
  const { invoice } = await createInvoice(shop.ctx, invoiceInput({ phone }));
  const payment = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "carrier_billing" });
  await answerPrompt(system.sandboxUrl, phone, "approve");
  return await until("the charge", async () => {
    const { payment: settled } = await settlePayment(shop.system, { paymentId: payment.id, isForced: true });
    return settled.state === "succeeded" ? settled : null;
  });
}

/** Refunds all that is left, unless told otherwise. */
export async function refundOf(
  shop: TestMerchant,
  payment: Payment,
  changes: Partial<CreateRefundInput> = {},
) {
  return await createRefund(shop.ctx, {
    paymentId: payment.id,
    refundableMinor: payment.amount.amountMinor - payment.refundedMinor,
    part: { kind: "rest" },
    reason: null,
    bind: async () => undefined,
    ...changes,
  });
}

export const part = (amountMinor: bigint): Partial<CreateRefundInput> => ({
  part: { kind: "amount", amountMinor },
});

export async function currentPayment(shop: TestMerchant, id: PaymentId): Promise<Payment> {
  return (await getPayment(shop.ctx, id)).payment;
}

export async function refundEnds(shop: TestMerchant, id: RefundId, state: string) {
  return await until(`refund ${state}`, async () => {
    const found = await getRefund(shop.ctx, id);
    return found.state === state ? found : null;
  });
}

/** What the books say of one payment, account by account, but for what its rail costs. */
export async function booksOf(system: TestSystem, id: PaymentId): Promise<Record<string, number>> {
  const { rows } = await system.superuser.query(
    `select e.account, sum(e.amount_minor)::int as sum from ledger_entries e
     join ledger_transactions t on t.id = e.transaction_id
     where t.payment_id = $1 and t.kind <> 'rail_cost' group by 1 having sum(e.amount_minor) <> 0`,
    [id],
  );
  return Object.fromEntries(rows.map((row) => [row.account, row.sum]));
}

/** Refunds a part by hand in Stripe's dashboard; answers the refund's id there. */
export async function refundAtStripe(
  system: TestSystem,
  shop: TestMerchant,
  payment: Payment,
  amount: number,
): Promise<string> {
  const account = await transact(shop.system, async ({ tx, tenant }) =>
    (await loadProfile(tx, tenant)).accounts.find(({ kind }) => kind === "card"),
  );
  if (account === undefined) throw new Error("There is no card account.");
  const { baseUrl, credentials } = openRailAccount(system.deps, account);
  const answer = await fetch(`${baseUrl}/v1/refunds`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${(credentials as { secretKey: string }).secretKey}`,
      "idempotency-key": randomUUID(),
    },
    body: new URLSearchParams({
      payment_intent: payment.railDetails.settlementReference ?? "",
      amount: String(amount),
    }),
  });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { id: string }).id;
}

/** Acts as the bank or the clock would on an object of the sandbox's. */
export async function simulate(system: TestSystem, path: string, body: object): Promise<void> {
  const answer = await fetch(`${system.sandboxUrl}/control/simulate/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
  await answer.arrayBuffer();
}
