// Double entry. Every kind of ledger transaction is a function from an amount to legs that sum to zero.
// A positive leg is a debit, a negative one a credit, in minor units of one currency.

import type { Disposition, PaymentMethod } from "./payment.ts";

export const ACCOUNT_KINDS = [
  "rail_clearing",
  "merchant_pending",
  "merchant_available",
  "platform_fees",
  "surplus_liability",
  "disputed",
] as const;
export type AccountKind = (typeof ACCOUNT_KINDS)[number];

/** An account of one merchant: its kind and the rail whose balance it mirrors, such as `rail_clearing:card`. */
export type LedgerAccount = `${AccountKind}:${PaymentMethod}`;

/** Accounts of what the merchant, payers and the platform have at a rail: credits make them larger. */
const CREDIT_ACCOUNTS: readonly AccountKind[] = [
  "merchant_pending",
  "merchant_available",
  "platform_fees",
  "surplus_liability",
];

/** A sum of entries as people count it: what somebody has is positive. */
export function shownMinor(kind: AccountKind, amountMinor: bigint): bigint {
  return CREDIT_ACCOUNTS.includes(kind) ? -amountMinor : amountMinor;
}

export interface Leg {
  readonly account: LedgerAccount;
  readonly amountMinor: bigint;
}

export const LEDGER_KINDS = [
  "payment_accepted",
  "payment_surplus",
  "surplus_accepted",
  "rail_cost",
  "refund",
  "refund_failed",
  "dispute_opened",
  "dispute_won",
  "dispute_lost",
  "dispute_fee",
  "dispute_fee_returned",
  "settlement",
] as const;
export type LedgerKind = (typeof LEDGER_KINDS)[number];

/** Money that pays an invoice: the rail holds it for the merchant, less the platform's fee. */
export function acceptedLegs(method: PaymentMethod, amountMinor: bigint, feeMinor: bigint): Leg[] {
  return [
    { account: `rail_clearing:${method}`, amountMinor },
    ...creditMerchant(method, amountMinor, feeMinor),
  ];
}

/** Money that pays nothing: the rail holds it, and it is owed back to the payer. */
export function surplusLegs(method: PaymentMethod, amountMinor: bigint): Leg[] {
  return move(`rail_clearing:${method}`, `surplus_liability:${method}`, amountMinor);
}

/** Surplus that turns out to pay the invoice after all. */
export function surplusAcceptedLegs(method: PaymentMethod, amountMinor: bigint, feeMinor: bigint): Leg[] {
  return [
    { account: `surplus_liability:${method}`, amountMinor },
    ...creditMerchant(method, amountMinor, feeMinor),
  ];
}

/** What the rail keeps for its work; the merchant bears it. */
export function railCostLegs(method: PaymentMethod, costMinor: bigint): Leg[] {
  return move(`merchant_pending:${method}`, `rail_clearing:${method}`, costMinor);
}

/** Money that the rail sent back to the payer, perhaps after all. The platform's fee stays as it was. */
export function refundLegs(method: PaymentMethod, disposition: Disposition, amountMinor: bigint): Leg[] {
  return move(owedBy(method, disposition), `rail_clearing:${method}`, amountMinor);
}

/** A refund that the rail took back after it had been booked. */
export function refundFailedLegs(
  method: PaymentMethod,
  disposition: Disposition,
  amountMinor: bigint,
): Leg[] {
  return move(`rail_clearing:${method}`, owedBy(method, disposition), amountMinor);
}

/** The bank took the money back until it has decided. */
export function disputeOpenedLegs(method: PaymentMethod, amountMinor: bigint): Leg[] {
  return move(`disputed:${method}`, `rail_clearing:${method}`, amountMinor);
}

/** The bank gave the money back to the merchant. */
export function disputeWonLegs(method: PaymentMethod, amountMinor: bigint): Leg[] {
  return move(`rail_clearing:${method}`, `disputed:${method}`, amountMinor);
}

/** The payer keeps the money: what was accepted, or what was owed to the payer as surplus. */
export function disputeLostLegs(method: PaymentMethod, disposition: Disposition, amountMinor: bigint): Leg[] {
  return move(owedBy(method, disposition), `disputed:${method}`, amountMinor);
}

/** The bank gave back what had been lost. */
export function disputeWonLateLegs(
  method: PaymentMethod,
  disposition: Disposition,
  amountMinor: bigint,
): Leg[] {
  return move(`rail_clearing:${method}`, owedBy(method, disposition), amountMinor);
}

/** What the rail asks for a dispute; the merchant bears it. */
export function disputeFeeLegs(method: PaymentMethod, feeMinor: bigint): Leg[] {
  return move(`merchant_pending:${method}`, `rail_clearing:${method}`, feeMinor);
}

/** The rail gave its fee for a dispute back. */
export function disputeFeeReturnedLegs(method: PaymentMethod, feeMinor: bigint): Leg[] {
  return move(`rail_clearing:${method}`, `merchant_pending:${method}`, feeMinor);
}

/**
 * The rail has settled what was pending: the merchant can have it now. Negative where what was settled went the other
 * way, as refunds and lost disputes do.
 */
export function settlementLegs(method: PaymentMethod, pendingMinor: bigint): Leg[] {
  return move(`merchant_pending:${method}`, `merchant_available:${method}`, pendingMinor);
}

export function isBalanced(legs: readonly Leg[]): boolean {
  return legs.reduce((sum, leg) => sum + leg.amountMinor, 0n) === 0n;
}

function move(debited: LedgerAccount, credited: LedgerAccount, amountMinor: bigint): Leg[] {
  return [
    { account: debited, amountMinor },
    { account: credited, amountMinor: -amountMinor },
  ];
}

function creditMerchant(method: PaymentMethod, amountMinor: bigint, feeMinor: bigint): Leg[] {
  const legs: Leg[] = [{ account: `merchant_pending:${method}`, amountMinor: -(amountMinor - feeMinor) }];
  if (feeMinor !== 0n) legs.push({ account: `platform_fees:${method}`, amountMinor: -feeMinor });
  return legs;
}

/** Whose money it is that a refund gives back: the merchant's, or the payer's own. */
function owedBy(method: PaymentMethod, disposition: Disposition): LedgerAccount {
  return disposition === "accepted" ? `merchant_pending:${method}` : `surplus_liability:${method}`;
}
