import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ServiceError } from "#lib/domain/errors.ts";
import type { InvoiceId, PaymentId } from "#lib/domain/ids.ts";
import { money } from "#lib/domain/money.ts";
import type { Payment } from "#lib/domain/records.ts";
import { cancelInvoice } from "#lib/services/invoices/cancel.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { expireInvoice } from "#lib/services/invoices/expire.ts";
import { getInvoice } from "#lib/services/invoices/get.ts";
import { updateMerchant } from "#lib/services/merchants/update.ts";
import { acceptSurplus } from "#lib/services/payments/accept-surplus.ts";
import { applyOutcome } from "#lib/services/payments/apply-outcome.ts";
import { getPayment } from "#lib/services/payments/get.ts";
import { reviewPayment } from "#lib/services/payments/review.ts";
import { settlePayment } from "#lib/services/payments/settle.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { listRefunds } from "#lib/services/refunds/get.ts";
import { until } from "../until.ts";
import { answerPrompt, freshPhone, invoiceInput, payHosted } from "./helpers.ts";
import { booksOf as booksOfPayment } from "./refund-helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;
/** Holds surplus until a person decides. */
let keeper: TestMerchant;

beforeAll(async () => {
  system = await openSystem();
  await system.startWorker();
  shop = await system.merchant();
  keeper = await system.merchant();
  await updateMerchant(keeper.ctx, { profile: {}, settings: { onSurplus: "hold", onExpired: "refund" } });
});
afterAll(() => system.close());

const settle = async (who: TestMerchant, paymentId: PaymentId) =>
  (await settlePayment(who.system, { paymentId, isForced: true })).payment;
const refundsOf = async (who: TestMerchant, paymentId: PaymentId) =>
  (await listRefunds(who.ctx, { filter: { paymentId }, cursor: null, limit: 10 })).items;
const code = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: ServiceError) => error.code,
  );
const typesOf = async (invoiceId: InvoiceId) => {
  const { rows } = await system.superuser.query(
    "select type from events where invoice_id = $1 order by sequence",
    [invoiceId],
  );
  return rows.map(({ type }) => String(type));
};
const booksOf = (id: PaymentId) => booksOfPayment(system, id);

/** Pays by card, then lets the phone bill, which was started first, go through as well. */
async function paidTwice(who: TestMerchant, ending = "00") {
  const phone = freshPhone(ending);
  const { invoice } = await createInvoice(who.ctx, invoiceInput({ phone }));
  const charge = await startPayment(who.ctx, { invoiceId: invoice.id, method: "carrier_billing" });
  const card = await startPayment(who.ctx, { invoiceId: invoice.id, method: "card" });
  await payHosted(card.redirectUrl ?? "");
  await settle(who, card.id);
  await answerPrompt(system.sandboxUrl, phone, "approve");
  const surplus = await until("the second payment", async () => {
    const settled = await settle(who, charge.id);
    return settled.state === "succeeded" ? settled : null;
  });
  return { invoice, card, surplus };
}

describe("money that comes a second time", () => {
  it("is sent back at once and without hands, and the books forget it", async () => {
    const { invoice, surplus } = await paidTwice(shop);
    expect(surplus.disposition).toBe("surplus");
    await until("the refund", async () => {
      const [refund, ...others] = await refundsOf(shop, surplus.id);
      return refund?.state === "succeeded" && refund.origin === "surplus" && others.length === 0;
    });
    expect(await booksOf(surplus.id)).toEqual({});
    expect(await typesOf(invoice.id)).toEqual(
      expect.arrayContaining(["payment.surplus", "refund.created", "refund.succeeded"]),
    );
  });

  it("that the carrier will not take back waits for a person, told by an event", async () => {
    const { invoice, surplus } = await paidTwice(shop, "45");
    await until("the review", async () => (await typesOf(invoice.id)).includes("payment.needs_review"));
    const { payment } = await getPayment(shop.ctx, surplus.id);
    expect(payment).toMatchObject({ refundedMinor: 0n, needsReviewAt: expect.any(Date) });
    expect(payment.reviewReason).toContain("could not be sent back");
    const reviewed = await reviewPayment(shop.ctx, {
      paymentId: surplus.id,
      decision: "dismiss",
      settlementReference: null,
      note: "Sent by bank transfer",
    });
    expect(reviewed.needsReviewAt).toBeNull();
    expect((await typesOf(invoice.id)).at(-1)).toBe("payment.reviewed");
  });

  it("waits for the merchant where it is to be held, and cannot pay what is paid", async () => {
    const { surplus } = await paidTwice(keeper);
    expect(await refundsOf(keeper, surplus.id)).toEqual([]);
    expect(await booksOf(surplus.id)).toEqual({
      "rail_clearing:carrier_billing": 24_900,
      "surplus_liability:carrier_billing": -24_900,
    });
    const accepting = acceptSurplus(keeper.ctx, { paymentId: surplus.id, note: "A gift" });
    expect(await code(accepting)).toBe("invoice_state_conflict");
  });
});

/** A card page that is paid after its invoice has ended. */
async function paidLate(who: TestMerchant, end: (id: InvoiceId) => Promise<unknown>) {
  const { invoice } = await createInvoice(who.ctx, invoiceInput());
  const payment = await startPayment(who.ctx, { invoiceId: invoice.id, method: "card" });
  await end(invoice.id);
  // The rail's record says that it was paid in the last moment, whatever we were told before.
  const settled = await applyOutcome(who.system, payment.id, {
    kind: "succeeded",
    railReference: payment.railReference ?? "",
    amount: payment.amount,
    details: {},
  });
  return { invoice, payment: settled };
}

