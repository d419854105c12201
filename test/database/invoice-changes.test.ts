import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCurrency } from "#lib/domain/currency.ts";
import type { ServiceError } from "#lib/domain/errors.ts";
import type { InvoiceId, PaymentId } from "#lib/domain/ids.ts";
import { billableMoney, isSameMoney } from "#lib/domain/money.ts";
import { isOpenPayment } from "#lib/domain/payment.ts";
import type { Invoice } from "#lib/domain/records.ts";
import { cancelInvoice } from "#lib/services/invoices/cancel.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { editInvoice } from "#lib/services/invoices/edit.ts";
import { getInvoice } from "#lib/services/invoices/get.ts";
import type { InvoiceChanges } from "#lib/services/invoices/plan-edit.ts";
import { applyOutcome } from "#lib/services/payments/apply-outcome.ts";
import { settlePayment } from "#lib/services/payments/settle.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { until } from "../until.ts";
import { addFault, answerPrompt, freshPhone, invoiceInput, messagesOn, payHosted } from "./helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant();
});
afterAll(() => system.close());

const make = async (options: Parameters<typeof invoiceInput>[0] = {}) =>
  (await createInvoice(shop.ctx, invoiceInput(options))).invoice;
const edit = async (id: InvoiceId, changes: InvoiceChanges, version = 1): Promise<Invoice> =>
  (await editInvoice(shop.ctx, id, { version, changes })).invoice;
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => "none",
    (error: ServiceError) => error.code,
  );
const read = (id: InvoiceId) => getInvoice(shop.ctx, id);
const settle = async (paymentId: PaymentId) =>
  (await settlePayment(shop.system, { paymentId, isForced: true })).payment;
const deadlineOf = async (id: InvoiceId) => {
  const { rows } = await system.superuser.query(
    "select due_at from invoice_deadlines where invoice_id = $1",
    [id],
  );
  return rows[0]?.due_at as Date | undefined;
};
const inDays = (days: number) => new Date(Math.floor(Date.now() / 1000) * 1000 + days * 86_400_000);
const EUR = parseCurrency("EUR");

