import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEAD_LETTER_QUEUE } from "#db/queue.ts";
import type { ServiceError } from "#lib/domain/errors.ts";
import type { PaymentId, RefundId } from "#lib/domain/ids.ts";
import type { Payment } from "#lib/domain/records.ts";
import type { Scope } from "#lib/domain/tenant.ts";
import { transact } from "#lib/services/context.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { lockBoth } from "#lib/services/payments/apply-outcome.ts";
import { getPayment } from "#lib/services/payments/get.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { commitRefund } from "#lib/services/refunds/commit.ts";
import { type CreateRefundInput, createRefund } from "#lib/services/refunds/create.ts";
import { getRefund, listRefunds } from "#lib/services/refunds/get.ts";
import { pollRefund } from "#lib/services/refunds/poll.ts";
import { settleRefund } from "#lib/services/refunds/settle.ts";
import { until } from "../until.ts";
import { addFault, freshPhone, invoiceInput, requestsOf } from "./helpers.ts";
import {
  booksOf as booksOfPayment,
  paidByCard as cardPayment,
  currentPayment,
  part,
  paidByPhone as phonePayment,
  refundAtStripe,
  refundEnds,
  refundOf,
} from "./refund-helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;

beforeAll(async () => {
  system = await openSystem();
  await system.startWorker();
  shop = await system.merchant();
});
afterAll(async () => {
  const { rows } = await system.superuser.query("select count(*)::int as n from pgboss.job where name = $1", [
    DEAD_LETTER_QUEUE,
  ]);
  expect(rows[0]?.n).toBe(0);
  await system.close();
});

const LINES = [
  { description: "Ticket", quantity: 2, unitAmountMinor: 10_000n, taxRateBasisPoints: null },
  { description: "Towel", quantity: 1, unitAmountMinor: 4_900n, taxRateBasisPoints: null },
];

const paidByCard = (number?: string, options?: Parameters<typeof cardPayment>[2]) =>
  cardPayment(shop, number, options);
const paidByPhone = (ending: string) => phonePayment(system, shop, ending);
const refund = (payment: Payment, changes?: Partial<CreateRefundInput>) => refundOf(shop, payment, changes);
const code = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: ServiceError) => error.code,
  );
const current = (id: PaymentId) => currentPayment(shop, id);
const ends = (id: RefundId, state: string) => refundEnds(shop, id, state);
const booksOf = (id: PaymentId) => booksOfPayment(system, id);

const refundCalls = async () =>
  (await requestsOf(system.sandboxUrl, shop.sandboxName)).filter(
    ({ method, path }) => method === "POST" && path.endsWith("/refunds"),
  );

