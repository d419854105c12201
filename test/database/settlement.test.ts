import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { InvoiceId, PaymentId } from "#lib/domain/ids.ts";
import { cancelInvoice } from "#lib/services/invoices/cancel.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { expireInvoice } from "#lib/services/invoices/expire.ts";
import { getInvoice } from "#lib/services/invoices/get.ts";
import { updateMerchant } from "#lib/services/merchants/update.ts";
import { applyOutcome } from "#lib/services/payments/apply-outcome.ts";
import { getPayment } from "#lib/services/payments/get.ts";
import { settlePayment } from "#lib/services/payments/settle.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { until } from "../until.ts";
import { addFault, answerPrompt, freshPhone, invoiceInput, payHosted } from "./helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant();
});
afterAll(async () => {
  await requireBalancedBooks();
  // One test changes an amount under a running attempt.
  await system.close({ broken: ["I-02"] });
});

const settle = async (paymentId: PaymentId) =>
  (await settlePayment(shop.system, { paymentId, isForced: true })).payment;

/** Whatever the tests of this file did: the books balance, and say what the invoices say. */
async function requireBalancedBooks() {
  const { rows: unbalanced } = await system.superuser.query(
    "select transaction_id from ledger_entries group by transaction_id, currency having sum(amount_minor) <> 0",
  );
  expect(unbalanced).toEqual([]);
  const { rows } = await system.superuser.query(`
    select i.id from invoices i left join (
      select invoice_id, sum(amount_minor) as taken, count(*) as n from payments where disposition = 'accepted' group by 1
    ) p on p.invoice_id = i.id
    where i.amount_paid_minor <> coalesce(p.taken, 0) or coalesce(p.n, 0) > 1 or (i.state = 'paid') <> (coalesce(p.n, 0) = 1)`);
  expect(rows).toEqual([]);
}

async function countsOf(invoiceId: InvoiceId) {
  const { rows } = await system.superuser.query(
    `select
      (select count(*)::int from payments where invoice_id = $1 and disposition = 'accepted') as accepted,
      (select count(*)::int from payments where invoice_id = $1 and disposition = 'surplus') as surplus,
      (select count(*)::int from events where invoice_id = $1 and type = 'payment.succeeded') as succeeded,
      (select count(*)::int from events where invoice_id = $1 and type = 'invoice.paid') as paid,
      (select count(*)::int from ledger_transactions l join payments p on p.id = l.payment_id where p.invoice_id = $1 and l.kind <> 'rail_cost') as bookings`,
    [invoiceId],
  );
  return rows[0];
}

async function openCard(options: Parameters<typeof invoiceInput>[0] = {}) {
  const { invoice } = await createInvoice(shop.ctx, invoiceInput(options));
  const payment = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" });
  return { invoice, payment };
}

const expireNow = async (id: InvoiceId) => {
  await system.superuser.query("update invoices set expires_at = now() - interval '1 second' where id = $1", [
    id,
  ]);
};

