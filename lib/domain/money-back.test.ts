import { describe, expect, it } from "vitest";
import { parseCurrency } from "./currency.ts";
import type { DisputeState } from "./dispute.ts";
import { money } from "./money.ts";
import { moneyBack } from "./money-back.ts";
import type { Dispute, Payment } from "./records.ts";

const nok = (minor: bigint) => money(minor, parseCurrency("NOK"));
const surplus = {
  id: "pay_1",
  method: "card",
  amount: nok(24_900n),
  refundedMinor: 0n,
  disposition: "surplus",
} as unknown as Payment;
const dispute = (state: DisputeState, minor = 24_900n) =>
  ({ paymentId: "pay_1", state, amount: nok(minor) }) as unknown as Dispute;

describe("surplus", () => {
  it.each([
    ["no dispute", [], 24_900n],
    ["a bank's question", [dispute("inquiry")], 24_900n],
    ["a dispute that was won", [dispute("won")], 24_900n],
    ["a dispute of a part that was lost", [dispute("lost", 4_900n)], 20_000n],
  ])("with %s is owed back", (_case, disputes, owedMinor) => {
    expect(moneyBack([surplus], [], disputes)).toMatchObject([
      { kind: "surplus_owed", amount: { amountMinor: owedMinor } },
    ]);
  });

  it.each(["open", "lost"] as const)("that the payer's bank took back (%s) is owed no more", (state) => {
    expect(moneyBack([surplus], [], [dispute(state)])).toEqual([]);
  });
});