describe("a card refund", () => {
  it("of everything leaves nothing refundable, is booked once, and the invoice stays paid", async () => {
    const payment = await paidByCard();
    const made = await refund(payment);
    expect(made).toMatchObject({ state: "succeeded", amount: payment.amount, origin: "merchant" });
    expect(await current(payment.id)).toMatchObject({ state: "succeeded", refundedMinor: 24_900n });
    expect(await booksOf(payment.id)).toEqual({});
    const { invoice } = await getPayment(shop.ctx, payment.id);
    expect(invoice.state).toBe("paid");
    await settleRefund(shop.system, made.id, { isForced: true });
    expect(await booksOf(payment.id)).toEqual({});
    const { rows } = await system.superuser.query(
      "select type from events where invoice_id = $1 and type like 'refund.%' order by sequence",
      [invoice.id],
    );
    expect(rows.map(({ type }) => type)).toEqual(["refund.created", "refund.succeeded"]);
  });

  it("of a part leaves the rest, and the next is stated against it", async () => {
    const payment = await paidByCard();
    await refund(payment, part(10_000n));
    expect(await booksOf(payment.id)).toEqual({
      "rail_clearing:card": 14_900,
      "merchant_pending:card": -14_900,
    });
    expect(await code(refund(payment, part(1n)))).toBe("refundable_amount_mismatch");
    const after = await current(payment.id);
    expect(await code(refund(after, part(14_901n)))).toBe("refund_exceeds_refundable");
    expect(await refund(after)).toMatchObject({ state: "succeeded", amount: { amountMinor: 14_900n } });
  });

  it("by line costs what the line cost, and no more of a line goes back than was sold", async () => {
    const payment = await paidByCard(undefined, { lines: LINES });
    const lines = (...wanted: { index: number; quantity: number }[]): Partial<CreateRefundInput> => ({
      part: { kind: "lines", lines: wanted },
    });
    const made = await refund(payment, lines({ index: 0, quantity: 1 }, { index: 1, quantity: 1 }));
    expect(made.amount.amountMinor).toBe(14_900n);
    expect(made.lines).toEqual([
      { index: 0, quantity: 1, amountMinor: 10_000n },
      { index: 1, quantity: 1, amountMinor: 4_900n },
    ]);
    const after = await current(payment.id);
    expect(await code(refund(after, lines({ index: 1, quantity: 1 })))).toBe("refund_line_invalid");
    expect(await code(refund(after, lines({ index: 0, quantity: 2 })))).toBe("refund_line_invalid");
    expect(await code(refund(after, lines({ index: 7, quantity: 1 })))).toBe("refund_line_invalid");
    const twice = lines({ index: 0, quantity: 1 }, { index: 0, quantity: 1 });
    expect(await code(refund(after, twice))).toBe("refund_line_invalid");
    expect(await refund(after, lines({ index: 0, quantity: 1 }))).toMatchObject({ state: "succeeded" });
  });

  it("asked for 50 times at once is made once: the stated amount is right for one of them", async () => {
    const payment = await paidByCard();
    const results = await Promise.all(Array.from({ length: 50 }, () => code(refund(payment, part(20_000n)))));
    expect(results.filter((result) => result === "done")).toHaveLength(1);
    expect(new Set(results)).toEqual(new Set(["done", "refundable_amount_mismatch"]));
    expect((await current(payment.id)).refundedMinor).toBe(20_000n);
  });

  it("in 50 parts at once never exceeds what was captured, whatever each caller stated", async () => {
    const payment = await paidByCard();
    const results = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        // Each believes that all before it have been made.
        const stated = 24_900n - BigInt(index) * 1_000n;
        if (stated < 0n) return "skipped";
        return await until("a definite answer", async () => {
          const result = await code(refund(payment, { ...part(1_000n), refundableMinor: stated }));
          const left = 24_900n - (await current(payment.id)).refundedMinor;
          return result === "done" || left < stated || left < 1_000n ? result : null;
        });
      }),
    );
    const made = results.filter((result) => result === "done").length;
    const { refundedMinor } = await current(payment.id);
    expect(refundedMinor).toBe(BigInt(made) * 1_000n);
    expect(refundedMinor <= 24_900n).toBe(true);
    const books = await booksOf(payment.id);
    expect(books["rail_clearing:card"] ?? 0).toBe(24_900 - made * 1_000);
  });

  it("that the card company decides later is pending, then succeeded by its notification", async () => {
    const payment = await paidByCard("4000000000007726");
    const made = await refund(payment);
    expect(made.state).toBe("pending");
    expect(await booksOf(payment.id)).not.toEqual({});
    await ends(made.id, "succeeded");
    expect(await booksOf(payment.id)).toEqual({});
  });

  it("that fails after it succeeded gives its amount back to what can be refunded, in the books too", async () => {
    const payment = await paidByCard("4000000000005126");
    const made = await refund(payment);
    expect(made.state).toBe("succeeded");
    const failed = await ends(made.id, "failed");
    expect(failed.failureCode).toBe("destination_closed");
    expect((await current(payment.id)).refundedMinor).toBe(0n);
    expect(await booksOf(payment.id)).toEqual({
      "rail_clearing:card": 24_900,
      "merchant_pending:card": -24_900,
    });
  });

  it("whose answer is lost is made once: the same key finds it again", async () => {
    const payment = await paidByCard();
    const heal = await addFault(system.sandboxUrl, shop.sandboxName, {
      service: "stripe",
      fault: "never_notify",
    });
    // The SDK itself sends once more on a connection that is cut, with the same key.
    const answer = await addFault(system.sandboxUrl, shop.sandboxName, {
      service: "stripe",
      fault: "lost_answer",
      path: "/v1/refunds$",
      method: "POST",
    });
    const made = await refund(payment, part(5_000n));
    await answer();
    expect(made).toMatchObject({ state: "pending", unknownSince: expect.any(Date) });
    await pollRefund(shop.system, { refundId: made.id, pollNumber: 0 });
    expect(await getRefund(shop.ctx, made.id)).toMatchObject({ state: "succeeded", unknownSince: null });
    expect(await booksOf(payment.id)).toMatchObject({ "rail_clearing:card": 19_900 });
    expect((await current(payment.id)).refundedMinor).toBe(5_000n);
    await heal();
  });

  it("that was never asked for, since the process died, is asked for by the job", async () => {
    const payment = await paidByCard();
    await transact(shop.system, async (inTx) => {
      await commitRefund(inTx, {
        ...(await lockBoth(inTx, payment.id)),
        amountMinor: 24_900n,
        origin: "merchant",
        reason: null,
        lines: [],
        planAfterSeconds: 0,
      });
    });
    const page = await listRefunds(shop.ctx, { filter: { paymentId: payment.id }, cursor: null, limit: 10 });
    expect(page.items).toHaveLength(1);
    await ends(page.items[0]?.id as RefundId, "succeeded");
  });

  it("made by hand at the rail is booked from its record, once, however often it is told", async () => {
    const payment = await paidByCard();
    await refundAtStripe(system, shop, payment, 4_900);
    await until("the refund of the rail", async () => {
      const { items } = await listRefunds(shop.ctx, {
        filter: { paymentId: payment.id },
        cursor: null,
        limit: 10,
      });
      return items[0]?.state === "succeeded" && items[0].origin === "rail" && items.length === 1;
    });
    expect((await current(payment.id)).refundedMinor).toBe(4_900n);
    expect(await booksOf(payment.id)).toEqual({
      "rail_clearing:card": 20_000,
      "merchant_pending:card": -20_000,
    });
  });

  it("is refused for a payment that took no money, and to a key that may not", async () => {
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    const open = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" });
    expect(await code(refund(open))).toBe("refund_not_possible");
    const payment = await paidByCard();
    const weak = {
      ...shop.ctx,
      actor: { kind: "api_key", id: "key_1" as never, scopes: ["payments:read"] as Scope[] },
    } as const;
    const input = {
      paymentId: payment.id,
      refundableMinor: 24_900n,
      part: { kind: "rest" },
      reason: null,
      bind: async () => undefined,
    } as const;
    expect(await code(createRefund(weak, input))).toBe("permission_denied");
    const other = await system.merchant();
    expect(await code(createRefund(other.ctx, input))).toBe("payment_not_found");
  });
});