describe("50 confirmations at once", () => {
  it("of one payment accept it once: one step, one booking, one event each", async () => {
    const { invoice, payment } = await openCard();
    await payHosted(payment.redirectUrl ?? "");
    const settled = await Promise.all(Array.from({ length: 50 }, () => settle(payment.id)));
    expect(settled.every((result) => result.state === "succeeded")).toBe(true);
    expect(await countsOf(invoice.id)).toEqual({
      accepted: 1,
      surplus: 0,
      succeeded: 1,
      paid: 1,
      bookings: 1,
    });
  });

  it("of two payments on two rails accept exactly one, and book the other as surplus", async () => {
    for (let round = 0; round < 10; round += 1) {
      const phone = freshPhone();
      const { invoice } = await createInvoice(shop.ctx, invoiceInput({ phone }));
      const charge = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "carrier_billing" });
      const card = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" });
      await Promise.all([
        payHosted(card.redirectUrl ?? ""),
        answerPrompt(system.sandboxUrl, phone, "approve"),
      ]);
      await until("both confirmations", async () => {
        const results = await Promise.all(
          Array.from({ length: 50 }, (_, index) => settle(index % 2 === 0 ? card.id : charge.id)),
        );
        return results.every((result) => result.state === "succeeded");
      });
      expect(await countsOf(invoice.id)).toEqual({
        accepted: 1,
        surplus: 1,
        succeeded: 1,
        paid: 1,
        bookings: 2,
      });
    }
  });

  it("while the invoice is being cancelled leave it either paid or cancelled, never both", async () => {
    for (let round = 0; round < 10; round += 1) {
      const { invoice, payment } = await openCard();
      await payHosted(payment.redirectUrl ?? "");
      await Promise.all([
        ...Array.from({ length: 10 }, () => settle(payment.id)),
        ...Array.from({ length: 10 }, () => cancelInvoice(shop.ctx, invoice.id).catch(() => null)),
      ]);
      const after = (await getInvoice(shop.ctx, invoice.id)).invoice;
      const { accepted, surplus } = await countsOf(invoice.id);
      expect(after.state === "paid" ? [accepted, surplus] : [surplus, accepted]).toEqual([1, 0]);
    }
  });

  it("while the invoice expires let the payment win", async () => {
    const { invoice, payment } = await openCard();
    await payHosted(payment.redirectUrl ?? "");
    await expireNow(invoice.id);
    await Promise.all([
      ...Array.from({ length: 10 }, () => settle(payment.id)),
      ...Array.from({ length: 10 }, () => expireInvoice(shop.system, invoice.id)),
    ]);
    expect((await getInvoice(shop.ctx, invoice.id)).invoice.state).toBe("paid");
  });
});

describe("money that comes late", () => {
  async function lateCharge() {
    const phone = freshPhone();
    const { invoice } = await createInvoice(shop.ctx, invoiceInput({ phone }));
    const charge = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "carrier_billing" });
    const approve = async () => {
      await answerPrompt(system.sandboxUrl, phone, "approve");
      await until("the charge", async () => (await settle(charge.id)).state === "succeeded");
      return (await getPayment(shop.ctx, charge.id)).payment;
    };
    return { invoice, approve };
  }

  it("pays an expired invoice, unless the merchant chose otherwise", async () => {
    const { invoice, approve } = await lateCharge();
    await expireNow(invoice.id);
    await expireInvoice(shop.system, invoice.id);
    expect((await getInvoice(shop.ctx, invoice.id)).invoice.state).toBe("expired");
    expect((await approve()).disposition).toBe("accepted");
    expect((await getInvoice(shop.ctx, invoice.id)).invoice.state).toBe("paid");
  });

  it("is surplus on a cancelled invoice, which stays cancelled", async () => {
    const { invoice, approve } = await lateCharge();
    await cancelInvoice(shop.ctx, invoice.id);
    expect((await approve()).disposition).toBe("surplus");
    expect((await getInvoice(shop.ctx, invoice.id)).invoice.state).toBe("cancelled");
  });

  it("follows the merchant's own choice", async () => {
    await updateMerchant(shop.ctx, { profile: {}, settings: { onExpired: "refund", onCancelled: "accept" } });
    const expired = await lateCharge();
    await expireNow(expired.invoice.id);
    await expireInvoice(shop.system, expired.invoice.id);
    expect((await expired.approve()).disposition).toBe("surplus");
    const cancelled = await lateCharge();
    await cancelInvoice(shop.ctx, cancelled.invoice.id);
    expect((await cancelled.approve()).disposition).toBe("accepted");
    await updateMerchant(shop.ctx, { profile: {}, settings: { onExpired: "accept", onCancelled: "refund" } });
  });

  it("on an attempt that had ended is taken only because the rail's own record says so", async () => {
    const { invoice, payment } = await openCard();
    await payHosted(payment.redirectUrl ?? "");
    await applyOutcome(shop.system, payment.id, {
      kind: "expired",
      railReference: payment.railReference ?? "",
    });
    expect((await getPayment(shop.ctx, payment.id)).payment.state).toBe("expired");
    expect(await settle(payment.id)).toMatchObject({ state: "succeeded", disposition: "accepted" });
    const { rows } = await system.superuser.query(
      "select event from transitions where subject_id = $1 order by version",
      [payment.id],
    );
    expect(rows.map((row) => row.event)).toEqual(["submitted", "expired", "succeeded_late"]);
    expect((await getInvoice(shop.ctx, invoice.id)).invoice.state).toBe("paid");
  });
});

