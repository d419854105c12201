import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCurrency } from "./currency.ts";
import { INVOICE_STATES, type LateMoneyPolicy, routeMoney } from "./invoice.ts";
import { acceptedLegs, isBalanced, surplusLegs } from "./ledger.ts";
import { money } from "./money.ts";
import { PAYMENT_METHODS } from "./payment.ts";

const nok = (amountMinor: bigint) => money(amountMinor, parseCurrency("NOK"));

const policies = (onExpired: LateMoneyPolicy, onCancelled: LateMoneyPolicy) => ({
  onExpired,
  onCancelled,
  onSurplus: "hold" as const,
});

describe("money that a rail has taken", () => {
  it.each([
    ["open", 0n, policies("refund", "refund"), "accepted"],
    ["expired", 0n, policies("accept", "refund"), "accepted"],
    ["expired", 0n, policies("refund", "refund"), "surplus"],
    ["cancelled", 0n, policies("accept", "refund"), "surplus"],
    ["cancelled", 0n, policies("accept", "accept"), "accepted"],
    ["paid", 100n, policies("accept", "accept"), "surplus"],
  ] as const)(
    "on an invoice that is %s with %s paid goes by the merchant's choice",
    (state, paid, chosen, disposition) => {
      const invoice = { state, amountDue: nok(100n), amountPaidMinor: paid };
      expect(routeMoney(invoice, nok(100n), chosen).disposition).toBe(disposition);
    },
  );

  it.each([
    ["paid", 100n, "refund", true],
    ["paid", 100n, "hold", false],
    ["open", 50n, "refund", true],
    ["expired", 0n, "hold", true],
    ["cancelled", 0n, "hold", true],
  ] as const)("on an invoice that is %s with %s paid, with surplus to %s, is sent back: %s", (...row) => {
    const [state, paid, onSurplus, isReturned] = row;
    const invoice = { state, amountDue: nok(100n), amountPaidMinor: paid };
    const chosen = { ...policies("refund", "refund"), onSurplus };
    expect(routeMoney(invoice, nok(100n), chosen)).toEqual({ disposition: "surplus", isReturned });
  });

  it.each(INVOICE_STATES)("of another amount or currency pays nothing on an invoice that is %s", (state) => {
    const invoice = { state, amountDue: nok(100n), amountPaidMinor: 0n };
    const chosen = policies("accept", "accept");
    for (const taken of [nok(99n), nok(101n), money(100n, parseCurrency("EUR"))]) {
      expect(routeMoney(invoice, taken, chosen).disposition).toBe("surplus");
    }
  });

  it("is never accepted beyond what is due", () => {
    const amount = fc.bigInt({ min: 0n, max: 99_999_999n });
    fc.assert(
      fc.property(fc.constantFrom(...INVOICE_STATES), amount, amount, amount, (state, due, paid, taken) => {
        const invoice = { state, amountDue: nok(due), amountPaidMinor: paid };
        const routing = routeMoney(invoice, nok(taken), policies("accept", "accept"));
        if (routing.disposition === "accepted") expect(paid + taken <= due).toBe(true);
      }),
    );
  });
});

describe("the books", () => {
  it("balance for every amount, fee and method", () => {
    const amount = fc.bigInt({ min: 1n, max: 99_999_999n });
    fc.assert(
      fc.property(
        fc.constantFrom(...PAYMENT_METHODS),
        amount,
        fc.bigInt({ min: 0n, max: 99_999_999n }),
        (method, taken, fee) => {
          const charged = fee > taken ? taken : fee;
          expect(isBalanced(acceptedLegs(method, taken, charged))).toBe(true);
          expect(isBalanced(surplusLegs(method, taken))).toBe(true);
        },
      ),
    );
  });

  it("give the merchant what the rail holds less the fee", () => {
    expect(acceptedLegs("card", 24_900n, 249n)).toEqual([
      { account: "rail_clearing:card", amountMinor: 24_900n },
      { account: "merchant_pending:card", amountMinor: -24_651n },
      { account: "platform_fees:card", amountMinor: -249n },
    ]);
  });
});
