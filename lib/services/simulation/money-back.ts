// A test acts as the rail that sends money back, or as the bank that decides a dispute.

import { findRailAccount } from "#db/queries/merchants.ts";
import { findDisputeWithMethod, findRefundWithMethod } from "#db/queries/simulation.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { DisputeId, RefundId } from "#lib/domain/ids.ts";
import type { DisputeSimulation, RefundSimulation } from "#lib/domain/ports/simulator.ts";
import type { Dispute, Refund } from "#lib/domain/records.ts";
import { requireScope, type ServiceContext, transact } from "../context.ts";
import { awaitNews } from "./news.ts";
import { notPossible, requireDone, requireSandbox } from "./outcome.ts";
import { requireTestMode } from "./test-mode.ts";

/**
 * Lets the sandbox send a refund's money, or take it back, and waits up to two seconds for its message.
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
  requireScope(ctx, "payments:write");
  const { refund, method, simulator } = await transact(ctx, async ({ tx, tenant }) => {
    const found = await findRefundWithMethod(tx, tenant, refundId);
    if (found === null) throw new ServiceError("refund_not_found", "There is no such refund.");
    const account = await findRailAccount(tx, tenant, found.subject.railAccountId);
    return { refund: found.subject, method: found.method, simulator: requireSandbox(ctx, account) };
  });
  const { railReference, state } = refund;
  if (railReference === null) throw notPossible("The rail has not answered yet about this refund.");
  requireDone(await simulator.actOnRefund({ method, railReference }, action), action, `refund is ${state}`);
  return await awaitNews(refund, async () => {
    const found = await transact(ctx, ({ tx, tenant }) => findRefundWithMethod(tx, tenant, refundId));
    return found?.subject ?? null;
  });
}

/**
 * Lets the payer's bank at the sandbox decide a dispute, or turn its question into one, and waits up to two seconds
 * for its message.
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
  requireScope(ctx, "payments:write");
  const { dispute, method, simulator } = await transact(ctx, async ({ tx, tenant }) => {
    const found = await findDisputeWithMethod(tx, tenant, disputeId);
    if (found === null) throw new ServiceError("dispute_not_found", "There is no such dispute.");
    const account = await findRailAccount(tx, tenant, found.subject.railAccountId);
    return { dispute: found.subject, method: found.method, simulator: requireSandbox(ctx, account) };
  });
  const { railReference, state } = dispute;
  const outcome = await simulator.actOnDispute({ method, railReference }, action);
  requireDone(outcome, action, `dispute is ${state}`);
  return await awaitNews(dispute, async () => {
    const found = await transact(ctx, ({ tx, tenant }) => findDisputeWithMethod(tx, tenant, disputeId));
    return found?.subject ?? null;
  });
}
