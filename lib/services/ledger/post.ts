// The only place that inserts ledger entries.

import { insertLedgerTransaction } from "#db/queries/events.ts";
import type { DisputeId, RefundId } from "#lib/domain/ids.ts";
import { isBalanced, type LedgerKind, type Leg } from "#lib/domain/ledger.ts";
import type { Payment } from "#lib/domain/records.ts";
import { newId, type TxContext } from "../context.ts";

/**
 * Books legs that sum to zero, once a kind and payment, refund or dispute: a second booking is refused by the
 * database. Amounts: minor units of the payment's currency.
 */
export async function postLegs(
  ctx: TxContext,
  kind: LedgerKind,
  payment: Payment,
  legs: readonly Leg[],
  subjectId: RefundId | DisputeId | null = null,
): Promise<void> {
  if (!isBalanced(legs)) throw new Error(`A ${kind} booking does not balance.`);
  await insertLedgerTransaction(ctx.tx, ctx.tenant, {
    id: newId(ctx, "ledgerTransaction"),
    kind,
    paymentId: payment.id,
    subjectId,
    currency: payment.amount.currency,
    legs: legs.map((leg) => ({ ...leg, id: newId(ctx, "entry") })),
  });
}
