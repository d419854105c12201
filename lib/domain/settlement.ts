// What a rail says it has settled, line by line, and what that means for the books.

import type { DisputeState } from "./dispute.ts";
import type { Disposition } from "./payment.ts";

/** What a line settles: money that came, that went back, or that a bank took; and each taken back. */
export const SETTLEMENT_KINDS = [
  "payment",
  "refund",
  "refund_reversal",
  "dispute",
  "dispute_reversal",
] as const;
export type SettlementKind = (typeof SETTLEMENT_KINDS)[number];

/**
 * `refused`: cannot be read. `different`: read, and not to be posted as things are. `matched`: can be posted.
 * `settled`: was posted.
 */
export const SETTLEMENT_LINE_STATES = ["refused", "different", "matched", "settled"] as const;
export type SettlementLineState = (typeof SETTLEMENT_LINE_STATES)[number];

export const SETTLEMENT_PROBLEMS = [
  // Cannot be read.
  "missing_value",
  "kind_unknown",
  "currency_unknown",
  "amount_malformed",
  "date_malformed",
  "value_too_long",
  // Is not as our records are.
  "unknown",
  "ambiguous",
  "not_final",
  "amount_differs",
  "currency_differs",
  "fee_differs",
  "is_surplus",
  "repeated",
  "already_settled",
] as const;
export type SettlementProblem = (typeof SETTLEMENT_PROBLEMS)[number];

/** What a line says. Amounts: minor units, never negative; the kind tells the direction. */
export interface SettlementClaim {
  readonly reference: string;
  readonly kind: SettlementKind;
  readonly amountMinor: bigint;
  readonly currency: string;
  /** What the rail kept of it; null where the file has no such column. */
  readonly feeMinor: bigint | null;
}

/** What we know of the payment, refund or dispute that the line names. Amounts: minor units. */
export interface SettlementSubject {
  readonly amountMinor: bigint;
  readonly currency: string;
  /** Of the payment. */
  readonly disposition: Disposition | null;
  readonly state: string;
  /** What is booked as kept by the rail: of a payment its cost, of a dispute its fee; null where nothing is. */
  readonly feeMinor: bigint | null;
  readonly isSettled: boolean;
}

const FINAL_STATES: { readonly [K in SettlementKind]: readonly string[] } = {
  payment: ["succeeded"],
  refund: ["succeeded", "failed"],
  refund_reversal: ["failed"],
  dispute: ["won", "lost"] satisfies DisputeState[],
  dispute_reversal: ["won"] satisfies DisputeState[],
};

/** What stands in the way of posting the line, or null. The order is what a person would look at first. */
export function settlementProblem(
  claim: SettlementClaim,
  subject: SettlementSubject,
): SettlementProblem | null {
  if (subject.isSettled) return "already_settled";
  if (claim.currency !== subject.currency) return "currency_differs";
  if (claim.amountMinor !== subject.amountMinor) return "amount_differs";
  if (!FINAL_STATES[claim.kind].includes(subject.state)) return "not_final";
  // Surplus is the payer's: nothing of it can become the merchant's until that is decided.
  if (subject.disposition !== "accepted") return "is_surplus";
  return hasOtherFee(claim, subject) ? "fee_differs" : null;
}

/** A cost that nobody told us of is booked from the file; one that we know must be the same. */
function hasOtherFee({ kind, feeMinor }: SettlementClaim, subject: SettlementSubject): boolean {
  if (feeMinor === null || (kind !== "payment" && kind !== "dispute")) return false;
  // A rail keeps no more than it took.
  if (kind === "payment" && subject.feeMinor === null) return feeMinor > subject.amountMinor;
  return feeMinor !== (subject.feeMinor ?? 0n);
}