describe("an open invoice that is changed", () => {
  it("says the new things, once, with an event, under a new version, and ends at its new time", async () => {
    const invoice = await make({ metadata: { order: "1" }, merchantReference: "A-1" });
    const expiresAt = inDays(3);
    const changes = {
      description: "Swimming gala, three tickets",
      merchantReference: null,
      dueAt: inDays(2),
      expiresAt,
      locale: "nb",
      metadata: { order: "2" },
      returnUrl: "https://shop.example/thanks",
      purchaseCategory: "sport",
    };
    const edited = await edit(invoice.id, changes);
    expect(edited).toMatchObject({ ...changes, version: 2, state: "open" });
    expect((await read(invoice.id)).invoice).toMatchObject({ ...changes, version: 2 });
    expect(await deadlineOf(invoice.id)).toEqual(expiresAt);
    const { rows } = await system.superuser.query(
      "select type, data from events where invoice_id = $1 order by sequence",
      [invoice.id],
    );
    expect(rows.map(({ type }) => type)).toEqual(["invoice.created", "invoice.updated"]);
    expect(rows[1]?.data.invoice).toMatchObject({ version: 2, merchantReference: null });
    const steps = await system.superuser.query(
      "select event, from_state, to_state, version from transitions where subject_id = $1",
      [invoice.id],
    );
    expect(steps.rows).toEqual([{ event: "edited", from_state: "open", to_state: "open", version: 2 }]);
  });

  it("keeps its version where nothing is another value", async () => {
    const invoice = await make();
    const same = { description: invoice.description, amountMinor: 24_900n, methods: invoice.methods };
    expect((await edit(invoice.id, same)).version).toBe(1);
    expect((await edit(invoice.id, {})).version).toBe(1);
  });

  it("is changed by one of several who saw the same version", async () => {
    const invoice = await make();
    const codes = await Promise.all(
      [1, 2, 3, 4, 5].map((index) => refusal(edit(invoice.id, { description: `Version of ${index}` }))),
    );
    expect(codes.sort()).toEqual(["none", ...Array(4).fill("version_conflict")]);
    expect((await read(invoice.id)).invoice.version).toBe(2);
  });

  it("must still add up, fit its methods and end in the future", async () => {
    const line = { description: "Ticket", quantity: 2, unitAmountMinor: 12_450n, taxRateBasisPoints: null };
    const { id } = await make({ lines: [line] });
    expect(await refusal(edit(id, { amountMinor: 10_000n }))).toBe("lines_mismatch");
    expect(await refusal(edit(id, { lines: [{ ...line, quantity: 3 }] }))).toBe("lines_mismatch");
    expect(await refusal(edit(id, { amountMinor: 0n, lines: [] }))).toBe("amount_out_of_range");
    expect(await refusal(edit(id, { methods: ["mobile_money"] }))).toBe("method_unavailable");
    expect(await refusal(edit(id, { expiresAt: new Date(Date.now() - 1_000) }))).toBe("expiry_out_of_range");
    expect(await refusal(edit(id, { dueAt: inDays(3_000) }))).toBe("expiry_out_of_range");
    expect(await refusal(edit(id, { returnUrl: "https://elsewhere.example/" }))).toBe("url_not_registered");
    expect((await read(id)).invoice.version).toBe(1);
    const edited = await edit(id, { amountMinor: 37_350n, lines: [{ ...line, quantity: 3 }] });
    expect(edited.amountDue.amountMinor).toBe(37_350n);
    expect((await edit(id, { lines: [], currency: EUR }, 2)).amountDue).toEqual(billableMoney(37_350n, EUR));
  });

  it("is not changed once it is cancelled or paid", async () => {
    const cancelled = await make();
    await cancelInvoice(shop.ctx, cancelled.id);
    expect(await refusal(edit(cancelled.id, { description: "Too late" }, 2))).toBe("invoice_state_conflict");
    const paid = await make();
    const payment = await startPayment(shop.ctx, { invoiceId: paid.id, method: "card" });
    await payHosted(payment.redirectUrl ?? "");
    await settle(payment.id);
    expect(await refusal(edit(paid.id, { amountMinor: 1n }, 2))).toBe("invoice_state_conflict");
  });

  it("is sent as it is when the message goes out", async () => {
    const phone = freshPhone();
    const sendAt = new Date(Date.now() + 3_600_000);
    const sms = { sender: null, text: null, sendAt };
    const invoice = await make({ phone, shouldSendSms: true, sms });
    await edit(invoice.id, { amountMinor: 31_100n });
    await system.superuser.query("update sms_messages set send_at = now() where invoice_id = $1", [
      invoice.id,
    ]);
    await system.superuser.query(
      "update pgboss.job set start_after = now() where data->>'smsId' is not null",
    );
    await system.startWorker();
    const [message] = await until("the message", async () => {
      const messages = await messagesOn(system.sandboxUrl, phone);
      return messages.length > 0 && messages;
    });
    expect(message?.body).toContain("311");
    expect(message?.body).not.toContain("249");
  });
});

