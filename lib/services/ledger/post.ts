// The only place that inserts ledger entries.

import { insertLedgerTransaction } from "#db/queries/events.ts";
import type { DisputeId, RefundId } from "#lib/domain/ids.ts";
import { isBalanced, type LedgerKind, type Leg } from "#lib/domain/ledger.ts";
import type { Payment } from "#lib/domain/records.ts";
import { newId, type TxContext } from "../context.ts";

/** What is booked about a payment. */
export interface LedgerSubject {
  readonly id: RefundId | DisputeId;
  /** Which time of its kind, from 1: a refund may be sent, taken back and sent again. */
  readonly step: number;
}

/**
 * Books legs that sum to zero, once a kind and payment, or once a kind and step of a refund or dispute: a second
 * booking is refused by the database. Amounts: minor units of the payment's currency.
 */
export async function postLegs(
  ctx: TxContext,
  kind: LedgerKind,
  payment: Payment,
  legs: readonly Leg[],
  subject: LedgerSubject | null = null,
): Promise<void> {
  if (!isBalanced(legs)) throw new Error(`A ${kind} booking does not balance.`);
  await insertLedgerTransaction(ctx.tx, ctx.tenant, {
    id: newId(ctx, "ledgerTransaction"),
    kind,
    paymentId: payment.id,
    subjectId: subject?.id ?? null,
    step: subject?.step ?? 1,
    currency: payment.amount.currency,
    legs: legs.map((leg) => ({ ...leg, id: newId(ctx, "entry") })),
  });
}
