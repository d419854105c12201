// A test acts as the rail that sends money back, or as the bank that decides a dispute.

import { findDispute } from "#db/queries/disputes.ts";
import { findRailAccount } from "#db/queries/merchants.ts";
import { findPayment } from "#db/queries/payments.ts";
import { findRefund } from "#db/queries/refunds.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { DisputeId, RefundId } from "#lib/domain/ids.ts";
import type { DisputeSimulation, RefundSimulation, SimulatorPort } from "#lib/domain/ports/simulator.ts";
import type { Dispute, Payment, Refund } from "#lib/domain/records.ts";
import { requirePermission, type ServiceContext, type TxContext, transact } from "../context.ts";
import { settleDispute } from "../disputes/settle.ts";
import { settleRefund } from "../refunds/settle.ts";
import { notPossible, requireDone, requireSandbox } from "./outcome.ts";
import { requireTestMode } from "./test-mode.ts";

/**
 * Lets the sandbox send a refund's money, or take it back, then asks the rail what became of it.
 *
 * @throws permission_denied        a live key, or one without payments:write
 * @throws refund_not_found
 * @throws simulation_not_possible  the refund's state does not allow it, or the rail has not answered about it
 * @throws capability_missing       not at the sandbox, or its rail sends no money back
 * @throws service_unavailable      the sandbox did not answer
 */
export async function simulateRefund(
  ctx: ServiceContext,
  { refundId, action }: { readonly refundId: RefundId; readonly action: RefundSimulation },
): Promise<Refund> {
  requireTestMode(ctx);
  requirePermission(ctx, "simulation.use");
  const { subject, payment, simulator } = await transact(ctx, async (inTx) => {
    const refund = await findRefund(inTx.tx, inTx.tenant, refundId);
    if (refund === null) throw new ServiceError("refund_not_found", "There is no such refund.");
    return await withRail(inTx, refund);
  });
  const { railReference } = subject;
  if (railReference === null) throw notPossible("The rail has not answered yet about this refund.");
  const outcome = await simulator.actOnRefund({ method: payment.method, railReference }, action);
  const { refund } = await settleRefund(ctx, refundId, { isForced: true });
  requireDone(outcome, action, `refund is ${refund.state}`);
  return refund;
}

/**
 * Lets the payer's bank at the sandbox decide a dispute, or turn its question into one, then reads the rail's record.
 *
 * @throws permission_denied        a live key, or one without payments:write
 * @throws dispute_not_found
 * @throws simulation_not_possible  the dispute's state does not allow it
 * @throws capability_missing       not at the sandbox
 * @throws service_unavailable      the sandbox did not answer
 */
export async function simulateDispute(
  ctx: ServiceContext,
  { disputeId, action }: { readonly disputeId: DisputeId; readonly action: DisputeSimulation },
): Promise<Dispute> {
  requireTestMode(ctx);
  requirePermission(ctx, "simulation.use");
  const { subject, payment, simulator } = await transact(ctx, async (inTx) =>
    withRail(inTx, await readDispute(inTx, disputeId)),
  );
  const { railReference, railAccountId } = subject;
  const outcome = await simulator.actOnDispute({ method: payment.method, railReference }, action);
  await settleDispute(ctx, { railAccountId, railReference });
  const dispute = await transact(ctx, (inTx) => readDispute(inTx, disputeId));
  requireDone(outcome, action, `dispute is ${dispute.state}`);
  return dispute;
}

async function readDispute({ tx, tenant }: TxContext, id: DisputeId): Promise<Dispute> {
  const dispute = await findDispute(tx, tenant, id);
  if (dispute === null) throw new ServiceError("dispute_not_found", "There is no such dispute.");
  return dispute;
}

interface AtRail<T> {
  readonly subject: T;
  readonly payment: Payment;
  readonly simulator: SimulatorPort;
}

async function withRail<T extends Refund | Dispute>(ctx: TxContext, subject: T): Promise<AtRail<T>> {
  const payment = await findPayment(ctx.tx, ctx.tenant, subject.paymentId);
  const account = await findRailAccount(ctx.tx, ctx.tenant, subject.railAccountId);
  if (payment === null) throw new Error(`${subject.id} has lost its payment.`);
  return { subject, payment, simulator: requireSandbox(ctx, account) };
}
