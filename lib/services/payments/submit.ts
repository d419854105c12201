// Asks the rail to take the money of an attempt whose intent is committed.

import type { PaymentId } from "#lib/domain/ids.ts";
import type { Payment } from "#lib/domain/records.ts";
import type { ServiceContext } from "../context.ts";
import { applyAndFollow } from "./follow.ts";
import { prepareRailCall } from "./rail-call.ts";

/**
 * Calls the rail outside any transaction and applies what it said. Called once an attempt: where its answer is
 * lost the rail is asked what became of it. An attempt that has its answer is returned as it is.
 *
 * @throws payment_not_found
 */
export async function submitPayment(ctx: ServiceContext, paymentId: PaymentId): Promise<Payment> {
  const { rail, account, attempt, payment } = await prepareRailCall(ctx, paymentId);
  if (payment.state !== "pending" || payment.railReference !== null) return payment;
  await ctx.failpoints?.reach(payment.method === "card" ? "K7" : "K10");
  const outcome = await rail.begin(account, attempt);
  await ctx.failpoints?.reach(payment.method === "card" ? "K8" : "K11");
  return await applyAndFollow(ctx, paymentId, outcome);
}
