import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ServiceError } from "#lib/domain/errors.ts";
import type { InvoiceId, PaymentId } from "#lib/domain/ids.ts";
import { isOpenPayment } from "#lib/domain/payment.ts";
import {
  editInvoiceOperation,
  markPaidOperation,
  reopenInvoiceOperation,
} from "#lib/doors/native/invoice-changes.ts";
import { getInvoiceOperation } from "#lib/doors/native/invoices.ts";
import { cancelInvoice } from "#lib/services/invoices/cancel.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { expireInvoice } from "#lib/services/invoices/expire.ts";
import { getInvoice } from "#lib/services/invoices/get.ts";
import { markPaid } from "#lib/services/invoices/mark-paid.ts";
import { reopenInvoice } from "#lib/services/invoices/reopen.ts";
import { settlePayment } from "#lib/services/payments/settle.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { until } from "../until.ts";
import { openDoor } from "./door.ts";
import { answerPrompt, freshPhone, invoiceInput, payHosted } from "./helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;
let door: ReturnType<typeof openDoor>;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant();
  door = openDoor(system.deps, {
    "/invoices/{id}": { GET: getInvoiceOperation, PATCH: editInvoiceOperation },
    "/invoices/{id}/mark-paid": { POST: markPaidOperation },
    "/invoices/{id}/reopen": { POST: reopenInvoiceOperation },
  });
});
afterAll(() => system.close());

const make = async (options: Parameters<typeof invoiceInput>[0] = {}) =>
  (await createInvoice(shop.ctx, invoiceInput(options))).invoice;
const read = (id: InvoiceId) => getInvoice(shop.ctx, id);
const mark = async (id: InvoiceId, reference: string | null = null) =>
  (await markPaid(shop.ctx, id, { reference, bind: async () => undefined })).invoice;
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => "none",
    (error: ServiceError) => error.code,
  );
const settle = async (paymentId: PaymentId) =>
  (await settlePayment(shop.system, { paymentId, isForced: true })).payment;
const inDays = (days: number) => new Date(Math.floor(Date.now() / 1000) * 1000 + days * 86_400_000);

/** As after its time has passed; `isWritten`: the sweeper has been there. */
async function runOut(id: InvoiceId, isWritten = true): Promise<void> {
  await system.superuser.query("update invoices set expires_at = now() - interval '1 minute' where id = $1", [
    id,
  ]);
  await system.superuser.query("delete from invoice_deadlines where invoice_id = $1", [id]);
  if (isWritten) await expireInvoice(shop.system, id);
}

describe("an invoice that is marked as paid outside", () => {
  it("is paid by what no rail has, with the merchant's note, and tells so once", async () => {
    const { id } = await make();
    expect(await mark(id, "Cash book 12")).toMatchObject({
      state: "paid",
      paidBy: "outside",
      amountPaidMinor: 24_900n,
      outsideReference: "Cash book 12",
      paidPaymentId: null,
    });
    const events = await system.superuser.query(
      "select type from events where invoice_id = $1 order by sequence",
      [id],
    );
    expect(events.rows.map(({ type }) => type)).toEqual(["invoice.created", "invoice.paid"]);
    const booked = await system.superuser.query("select 1 from ledger_transactions where merchant_id = $1", [
      shop.merchantId,
    ]);
    expect(booked.rows).toEqual([]);
  });

  it("may have run out before, but not be cancelled or paid", async () => {
    const expired = await make();
    await runOut(expired.id);
    expect((await mark(expired.id)).state).toBe("paid");
    const passed = await make();
    await runOut(passed.id, false);
    expect((await mark(passed.id)).state).toBe("paid");
    const cancelled = await make();
    await cancelInvoice(shop.ctx, cancelled.id);
    expect(await refusal(mark(cancelled.id))).toBe("invoice_state_conflict");
    expect(await refusal(mark(expired.id))).toBe("invoice_state_conflict");
  });

  it("has its card page closed first: that page takes nothing any more", async () => {
    const { id } = await make();
    const payment = await startPayment(shop.ctx, { invoiceId: id, method: "card" });
    expect((await mark(id)).paidBy).toBe("outside");
    expect(await payHosted(payment.redirectUrl ?? "")).not.toBe(303);
    expect((await read(id)).payments[0]).toMatchObject({ state: "cancelled" });
  });

  it("holds a later charge of the carrier as surplus", async () => {
    const phone = freshPhone();
    const { id } = await make({ phone });
    const payment = await startPayment(shop.ctx, { invoiceId: id, method: "carrier_billing" });
    expect((await mark(id)).paidBy).toBe("outside");
    await answerPrompt(system.sandboxUrl, phone, "approve");
    await until("the charge", async () => (await settle(payment.id)).state === "succeeded");
    const { invoice, payments } = await read(id);
    expect(invoice).toMatchObject({ paidBy: "outside", amountPaidMinor: 24_900n });
    expect(payments[0]).toMatchObject({ disposition: "surplus" });
  });

  it("is paid by the card where the rail turns out to have taken the money, and the answer says so", async () => {
    const { id } = await make();
    const payment = await startPayment(shop.ctx, { invoiceId: id, method: "card" });
    await payHosted(payment.redirectUrl ?? "");
    const { status, json } = await door("POST", `/invoices/${id}/mark-paid`, { key: shop.apiKey });
    expect([status, json.code]).toEqual([409, "invoice_state_conflict"]);
    expect((await read(id)).invoice).toMatchObject({ paidBy: "payment", paidPaymentId: payment.id });
  });

  it("is paid by one of the two, however marking and a card payment race", async () => {
    for (let round = 0; round < 6; round += 1) {
      const { id } = await make();
      const payment = await startPayment(shop.ctx, { invoiceId: id, method: "card" });
      const [, marked] = await Promise.all([
        payHosted(payment.redirectUrl ?? "").then(() => settle(payment.id)),
        refusal(mark(id)),
      ]);
      await settle(payment.id);
      const { invoice, payments } = await read(id);
      expect(invoice).toMatchObject({ state: "paid", amountPaidMinor: 24_900n });
      expect(invoice.paidBy).toBe(marked === "none" ? "outside" : "payment");
      const [attempt] = payments;
      expect(attempt !== undefined && isOpenPayment(attempt.state)).toBe(false);
      const disposition =
        invoice.paidBy === "payment" ? "accepted" : attempt?.state === "succeeded" ? "surplus" : null;
      expect(attempt?.disposition).toBe(disposition);
    }
  });

  it("is marked once for one Idempotency-Key, however often it is sent at once", async () => {
    const { id } = await make();
    const headers = { "idempotency-key": randomUUID() };
    const body = { reference: "Transfer 7" };
    const send = () => door("POST", `/invoices/${id}/mark-paid`, { key: shop.apiKey, body, headers });
    const answers = await Promise.all(Array.from({ length: 6 }, send));
    const codes = answers.map(({ status, json }) => (status === 200 ? "paid" : String(json.code)));
    expect(new Set(codes)).toEqual(
      new Set(codes.includes("idempotency_in_progress") ? ["paid", "idempotency_in_progress"] : ["paid"]),
    );
    const again = await send();
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(again.json).toMatchObject({
      state: "paid",
      paid_by: "outside",
      outside_reference: "Transfer 7",
      payment_id: null,
      actions: [],
    });
    expect((await read(id)).invoice.version).toBe(2);
  });
});