describe("a record that contradicts ours", () => {
  it("of another amount is never taken for payment, and waits for a person", async () => {
    const { invoice, payment } = await openCard();
    await payHosted(payment.redirectUrl ?? "");
    await system.superuser.query("update payments set amount_minor = 24901 where id = $1", [payment.id]);
    const settled = await settle(payment.id);
    expect(settled).toMatchObject({ state: "pending", disposition: null });
    expect(settled.needsReviewAt).not.toBeNull();
    expect((await getInvoice(shop.ctx, invoice.id)).invoice.state).toBe("open");
    await system.superuser.query("update payments set amount_minor = 24900 where id = $1", [payment.id]);
    await settle(payment.id);
  });

  it("that takes back a success changes nothing but asks for a person", async () => {
    const { invoice, payment } = await openCard();
    await payHosted(payment.redirectUrl ?? "");
    await settle(payment.id);
    const after = await applyOutcome(shop.system, payment.id, {
      kind: "declined",
      railReference: payment.railReference,
      code: "card_declined",
      railCode: "x",
    });
    expect(after).toMatchObject({ state: "succeeded", disposition: "accepted" });
    expect(after.needsReviewAt).not.toBeNull();
    expect((await getInvoice(shop.ctx, invoice.id)).invoice.state).toBe("paid");
  });

  it("under another reference belongs to someone else", async () => {
    const { payment } = await openCard();
    const after = await applyOutcome(shop.system, payment.id, {
      kind: "succeeded",
      railReference: "cs_test_other",
      amount: payment.amount,
      details: {},
    });
    expect(after).toMatchObject({ state: "pending" });
    expect(after.needsReviewAt).not.toBeNull();
  });

  it("is told to the merchant", async () => {
    const { invoice, payment } = await openCard();
    await applyOutcome(shop.system, payment.id, { kind: "contradiction", reason: "other mode" });
    const { rows } = await system.superuser.query(
      "select count(*)::int as n from events where invoice_id = $1 and type = 'payment.needs_review'",
      [invoice.id],
    );
    expect(rows[0].n).toBe(1);
  });
});

describe("the platform's fee", () => {
  it("goes by the account's tariff, and the merchant's balance gets the rest", async () => {
    const taxed = await system.merchant();
    await system.superuser.query(
      "update rail_accounts set fee_basis_points = 250, fee_fixed_minor = 100 where merchant_id = $1 and kind = 'card'",
      [taxed.merchantId],
    );
    const { invoice } = await createInvoice(taxed.ctx, invoiceInput());
    const payment = await startPayment(taxed.ctx, { invoiceId: invoice.id, method: "card" });
    await payHosted(payment.redirectUrl ?? "");
    expect(await settlePayment(taxed.system, { paymentId: payment.id, isForced: true })).toMatchObject({
      payment: { feeMinor: 723n },
    });
    const { rows } = await system.superuser.query(
      `select e.account, e.amount_minor::int as amount from ledger_entries e
       join ledger_transactions t on t.id = e.transaction_id
       where e.merchant_id = $1 and t.kind <> 'rail_cost' order by 1`,
      [taxed.merchantId],
    );
    expect(rows).toEqual([
      { account: "merchant_pending:card", amount: -24_177 },
      { account: "platform_fees:card", amount: -723 },
      { account: "rail_clearing:card", amount: 24_900 },
    ]);
  });
});

describe("questions that come back in any order", () => {
  it("lead to the same end", async () => {
    const { payment } = await openCard();
    await payHosted(payment.redirectUrl ?? "", "4000000000000002");
    const remove = await addFault(system.sandboxUrl, shop.sandboxName, {
      service: "stripe",
      fault: "delay",
      ms: 300,
      when: "before",
      times: 3,
      method: "GET",
    });
    const slow = [settle(payment.id), settle(payment.id), settle(payment.id)];
    await payHosted(payment.redirectUrl ?? "");
    await settle(payment.id);
    await Promise.all(slow);
    await remove();
    expect((await getPayment(shop.ctx, payment.id)).payment.state).toBe("succeeded");
  });
});
