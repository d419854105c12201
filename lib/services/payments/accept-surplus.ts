// Money that paid nothing when it came pays the invoice after all.

import { isMoneyDisputed } from "#db/queries/disputes.ts";
import { updatePaymentFacts } from "#db/queries/payments.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { PaymentId } from "#lib/domain/ids.ts";
import { routeMoney } from "#lib/domain/invoice.ts";
import { surplusAcceptedLegs } from "#lib/domain/ledger.ts";
import type { Payment } from "#lib/domain/records.ts";
import { requirePermission, type ServiceContext, transact } from "../context.ts";
import { recordEvent } from "../events/record.ts";
import { advanceInvoice } from "../invoices/advance.ts";
import { postLegs } from "../ledger/post.ts";
import { recordAudit } from "../record-audit.ts";
import { feeOf } from "./advance.ts";
import { lockBoth } from "./apply-outcome.ts";
import { closeLater } from "./close-later.ts";

export interface AcceptSurplusInput {
  readonly paymentId: PaymentId;
  /** Why, for the audit log. */
  readonly note: string;
}

/**
 * Lets a held surplus payment pay its invoice, whatever the merchant's policy was when it came.
 *
 * @throws permission_denied       the caller lacks payments:write
 * @throws payment_not_found
 * @throws payment_state_conflict  it is not surplus, goes back already, or is disputed
 * @throws invoice_state_conflict  the invoice is paid, or asks for another amount by now
 */
export async function acceptSurplus(ctx: ServiceContext, input: AcceptSurplusInput): Promise<Payment> {
  requirePermission(ctx, "payments.accept_surplus");
  return await transact(ctx, async (inTx) => {
    const { invoice, payment } = await lockBoth(inTx, input.paymentId);
    if (payment.disposition !== "surplus") {
      throw new ServiceError("payment_state_conflict", "The payment is not surplus.");
    }
    if (payment.refundedMinor !== 0n) {
      throw new ServiceError("payment_state_conflict", "The surplus is on its way back to the payer.");
    }
    if (await isMoneyDisputed(inTx.tx, inTx.tenant, payment.id)) {
      throw new ServiceError("payment_state_conflict", "The payer's bank has the money.");
    }
    const { amountMinor } = payment.amount;
    const policies = { onExpired: "accept", onCancelled: "accept", onSurplus: "hold" } as const;
    const routing = routeMoney(invoice, payment.amount, policies);
    if (routing.disposition === "surplus") {
      const why = invoice.state === "paid" ? "The invoice is paid." : "The invoice asks for another amount.";
      throw new ServiceError("invoice_state_conflict", why);
    }
    const feeMinor = await feeOf(inTx, payment);
    const accepted = await updatePaymentFacts(inTx.tx, payment, { disposition: "accepted", feeMinor });
    const legs = surplusAcceptedLegs(payment.method, amountMinor, feeMinor);
    await postLegs(inTx, "surplus_accepted", accepted, legs);
    await recordAudit(inTx, "payment.surplus_accepted", payment.id, { note: input.note });
    const paid = await advanceInvoice(inTx, {
      invoice,
      event: routing.event,
      payment: accepted,
      facts: {
        amountPaidMinor: invoice.amountPaidMinor + amountMinor,
        paidBy: "payment",
        paidPaymentId: accepted.id,
        paidAt: inTx.tx.now,
      },
      beforeEvent: (after) =>
        recordEvent(inTx, { type: "payment.accepted", invoice: after, payment: accepted }),
    });
    await closeLater(inTx, paid.id);
    return accepted;
  });
}
