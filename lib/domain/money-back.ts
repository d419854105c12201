// What a payer is told about money that went back, is on its way, or is owed.

import { MONEY_TAKEN_STATES } from "./dispute.ts";
import { type Money, money } from "./money.ts";
import type { PaymentMethod } from "./payment.ts";
import type { Dispute, Payment, Refund } from "./records.ts";

export const MONEY_BACK_KINDS = [
  "surplus_returned",
  "surplus_returning",
  "surplus_owed",
  "refunded",
  "refunding",
] as const;
export type MoneyBackKind = (typeof MONEY_BACK_KINDS)[number];

export interface MoneyBack {
  readonly kind: MoneyBackKind;
  readonly amount: Money;
  readonly method: PaymentMethod;
  /** When the rail sent it (UTC); null while it has not. */
  readonly at: Date | null;
}

/**
 * One line a sum, oldest first: money that paid nothing, and refunds of what did. What the payer's bank took back
 * is not owed any more.
 */
export function moneyBack(
  payments: readonly Payment[],
  refunds: readonly Refund[],
  disputes: readonly Dispute[],
): MoneyBack[] {
  return payments.flatMap((payment): MoneyBack[] => {
    const { method, amount } = payment;
    const alive = refunds.filter(({ paymentId, state }) => paymentId === payment.id && state !== "failed");
    const sent = alive.map(({ state, amount: part, completedAt }): MoneyBack => {
      const isSent = state === "succeeded";
      const kinds = payment.disposition === "surplus" ? SURPLUS : REFUND;
      return {
        kind: isSent ? kinds.sent : kinds.sending,
        amount: part,
        method,
        at: isSent ? completedAt : null,
      };
    });
    const takenMinor = disputes
      .filter(({ paymentId, state }) => paymentId === payment.id && MONEY_TAKEN_STATES.includes(state))
      .reduce((sum, dispute) => sum + dispute.amount.amountMinor, 0n);
    const owedMinor = amount.amountMinor - payment.refundedMinor - takenMinor;
    if (payment.disposition !== "surplus" || owedMinor <= 0n) return sent;
    return [...sent, { kind: "surplus_owed", amount: money(owedMinor, amount.currency), method, at: null }];
  });
}

const SURPLUS = { sent: "surplus_returned", sending: "surplus_returning" } as const;
const REFUND = { sent: "refunded", sending: "refunding" } as const;
