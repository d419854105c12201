import fc from "fast-check";
import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { CURRENCIES, parseCurrency } from "#lib/domain/currency.ts";
import { money } from "#lib/domain/money.ts";
import { cardBounds, fromStripeAmount, toStripeAmount } from "./amounts.ts";
import { readDispute } from "./disputes.ts";
import { readSession } from "./read-session.ts";

const of = (minor: bigint, currency: string) => money(minor, parseCurrency(currency));

describe("Stripe's amounts", () => {
  it.each([
    [24_900n, "NOK", 24_900],
    [500n, "JPY", 500],
    [500n, "ISK", 50_000],
    [500n, "UGX", 50_000],
    [500n, "MGA", 5],
    [12_340n, "KWD", 12_340],
  ])("of %s %s are %s", (minor, currency, amount) => {
    expect(toStripeAmount(of(minor, currency))).toBe(amount);
  });

  it("between Stripe's steps are neither offered nor rounded", () => {
    expect(cardBounds("MGA")?.stepMinor).toBe(100n);
    expect(cardBounds("KWD")?.stepMinor).toBe(10n);
    expect(cardBounds("NOK")?.stepMinor).toBeUndefined();
    expect(() => toStripeAmount(of(501n, "MGA"))).toThrow();
    expect(() => toStripeAmount(of(12_345n, "KWD"))).toThrow();
    expect(fromStripeAmount(50_001, "isk")).toBeNull();
    expect(fromStripeAmount(1.5, "nok")).toBeNull();
    expect(fromStripeAmount(1, "zzz")).toBeNull();
  });

  it("come back as what was asked, in every currency", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...CURRENCIES),
        fc.bigInt({ min: 1n, max: 99_999_999n }),
        (currency, minor) => {
          const step = cardBounds(currency)?.stepMinor ?? 1n;
          fc.pre(cardBounds(currency) !== null && minor % step === 0n);
          const amount = toStripeAmount(of(minor, currency));
          expect(fromStripeAmount(amount, currency.toLowerCase())).toEqual(of(minor, currency));
        },
      ),
    );
  });

  it("have Stripe's least amount, and none for currencies it does not charge", () => {
    expect(cardBounds("NOK")?.minMinor).toBe(300n);
    expect(cardBounds("USD")?.minMinor).toBe(50n);
    expect(cardBounds("IRR")).toBeNull();
    expect(cardBounds("XXX")).toBeNull();
  });
});

describe("a dispute at Stripe", () => {
  const read = (changes: object) =>
    readDispute(
      {
        id: "du_1",
        livemode: false,
        amount: 24_900,
        currency: "nok",
        status: "needs_response",
        reason: "fraudulent",
        payment_intent: "pi_1",
        balance_transactions: [{ amount: -24_900, currency: "nok", fee: 1_500 }],
        ...changes,
      } as unknown as Stripe.Dispute,
      { mode: "test" },
    );
  const back = { balance_transactions: [{ amount: -24_900 }, { amount: 24_900 }] };

  it.each([
    [{}, "open"],
    [{ status: "under_review" }, "open"],
    [{ status: "warning_under_review" }, "inquiry"],
    [{ status: "warning_closed" }, "closed"],
    [{ status: "prevented" }, "closed"],
    [{ status: "lost" }, "lost"],
    [{ status: "won" }, "won"],
    [{ status: "appeal_needs_response" }, "lost"],
    [{ status: "appeal_under_review" }, "lost"],
    [{ status: "appeal_under_review", ...back }, "won"],
  ])("with %j is %s", (changes, state) => {
    expect(read(changes)).toMatchObject({ kind: "found", record: { state } });
  });

  it("in a state that nobody knows yet tells which payment a person must look at", () => {
    expect(read({ status: "something new" })).toMatchObject({
      kind: "contradiction",
      settlementReference: "pi_1",
    });
  });
});

describe("a Checkout Session", () => {
  const attempt = { paymentId: "pay_0123456789abcdefghijkl" as never };
  const account = { mode: "test" as const };
  const session = (changes: object) =>
    ({
      id: "cs_1",
      client_reference_id: attempt.paymentId,
      livemode: false,
      status: "open",
      url: "https://checkout.example/1",
      expires_at: 1_800_000_000,
      payment_status: "unpaid",
      payment_intent: null,
      amount_total: 24_900,
      currency: "nok",
      ...changes,
    }) as unknown as Stripe.Checkout.Session;
  const read = (changes: object) => readSession(session(changes), account, attempt);
  const unpaid = (intent: object) => ({ status: "complete", payment_intent: { id: "pi_1", ...intent } });

  it.each([
    [{}, "redirect"],
    [{ status: "expired" }, "expired"],
    [{ status: "complete", payment_status: "paid" }, "succeeded"],
    [{ status: "complete" }, "processing"],
    [unpaid({ status: "processing" }), "processing"],
    [unpaid({ status: "requires_payment_method", last_payment_error: null }), "declined"],
    [unpaid({ status: "canceled" }), "cancelled"],
    [{ status: "something new" }, "unknown"],
    [{ url: null }, "unknown"],
    [{ client_reference_id: "pay_other" }, "contradiction"],
    [{ client_reference_id: null }, "contradiction"],
    [{ livemode: true }, "contradiction"],
    [{ status: "complete", payment_status: "paid", currency: "zzz" }, "contradiction"],
    [{ status: "complete", payment_status: "paid", amount_total: null }, "contradiction"],
  ])("with %j is %s", (changes, kind) => {
    expect(read(changes).kind).toBe(kind);
  });

  it("that is paid tells Stripe's own amount, card and reference", () => {
    const outcome = read({
      status: "complete",
      payment_status: "paid",
      amount_total: 100,
      payment_intent: {
        id: "pi_1",
        status: "succeeded",
        latest_charge: { payment_method_details: { card: { brand: "visa", last4: "4242" } } },
      },
    });
    expect(outcome).toEqual({
      kind: "succeeded",
      railReference: "cs_1",
      amount: of(100n, "NOK"),
      details: { settlementReference: "pi_1", cardBrand: "visa", cardLast4: "4242" },
    });
  });
});
