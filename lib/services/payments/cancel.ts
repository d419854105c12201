// The merchant gives a reserved amount back, or gives up an attempt that is still open.

import { ServiceError } from "#lib/domain/errors.ts";
import type { PaymentId } from "#lib/domain/ids.ts";
import { requirePermission, type ServiceContext, type TxContext, transact } from "../context.ts";
import { advancePayment } from "./advance.ts";
import { lockBoth } from "./apply-outcome.ts";
import { requireCapability } from "./capability.ts";
import { closeOrSupersede, supersede } from "./close.ts";
import type { DecidePaymentInput } from "./confirm.ts";
import { type PaymentDetail, readPaymentDetail } from "./get.ts";
import { type PaymentOfInvoice, requestCancel } from "./wish.ts";

/**
 * Gives a reserved amount back, after committing that wish; an attempt that is open otherwise is closed at its
 * rail, or superseded where the rail does not close it now. Again it changes nothing.
 *
 * @throws permission_denied       the key lacks payments:write
 * @throws payment_not_found
 * @throws capability_missing      its rail or account cannot call back what it was asked for
 * @throws payment_state_conflict  it has ended otherwise, or is being taken
 */
export async function cancelPayment(ctx: ServiceContext, input: DecidePaymentInput): Promise<PaymentDetail> {
  requirePermission(ctx, "payments.cancel");
  const { paymentId, bind } = input;
  await transact(ctx, async (inTx) => {
    await commitCancel(inTx, await lockBoth(inTx, paymentId));
    await bind(inTx, paymentId);
  });
  return await resumeCancellation(ctx, paymentId);
}

/** After an interruption: what was wished is carried out as far as it is not yet. */
export async function resumeCancellation(ctx: ServiceContext, paymentId: PaymentId): Promise<PaymentDetail> {
  requirePermission(ctx, "payments.cancel");
  await closeOrSupersede(ctx, paymentId);
  return await readPaymentDetail(ctx, paymentId);
}

async function commitCancel(ctx: TxContext, locked: PaymentOfInvoice): Promise<void> {
  const { payment } = locked;
  switch (payment.state) {
    case "cancelled":
      return;
    case "created":
      // No rail was asked, so none needs to be able to.
      await advancePayment(ctx, { ...locked, event: "cancelled" });
      return;
    case "pending":
    case "pending_validation":
      await requireCapability(ctx, locked, "cancel");
      // The wish outlives a call that is cut off: what the rail reserves from now on is given back.
      await supersede(ctx, locked);
      return;
    case "authorized":
      if (payment.captureRequestedAt !== null) {
        throw new ServiceError("payment_state_conflict", "The reserved amount is being taken.");
      }
      if (payment.cancelRequestedAt === null) await requestCancel(ctx, locked);
      return;
    default:
      await requireCapability(ctx, locked, "cancel");
      throw new ServiceError("payment_state_conflict", `The payment is ${payment.state}.`);
  }
}
