// A test acts as the payer, the payer's bank or the clock at the rail of one payment.

import { findInvoice } from "#db/queries/invoices.ts";
import { findRailAccount } from "#db/queries/merchants.ts";
import { findPayment } from "#db/queries/payments.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { PaymentId } from "#lib/domain/ids.ts";
import { isOpenPayment } from "#lib/domain/payment.ts";
import type { PaymentSimulation } from "#lib/domain/ports/simulator.ts";
import type { Payment } from "#lib/domain/records.ts";
import { requirePermission, type ServiceContext, transact } from "../context.ts";
import { type PaymentDetail, readPaymentDetail } from "../payments/get.ts";
import { settlePayment } from "../payments/settle.ts";
import { verifyCode } from "../payments/verify-code.ts";
import { consentCode } from "../sms/queue-code.ts";
import { notPossible, requireDone, requireSandbox } from "./outcome.ts";
import { requireTestMode } from "./test-mode.ts";

export interface SimulatePaymentInput {
  readonly paymentId: PaymentId;
  readonly action: PaymentSimulation;
}

/**
 * Lets the sandbox do what a payer (`approve`, `decline`), time (`expire`) or a bank (`dispute`, `inquire`) does,
 * then asks the rail what became of it. Nothing is changed but by the rail's own record. Approving a payment that
 * waits for our code enters the code first. A card that is declined leaves its page open, as it does in earnest.
 *
 * @throws permission_denied        a live key, or one without payments:write
 * @throws payment_not_found
 * @throws simulation_not_possible  the payment's state does not allow it
 * @throws capability_missing       not at the sandbox, or its rail knows nothing of the kind
 * @throws service_unavailable      the sandbox did not answer
 */
export async function simulatePayment(
  ctx: ServiceContext,
  { paymentId, action }: SimulatePaymentInput,
): Promise<PaymentDetail> {
  requireTestMode(ctx);
  requirePermission(ctx, "simulation.use");
  const { payment: found, simulator } = await load(ctx, paymentId);
  const payment = await enterCode(ctx, found, action);
  // Some numbers are charged without another question: what approving is for is done.
  if (payment === found || isOpenPayment(payment.state)) {
    const target = await toTarget(ctx, payment, action);
    const outcome = await simulator.actOnPayment(target, action);
    const settled = await settlePayment(ctx, { paymentId, isForced: true });
    requireDone(outcome, action, `payment is ${settled.payment.state}`);
  }
  return await readPaymentDetail(ctx, paymentId);
}

async function load(ctx: ServiceContext, id: PaymentId) {
  return await transact(ctx, async ({ tx, tenant }) => {
    const payment = await findPayment(tx, tenant, id);
    if (payment === null) throw new ServiceError("payment_not_found", "There is no such payment.");
    const account = await findRailAccount(tx, tenant, payment.railAccountId);
    return { payment, simulator: requireSandbox(ctx, account) };
  });
}

/** Types our code for the payer, where the attempt waits for it; any other attempt is returned as it is. */
async function enterCode(ctx: ServiceContext, payment: Payment, action: PaymentSimulation): Promise<Payment> {
  if (payment.state !== "created") return payment;
  if (action !== "approve") {
    throw notPossible("The payment waits for our code, and no rail was asked: it can be approved only.");
  }
  const code = await transact(ctx, async (inTx) => {
    const invoice = await findInvoice(inTx.tx, inTx.tenant, payment.invoiceId);
    if (invoice === null) throw new Error(`Payment ${payment.id} has lost its invoice.`);
    return consentCode(inTx, payment.id, invoice);
  });
  const verified = await verifyCode(ctx, { paymentId: payment.id, code });
  if (!verified.isAccepted) throw notPossible("The payment waited for our code, which has run out.");
  return verified.payment;
}

async function toTarget(ctx: ServiceContext, payment: Payment, action: PaymentSimulation) {
  const isAfterwards = action === "dispute" || action === "inquire";
  if (isAfterwards ? payment.state !== "succeeded" : !isOpenPayment(payment.state)) {
    throw notPossible(`The payment is ${payment.state}: ${action} is not possible.`);
  }
  const { method, railReference, railDetails } =
    payment.railReference === null
      ? (await settlePayment(ctx, { paymentId: payment.id, isForced: true })).payment
      : payment;
  if (railReference === null) throw notPossible("The rail has not answered yet about this payment.");
  return { method, railReference, settlementReference: railDetails.settlementReference ?? null };
}