describe("a refund to the phone bill", () => {
  it("at once, in whole and in part, is booked when the carrier says so", async () => {
    const payment = await paidByPhone("00");
    expect(await refund(payment, part(4_900n))).toMatchObject({ state: "succeeded" });
    const after = await current(payment.id);
    expect(await refund(after, { ...part(20_000n), refundableMinor: 20_000n })).toMatchObject({
      state: "succeeded",
    });
    expect(await booksOf(payment.id)).toEqual({});
  });

  it.each([
    ["41", "succeeded"],
    ["42", "failed"],
    ["44", "succeeded"],
  ])("that the carrier decides later (%s) is pending, then %s", async (ending, state) => {
    const payment = await paidByPhone(ending);
    const made = await refund(payment);
    expect(made.state).toBe("pending");
    await ends(made.id, state);
    expect((await current(payment.id)).refundedMinor).toBe(state === "failed" ? 0n : 24_900n);
  });

  it.each([
    ["45", "declined_by_rail"],
    ["46", "refund_window_over"],
    ["47", "rail_refused_request"],
  ])("that the carrier refuses (%s) fails with %s and can be tried again", async (ending, failureCode) => {
    const payment = await paidByPhone(ending);
    expect(await refund(payment)).toMatchObject({ state: "failed", failureCode });
    expect((await current(payment.id)).refundedMinor).toBe(0n);
  });

  it("whose answer is lost is found by its correlator and never asked for twice", async () => {
    const payment = await paidByPhone("00");
    await addFault(system.sandboxUrl, shop.sandboxName, {
      service: "carrier",
      fault: "lost_answer",
      path: "/refunds$",
      method: "POST",
      times: 1,
    });
    const before = (await refundCalls()).length;
    const made = await refund(payment);
    expect(made).toMatchObject({ state: "pending", unknownSince: expect.any(Date) });
    await pollRefund(shop.system, { refundId: made.id, pollNumber: 0 });
    expect(await getRefund(shop.ctx, made.id)).toMatchObject({ state: "succeeded" });
    expect((await refundCalls()).length - before).toBe(1);
  });

  it("while the carrier cannot be reached is asked for again, and made once", async () => {
    const payment = await paidByPhone("00");
    const heal = await addFault(system.sandboxUrl, shop.sandboxName, {
      service: "carrier",
      fault: "error",
      status: 401,
      path: "/refunds$",
      method: "POST",
    });
    const made = await refund(payment);
    expect(made).toMatchObject({ state: "pending", submittedAt: null });
    await heal();
    await pollRefund(shop.system, { refundId: made.id, pollNumber: 0 });
    expect(await getRefund(shop.ctx, made.id)).toMatchObject({ state: "succeeded" });
  });

  it("of a part is refused before any call where the carrier sends whole payments back only", async () => {
    const whole = await system.merchant();
    await system.superuser.query(
      `update rail_accounts set settings = settings || '{"refunds":"total"}' where merchant_id = $1 and kind = 'carrier_billing'`,
      [whole.merchantId],
    );
    const phone = freshPhone("12");
    const { invoice } = await createInvoice(whole.ctx, invoiceInput({ phone }));
    const payment = await startPayment(whole.ctx, { invoiceId: invoice.id, method: "carrier_billing" });
    expect(payment.state).toBe("succeeded");
    const input = {
      paymentId: payment.id,
      refundableMinor: 24_900n,
      reason: null,
      bind: async () => undefined,
    };
    const half = createRefund(whole.ctx, { ...input, part: { kind: "amount", amountMinor: 100n } });
    expect(await code(half)).toBe("capability_missing");
    expect(await createRefund(whole.ctx, { ...input, part: { kind: "rest" } })).toMatchObject({
      state: "succeeded",
    });
  });
});
