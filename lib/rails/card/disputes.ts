// Stripe's disputes. https://docs.stripe.com/api/disputes

import Stripe from "stripe";
import type { OpenRailAccount, RailDisputeRecord, RecordAnswer } from "#lib/domain/ports/rail.ts";
import { fromStripeAmount } from "./amounts.ts";

/** Reads a dispute that a notification names. */
export async function readCardDispute(
  clientFor: (account: OpenRailAccount) => Stripe,
  account: OpenRailAccount,
  railReference: string,
): Promise<RecordAnswer<RailDisputeRecord>> {
  try {
    return readDispute(await clientFor(account).disputes.retrieve(railReference), account);
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error;
    if (error.statusCode === 404) return { kind: "not_found" };
    return { kind: "unknown", reason: error.code ?? error.type };
  }
}

/** Total over what a dispute can be. */
export function readDispute(
  dispute: Stripe.Dispute,
  account: Pick<OpenRailAccount, "mode">,
): RecordAnswer<RailDisputeRecord> {
  if (dispute.livemode !== (account.mode === "live")) {
    return { kind: "contradiction", reason: `Dispute ${dispute.id} is in the other mode.` };
  }
  const { payment_intent: intent } = dispute;
  const settlementReference = typeof intent === "string" ? intent : (intent?.id ?? null);
  const amount = fromStripeAmount(dispute.amount, dispute.currency);
  const state = stateOf(dispute);
  if (amount === null || state === null) {
    const reason = `Dispute ${dispute.id} of ${dispute.amount} ${dispute.currency} is ${dispute.status}: we cannot read that.`;
    return { kind: "contradiction", reason, settlementReference };
  }
  const dueBy = dispute.evidence_details?.due_by ?? null;
  return {
    kind: "found",
    record: {
      railReference: dispute.id,
      settlementReference,
      state,
      amount,
      feeMinor: feeOf(dispute),
      reason: dispute.reason,
      evidenceDueAt: dueBy === null ? null : new Date(dueBy * 1000),
    },
  };
}

function stateOf(dispute: Stripe.Dispute): RailDisputeRecord["state"] | null {
  const { status }: { readonly status: string } = dispute;
  switch (status) {
    case "warning_needs_response":
    case "warning_under_review":
      return "inquiry";
    case "warning_closed":
    case "prevented":
      return "closed";
    case "needs_response":
    case "under_review":
      return "open";
    case "won":
    case "lost":
      return status;
    // The bank has decided, and its decision is contested: where the money is tells how it decided.
    case "appeal_needs_response":
    case "appeal_under_review":
      return isWithdrawn(dispute) ? "lost" : "won";
    default:
      return null;
  }
}

function isWithdrawn({ balance_transactions }: Stripe.Dispute): boolean {
  return balance_transactions.reduce((sum, { amount }) => sum + amount, 0) < 0;
}

/** What Stripe keeps at the moment. A fee in another currency than the payment's is not in its books. */
function feeOf(dispute: Stripe.Dispute): bigint {
  const fees = dispute.balance_transactions
    .filter((movement) => movement.currency === dispute.currency)
    .map((movement) => fromStripeAmount(movement.fee, movement.currency)?.amountMinor ?? 0n);
  const sum = fees.reduce((total, fee) => total + fee, 0n);
  return sum > 0n ? sum : 0n;
}
