// A system that has been through a bundle of ways: paid, declined, cancelled, expired, paid twice, sent back, told.

import { createHash, randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { Invoice, Payment } from "#lib/domain/records.ts";
import { once, onceInPhases } from "#lib/services/idempotency/once.ts";
import { cancelInvoice } from "#lib/services/invoices/cancel.ts";
import { type CreateInvoiceInput, createInvoice } from "#lib/services/invoices/create.ts";
import { expireInvoice } from "#lib/services/invoices/expire.ts";
import { updateMerchant } from "#lib/services/merchants/update.ts";
import { recordOpening } from "#lib/services/payers/record-opening.ts";
import { openLink } from "#lib/services/payers/view.ts";
import { getPayment, listPayments } from "#lib/services/payments/get.ts";
import { reviewPayment } from "#lib/services/payments/review.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { createRefund } from "#lib/services/refunds/create.ts";
import { getRefund } from "#lib/services/refunds/get.ts";
import { answerPrompt, freshPhone, invoiceInput, payHosted } from "../database/helpers.ts";
import { lineOf, settleRows } from "../database/settlement-helpers.ts";
import type { TestMerchant, TestSystem } from "../database/system.ts";
import { until } from "../until.ts";

/** Goes through the bundle and leaves nothing running; some attempts and messages stay open on purpose. */
export async function beBusy(system: TestSystem): Promise<void> {
  const worker = await system.startWorker();
  const receiver = await listen();
  const plain = await system.merchant({ smsCapPerDayInTest: 5 });
  const told = await system.merchant();
  const asked = await system.merchant({ carrierAsksPayer: false });
  await setFee(system, plain);
  const hook = await system.deps.callbacks.vet(receiver.url, "test", "/callback_url");
  await updateMerchant(told.ctx, { profile: {}, settings: {}, callbackUrl: hook });

  for (const shop of [plain, told]) await payInEveryWay(system, shop);
  await payInEveryWay(system, told, { callbackUrl: hook });
  await settle(told);
  // Waits for our own code.
  await begin(asked, { shouldSendSms: true }, "carrier_billing");
  await giveKeys(plain);
  await quiet(system);
  await worker.close();
  await receiver.close();
}

async function payInEveryWay(
  system: TestSystem,
  shop: TestMerchant,
  common: Partial<CreateInvoiceInput> = {},
): Promise<void> {
  const paid = await begin(shop, { ...common, shouldSendSms: true, phone: freshPhone() }, "card");
  await openByLink(system, paid.payUrl);
  await payHosted(paid.payment.redirectUrl ?? "");
  await ended(shop, paid.payment);
  await refund(shop, paid.payment, 10_000n);
  await refund(shop, paid.payment, null);

  const pendingRefund = await begin(shop, common, "card");
  await payHosted(pendingRefund.payment.redirectUrl ?? "", "4000000000007015");
  await ended(shop, pendingRefund.payment);
  await refund(shop, pendingRefund.payment, null);

  const failingRefund = await begin(shop, common, "card");
  await payHosted(failingRefund.payment.redirectUrl ?? "", "4000000000005126");
  await ended(shop, failingRefund.payment);
  const sentBack = await refund(shop, failingRefund.payment, null);

  const declined = await begin(shop, { ...common, phone: freshPhone("23") }, "carrier_billing");
  await ended(shop, declined.payment);

  // Both rails take the money: the second is surplus and goes back.
  const phone = freshPhone();
  const charge = await begin(shop, { ...common, phone }, "carrier_billing");
  const card = await startPayment(shop.ctx, { invoiceId: charge.invoice.id, method: "card" });
  await payHosted(card.redirectUrl ?? "");
  await ended(shop, card);
  await answerPrompt(system.sandboxUrl, phone, "approve");
  await ended(shop, charge.payment);

  const cancelled = await begin(shop, common, "card");
  await cancelInvoice(shop.ctx, cancelled.invoice.id);

  const expired = await createInvoice(shop.ctx, { ...invoiceInput(common), expiresAt: in300ms() });
  await until("its end", async () => {
    await expireInvoice(shop.system, expired.invoice.id);
    return Date.now() > expired.invoice.expiresAt.getTime() + 100;
  });

  // Changed methods, and nothing is decided: one attempt superseded, one open.
  const undecided = await begin(shop, { ...common, phone: freshPhone() }, "carrier_billing");
  await startPayment(shop.ctx, { invoiceId: undecided.invoice.id, method: "card" });
  await begin(shop, { ...common, phone: freshPhone("26") }, "carrier_billing");

  await settleByHand(system, shop, common);
  await until("the refund's end", async () => (await getRefund(shop.ctx, sentBack.id)).state === "failed");
}

/** The card company has settled what was paid by card. */
async function settle(shop: TestMerchant): Promise<void> {
  const { items } = await listPayments(shop.ctx, {
    filter: { states: ["succeeded"] },
    cursor: null,
    limit: 100,
  });
  const paid = items.filter(({ method, disposition }) => method === "card" && disposition === "accepted");
  const [first] = paid;
  if (first === undefined) throw new Error("Nothing was paid by card.");
  await settleRows(shop, first.railAccountId, paid.map(lineOf));
}

/** A person settles what the rail could not say. */
async function settleByHand(system: TestSystem, shop: TestMerchant, common: Partial<CreateInvoiceInput>) {
  const { payment } = await begin(shop, { ...common, phone: freshPhone("26") }, "carrier_billing");
  await system.superuser.query("update payments set needs_review_at = now() where id = $1", [payment.id]);
  const decision = { decision: "settle", settlementReference: null, note: "as the bill shows" } as const;
  await reviewPayment(shop.ctx, { paymentId: payment.id, ...decision });
}

async function begin(
  shop: TestMerchant,
  options: Partial<CreateInvoiceInput>,
  method: "card" | "carrier_billing",
): Promise<{ readonly invoice: Invoice; readonly payUrl: string; readonly payment: Payment }> {
  const { invoice, payUrl } = await createInvoice(shop.ctx, invoiceInput(options));
  return { invoice, payUrl, payment: await startPayment(shop.ctx, { invoiceId: invoice.id, method }) };
}

async function ended(shop: TestMerchant, { id }: Payment): Promise<void> {
  await until(`the end of ${id}`, async () => (await getPayment(shop.ctx, id)).payment.completedAt !== null);
}

async function refund(shop: TestMerchant, { id }: Payment, amountMinor: bigint | null) {
  const { payment } = await getPayment(shop.ctx, id);
  return await createRefund(shop.ctx, {
    paymentId: id,
    refundableMinor: payment.amount.amountMinor - payment.refundedMinor,
    part: amountMinor === null ? { kind: "rest" } : { kind: "amount", amountMinor },
    reason: null,
    bind: async () => undefined,
  });
}

async function openByLink(system: TestSystem, payUrl: string): Promise<void> {
  const token = payUrl.slice(payUrl.lastIndexOf("/") + 1);
  await recordOpening(await openLink(system.deps, token, `req_${randomUUID()}`), false);
}

/** An answer under a key, and an intent under another. */
async function giveKeys(shop: TestMerchant): Promise<void> {
  const fingerprint = createHash("sha256").update("body").digest();
  const route = "POST /api/v1/test";
  await once(shop.ctx, { route, key: randomUUID(), fingerprint }, async () => ({ status: 201, body: "{}" }));
  await onceInPhases(shop.ctx, { route, key: randomUUID(), fingerprint }, async (bind) => {
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    await startPayment(shop.ctx, {
      invoiceId: invoice.id,
      method: "card",
      withIntent: (inTx, payment) => bind(inTx, payment.id),
    });
    return { status: 201, body: "{}" };
  });
}

async function setFee(system: TestSystem, { merchantId }: TestMerchant): Promise<void> {
  await system.superuser.query("update rail_accounts set fee_basis_points = 250 where merchant_id = $1", [
    merchantId,
  ]);
}

/** Nothing is due any more: no job, no message of a rail, no callback, no text. */
async function quiet(system: TestSystem): Promise<void> {
  await until("quiet", async () => {
    const { rows } = await system.superuser.query(`
      select (select count(*) from pgboss.job where state < 'completed' and start_after <= now())
        + (select count(*) from notifications where state = 'received')
        + (select count(*) from deliveries where state = 'pending')
        + (select count(*) from sms_messages where state in ('sending', 'sent')) as n`);
    return rows[0].n === "0";
  });
}

async function listen(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    request.resume();
    request.on("end", () => response.writeHead(204).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const in300ms = () => new Date(Date.now() + 300);
