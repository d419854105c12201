// A rail may tell what it keeps of a payment only after it has told that it took the money.

import { countBookings } from "#db/queries/events.ts";
import { railCostLegs } from "#lib/domain/ledger.ts";
import type { Money } from "#lib/domain/money.ts";
import type { Payment } from "#lib/domain/records.ts";
import type { TxContext } from "../context.ts";
import { postLegs } from "../ledger/post.ts";

/** Books the cost of a locked payment that has succeeded, once. */
export async function bookLateCost(ctx: TxContext, payment: Payment, cost: Money): Promise<void> {
  if (cost.amountMinor <= 0n || cost.currency !== payment.amount.currency) return;
  if ((await countBookings(ctx.tx, ctx.tenant, payment.id, "rail_cost")) > 0) return;
  await postLegs(ctx, "rail_cost", payment, railCostLegs(payment.method, cost.amountMinor));
}
