// Double entry. Every kind of ledger transaction is a function from an amount to legs that sum to zero.
// A positive leg is a debit, a negative one a credit, in minor units of one currency.

import type { PaymentMethod } from "./payment.ts";

export const ACCOUNT_KINDS = [
  "rail_clearing",
  "merchant_pending",
  "platform_fees",
  "surplus_liability",
] as const;
export type AccountKind = (typeof ACCOUNT_KINDS)[number];

/** An account of one merchant: its kind and the rail whose balance it mirrors, such as `rail_clearing:card`. */
export type LedgerAccount = `${AccountKind}:${PaymentMethod}`;

export interface Leg {
  readonly account: LedgerAccount;
  readonly amountMinor: bigint;
}

export const LEDGER_KINDS = ["payment_accepted", "payment_surplus"] as const;
export type LedgerKind = (typeof LEDGER_KINDS)[number];

/** Money that pays an invoice: the rail holds it for the merchant, less the platform's fee. */
export function acceptedLegs(method: PaymentMethod, amountMinor: bigint, feeMinor: bigint): Leg[] {
  const legs: Leg[] = [
    { account: `rail_clearing:${method}`, amountMinor },
    { account: `merchant_pending:${method}`, amountMinor: -(amountMinor - feeMinor) },
  ];
  if (feeMinor !== 0n) legs.push({ account: `platform_fees:${method}`, amountMinor: -feeMinor });
  return legs;
}

/** Money that pays nothing: the rail holds it, and it is owed back to the payer. */
export function surplusLegs(method: PaymentMethod, amountMinor: bigint): Leg[] {
  return [
    { account: `rail_clearing:${method}`, amountMinor },
    { account: `surplus_liability:${method}`, amountMinor: -amountMinor },
  ];
}

export function isBalanced(legs: readonly Leg[]): boolean {
  return legs.reduce((sum, leg) => sum + leg.amountMinor, 0n) === 0n;
}