describe("an invoice that ran out", () => {
  it("can be opened again by the same link, paid, and runs out anew", async () => {
    const invoice = await make();
    await runOut(invoice.id);
    const expiresAt = inDays(2);
    const path = `/invoices/${invoice.id}`;
    const expired = (await door("GET", path, { key: shop.apiKey })).json;
    expect(expired.actions).toEqual(["mark_paid", "reopen"]);
    const body = { expires_at: expiresAt.toISOString() };
    const reopened = await door("POST", `${path}/reopen`, { key: shop.apiKey, body });
    expect(reopened.json).toMatchObject({
      state: "open",
      expired_at: null,
      expires_at: expiresAt.toISOString(),
      pay_url: expired.pay_url,
      actions: ["pay", "send", "edit", "mark_paid", "cancel"],
    });
    const repeated = await door("POST", `${path}/reopen`, { key: shop.apiKey, body });
    expect(repeated.text).toBe(reopened.text);
    const { rows } = await system.superuser.query(
      "select due_at from invoice_deadlines where invoice_id = $1",
      [invoice.id],
    );
    expect(rows).toEqual([{ due_at: expiresAt }]);
    await runOut(invoice.id);
    expect((await read(invoice.id)).invoice.state).toBe("expired");
    await reopenInvoice(shop.ctx, invoice.id, inDays(3));
    const payment = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" });
    await payHosted(payment.redirectUrl ?? "");
    await settle(payment.id);
    expect((await read(invoice.id)).invoice.state).toBe("paid");
  });

  it("can be opened again before anyone has written down that it ran out", async () => {
    const { id } = await make();
    const payment = await startPayment(shop.ctx, { invoiceId: id, method: "card" });
    await runOut(id, false);
    expect((await reopenInvoice(shop.ctx, id, inDays(1))).invoice.state).toBe("open");
    expect((await read(id)).payments[0]).toMatchObject({ id: payment.id, state: "cancelled" });
  });

  it("is not opened until a time that is past, nor where it is open, paid or cancelled", async () => {
    const expired = await make();
    await runOut(expired.id);
    expect(await refusal(reopenInvoice(shop.ctx, expired.id, inDays(-1)))).toBe("expiry_out_of_range");
    expect(await refusal(reopenInvoice(shop.ctx, expired.id, inDays(3_000)))).toBe("expiry_out_of_range");
    const open = await make();
    expect(await refusal(reopenInvoice(shop.ctx, open.id, inDays(1)))).toBe("invoice_state_conflict");
    const cancelled = await make();
    await cancelInvoice(shop.ctx, cancelled.id);
    expect(await refusal(reopenInvoice(shop.ctx, cancelled.id, inDays(1)))).toBe("invoice_state_conflict");
    await mark(expired.id);
    expect(await refusal(reopenInvoice(shop.ctx, expired.id, inDays(1)))).toBe("invoice_state_conflict");
  });
});

describe("another merchant's invoice", () => {
  it("reads as if it did not exist", async () => {
    const other = await system.merchant();
    const { id } = await make();
    const { apiKey: key } = other;
    const codes = [
      await door("PATCH", `/invoices/${id}`, { key, body: { version: 1, description: "Ours" } }),
      await door("POST", `/invoices/${id}/mark-paid`, { key }),
      await door("POST", `/invoices/${id}/reopen`, { key, body: { expires_at: inDays(1).toISOString() } }),
    ].map(({ json }) => json.code);
    expect(codes).toEqual(Array(3).fill("invoice_not_found"));
    expect((await read(id)).invoice.version).toBe(1);
  });
});