const expireNow = (who: TestMerchant) => async (id: InvoiceId) => {
  await system.superuser.query("update invoices set expires_at = now() - interval '1 second' where id = $1", [
    id,
  ]);
  await expireInvoice(who.system, id);
};

describe("money that comes late", () => {
  it("pays an expired invoice, unless the merchant chose otherwise", async () => {
    const { invoice, payment } = await paidLate(shop, expireNow(shop));
    expect(payment).toMatchObject({ state: "succeeded", disposition: "accepted" });
    expect((await getInvoice(shop.ctx, invoice.id)).invoice.state).toBe("paid");
    const refused = await paidLate(keeper, expireNow(keeper));
    expect(refused.payment.disposition).toBe("surplus");
    expect(await refundsOf(keeper, refused.payment.id)).toHaveLength(1);
  });

  it("on a cancelled invoice goes back", async () => {
    const { invoice, payment } = await paidLate(shop, (id) => cancelInvoice(shop.ctx, id));
    expect(payment.disposition).toBe("surplus");
    expect((await getInvoice(shop.ctx, invoice.id)).invoice.state).toBe("cancelled");
    expect(await refundsOf(shop, payment.id)).toMatchObject([{ origin: "surplus" }]);
  });

  it("that is held can pay its invoice by the merchant's word, once", async () => {
    const held = await system.merchant();
    const { invoice, payment } = await paidLate(held, async (id) => {
      await system.superuser.query(
        "update merchant_settings set on_expired = 'refund', on_surplus = 'hold' where merchant_id = $1",
        [held.merchantId],
      );
      await expireNow(held)(id);
    });
    // Its refund fails at the rail, since the session was never really paid there.
    await until("the failed refund", async () => (await refundsOf(held, payment.id))[0]?.state === "failed");
    const accept = () => acceptSurplus(held.ctx, { paymentId: payment.id, note: "The customer wants it" });
    const results = await Promise.all(Array.from({ length: 10 }, () => code(accept())));
    expect(results.filter((result) => result === "done")).toHaveLength(1);
    expect((await getInvoice(held.ctx, invoice.id)).invoice).toMatchObject({
      state: "paid",
      paidPaymentId: payment.id,
      amountPaidMinor: 24_900n,
    });
    expect(await booksOf(payment.id)).toEqual({
      "rail_clearing:card": 24_900,
      "merchant_pending:card": -24_900,
    });
    expect(await typesOf(invoice.id)).toEqual(expect.arrayContaining(["payment.accepted", "invoice.paid"]));
  });
});

describe("a doubtful payment", () => {
  const doubtful = async () => {
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    const payment = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" });
    await applyOutcome(shop.system, payment.id, {
      kind: "contradiction",
      reason: "It names another payment.",
    });
    return { invoice, payment };
  };
  const review = (paymentId: PaymentId, decision: "settle" | "void" | "dismiss") =>
    reviewPayment(shop.ctx, {
      paymentId,
      decision,
      settlementReference: "pi_by_hand",
      note: "Seen in the report",
    });

  it("that a person settles pays its invoice and is booked, with who did it", async () => {
    const { invoice, payment } = await doubtful();
    expect(await review(payment.id, "settle")).toMatchObject({
      state: "succeeded",
      disposition: "accepted",
      needsReviewAt: null,
      railDetails: { settlementReference: "pi_by_hand" },
    });
    expect((await getInvoice(shop.ctx, invoice.id)).invoice.state).toBe("paid");
    const { rows } = await system.superuser.query(
      "select act, actor_kind, detail from audit_entries where subject_id = $1",
      [payment.id],
    );
    expect(rows).toMatchObject([{ act: "payment.review.settle", detail: { note: "Seen in the report" } }]);
    expect(await code(review(payment.id, "settle"))).toBe("review_not_needed");
  });

  it("that a person settles learns its rail's names when the rail tells of it, and another amount is for a person", async () => {
    const settledByHand = async () => {
      const { payment } = await doubtful();
      await system.superuser.query("update payments set rail_reference = null where id = $1", [payment.id]);
      return await review(payment.id, "settle");
    };
    const tell = (payment: Payment, amountMinor: bigint) =>
      applyOutcome(shop.system, payment.id, {
        kind: "succeeded",
        railReference: `cs_${payment.id}`,
        amount: money(amountMinor, payment.amount.currency),
        details: { settlementReference: `pi_${payment.id}`, cardLast4: "4242" },
      });
    const same = await settledByHand();
    expect(await tell(same, same.amount.amountMinor)).toMatchObject({
      railReference: `cs_${same.id}`,
      railDetails: { settlementReference: `pi_${same.id}`, cardLast4: "4242" },
      needsReviewAt: null,
    });
    const other = await settledByHand();
    expect(await tell(other, other.amount.amountMinor - 1n)).toMatchObject({
      railReference: null,
      needsReviewAt: expect.any(Date),
    });
  });

  it("that a person voids makes room for another, and money of it that comes after all is not lost", async () => {
    const { invoice, payment } = await doubtful();
    expect(await review(payment.id, "void")).toMatchObject({
      state: "failed",
      declineCode: "voided_by_merchant",
    });
    const second = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" });
    expect(second.id).not.toBe(payment.id);
    const late = await applyOutcome(shop.system, payment.id, {
      kind: "succeeded",
      railReference: payment.railReference ?? "",
      amount: payment.amount,
      details: {},
    });
    expect(late).toMatchObject({ state: "succeeded", disposition: "accepted" });
    expect(await code(review(payment.id, "void"))).toBe("review_not_needed");
  });
});