describe("what is to be paid", () => {
  it("changes after the card page that nobody completed is closed; that page takes nothing any more", async () => {
    const { id } = await make();
    const first = await startPayment(shop.ctx, { invoiceId: id, method: "card" });
    expect((await edit(id, { amountMinor: 30_000n })).amountDue.amountMinor).toBe(30_000n);
    expect(await payHosted(first.redirectUrl ?? "")).not.toBe(303);
    const [attempt] = (await read(id)).payments;
    expect(attempt).toMatchObject({ state: "cancelled", supersededAt: null });
    const second = await startPayment(shop.ctx, { invoiceId: id, method: "card" });
    expect(second.amount.amountMinor).toBe(30_000n);
    await payHosted(second.redirectUrl ?? "");
    await settle(second.id);
    expect((await read(id)).invoice).toMatchObject({ state: "paid", amountPaidMinor: 30_000n });
  });

  it("stays where the card page was completed: the invoice is paid by that", async () => {
    const { id } = await make();
    const payment = await startPayment(shop.ctx, { invoiceId: id, method: "card" });
    await payHosted(payment.redirectUrl ?? "");
    expect(await refusal(edit(id, { amountMinor: 30_000n }))).toBe("invoice_state_conflict");
    expect((await read(id)).invoice).toMatchObject({ state: "paid", amountPaidMinor: 24_900n });
  });

  it("stays while the carrier may still charge it; all else may change meanwhile", async () => {
    const phone = freshPhone();
    const { id } = await make({ phone });
    const payment = await startPayment(shop.ctx, { invoiceId: id, method: "carrier_billing" });
    for (const changes of [{ amountMinor: 30_000n }, { currency: EUR }, { methods: ["card"] as const }]) {
      expect(await refusal(edit(id, changes))).toBe("attempt_in_progress");
    }
    expect((await read(id)).payments[0]).toMatchObject({ state: "pending", supersededAt: null });
    expect((await edit(id, { description: "Two tickets, row 5" })).version).toBe(2);
    await answerPrompt(system.sandboxUrl, phone, "approve");
    await until("the charge", async () => (await settle(payment.id)).state === "succeeded");
    expect((await read(id)).invoice).toMatchObject({ state: "paid", amountPaidMinor: 24_900n });
  });

  it("stays while a given-up attempt may still go through, and its card page is left open", async () => {
    const { id } = await make();
    await startPayment(shop.ctx, { invoiceId: id, method: "carrier_billing" });
    const card = await startPayment(shop.ctx, { invoiceId: id, method: "card" });
    expect(await refusal(edit(id, { amountMinor: 30_000n }))).toBe("attempt_in_progress");
    const { payments } = await read(id);
    expect(payments.map(({ supersededAt }) => supersededAt !== null)).toEqual([true, false]);
    expect(payments[1]).toMatchObject({ id: card.id, state: "pending" });
  });

  it("stays where the card company does not say that the page is closed", async () => {
    const { id } = await make();
    await startPayment(shop.ctx, { invoiceId: id, method: "card" });
    const heal = await addFault(system.sandboxUrl, shop.sandboxName, {
      service: "stripe",
      fault: "error",
      path: "/v1/checkout/sessions",
      times: 50,
    });
    expect(await refusal(edit(id, { amountMinor: 30_000n }))).toBe("attempt_in_progress");
    await heal();
    expect((await edit(id, { amountMinor: 30_000n })).amountDue.amountMinor).toBe(30_000n);
  });

  it("is never paid by an attempt of another amount, however changes and starts race", async () => {
    for (let round = 0; round < 8; round += 1) {
      const { id } = await make();
      const started = Promise.allSettled([
        startPayment(shop.ctx, { invoiceId: id, method: "card" }),
        startPayment(shop.ctx, { invoiceId: id, method: "carrier_billing" }),
      ]);
      const changed = refusal(edit(id, { amountMinor: 30_000n }));
      await Promise.all([started, changed]);
      const { invoice, payments } = await read(id);
      const open = payments.filter(({ state }) => isOpenPayment(state));
      for (const payment of open) expect(isSameMoney(payment.amount, invoice.amountDue)).toBe(true);
      expect(invoice.amountDue.amountMinor).toBe((await changed) === "none" ? 30_000n : 24_900n);
    }
  });

  it("is not paid by late money of the amount that it was", async () => {
    const { id } = await make();
    const payment = await startPayment(shop.ctx, { invoiceId: id, method: "card" });
    await edit(id, { amountMinor: 30_000n });
    // The rail's record says otherwise than it answered when the page was closed.
    await applyOutcome(shop.system, payment.id, {
      kind: "succeeded",
      railReference: payment.railReference ?? "",
      amount: payment.amount,
      details: {},
    });
    const { invoice, payments } = await read(id);
    expect(invoice).toMatchObject({ state: "open", amountPaidMinor: 0n });
    expect(payments[0]).toMatchObject({ state: "succeeded", disposition: "surplus" });
  });
});

describe("a payer whose page shows another amount", () => {
  const shownTo = (id: InvoiceId, amountMinor: bigint, method: "card" | "carrier_billing") =>
    startPayment(shop.ctx, {
      invoiceId: id,
      method,
      shown: billableMoney(amountMinor, parseCurrency("NOK")),
    });

  it("starts nothing", async () => {
    const { id } = await make();
    await edit(id, { amountMinor: 30_000n });
    expect(await refusal(shownTo(id, 24_900n, "card"))).toBe("version_conflict");
    expect((await read(id)).payments).toEqual([]);
    expect((await shownTo(id, 30_000n, "card")).amount.amountMinor).toBe(30_000n);
  });

  it("starts nothing of another amount, however the change and the start race", async () => {
    for (let round = 0; round < 8; round += 1) {
      const { id } = await make();
      await Promise.all([
        refusal(shownTo(id, 24_900n, round % 2 === 0 ? "card" : "carrier_billing")),
        refusal(edit(id, { amountMinor: 30_000n })),
      ]);
      const { payments, invoice } = await read(id);
      for (const { amount, state } of payments) {
        expect(amount.amountMinor).toBe(24_900n);
        if (isOpenPayment(state)) expect(invoice.amountDue.amountMinor).toBe(24_900n);
      }
    }
  });
});
