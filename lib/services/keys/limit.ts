// Every request of a key counts against its budget, and against its merchant's.

import type { RateBudget, RateStanding } from "#lib/domain/ports/rate-limiter.ts";
import type { ServiceContext } from "../context.ts";

/**
 * Counts one request of the key that calls, before anything is done for it. The caller refuses what is not within.
 *
 * @throws service_unavailable  the counter could not be reached
 */
export async function takeFromBudget(ctx: ServiceContext, budget: RateBudget): Promise<RateStanding> {
  const { actor, tenant } = ctx;
  if (actor.kind !== "api_key") throw new Error(`A ${actor.kind} has no budget.`);
  return await ctx.rateLimiter.take({ tenant, apiKeyId: actor.id, budget });
}
