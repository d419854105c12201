// The one way to learn the truth about an attempt: ask the rail, then apply what its record says.

import { takeQuestion } from "#db/queries/payments.ts";
import type { PaymentId } from "#lib/domain/ids.ts";
import type { Payment } from "#lib/domain/records.ts";
import { type ServiceContext, transact } from "../context.ts";
import { applyOutcome } from "./apply-outcome.ts";
import { prepareRailCall } from "./rail-call.ts";

/** Pages and polls together ask about one attempt at most this often. */
const EVERY_SECONDS = 2;

export interface SettlePaymentInput {
  readonly paymentId: PaymentId;
  /** The rail's own id as a verified notification names it, for an attempt that has none stored yet. */
  readonly railReference?: string | null;
  /** True for notifications: each is worth a question, whatever was asked before. */
  readonly isForced?: boolean;
}

/**
 * Re-reads the rail's record and applies it. Nothing that a browser or a notification says is settled on.
 * An attempt that was asked about less than 2 s ago is returned as it is.
 *
 * @throws payment_not_found
 */
export async function settlePayment(ctx: ServiceContext, input: SettlePaymentInput): Promise<Payment> {
  const { paymentId, railReference = null, isForced = false } = input;
  const { rail, account, attempt, payment } = await prepareRailCall(ctx, paymentId);
  if (payment.state === "created") return payment;
  const mayAsk = await transact(ctx, ({ tx, tenant }) => takeQuestion(tx, tenant, paymentId, EVERY_SECONDS));
  if (!mayAsk && !isForced) return payment;
  const outcome = await rail.query(account, {
    ...attempt,
    railReference: attempt.railReference ?? railReference,
  });
  return await applyOutcome(ctx, paymentId, outcome);
}
