// Work that comes round by the clock, over all merchants.

import { purgeIdempotencyKeys } from "#db/queries/events.ts";
import { purgePeople } from "#db/queries/people.ts";
import { purgeRateLimits } from "#db/queries/routing/rate-limits.ts";
import { listTenants, purgeSmsCounters, takeDueDeadlines } from "#db/queries/routing/routes.ts";
import { inTenant, realNow, withoutTenant } from "#db/transaction.ts";
import type { ServiceDeps } from "./context.ts";
import { IDEMPOTENCY_HOURS } from "./idempotency/once.ts";

/** Sessions and links that are over, and mail that was sent. */
const PEOPLE_KEPT_MS = 30 * 86_400_000;

const DEADLINES_PER_SWEEP = 500;

/**
 * Hands invoices whose time has passed to the job that expires them, each once however many sweep. Returns how
 * many; as many as fit mean that more may be waiting.
 */
export async function sweepDeadlines(
  deps: ServiceDeps,
): Promise<{ readonly taken: number; readonly isFull: boolean }> {
  const taken = await withoutTenant(deps.db, async (tx) => {
    const due = await takeDueDeadlines(tx, DEADLINES_PER_SWEEP);
    for (const { tenant, invoiceId } of due) {
      await deps.queue.enqueue(tx, "invoice.expire", { ...tenant, invoiceId });
    }
    return due.length;
  });
  return { taken, isFull: taken === DEADLINES_PER_SWEEP };
}

/** Forgets answered keys after 72 hours, message counters of days that are over, and windows of rate limits. */
export async function purgeOld(deps: ServiceDeps): Promise<void> {
  for (const tenant of await listTenants(deps.db)) {
    const purge = inTenant(deps.db, tenant, (tx) =>
      purgeIdempotencyKeys(tx, tenant, new Date(realNow(tx).getTime() - IDEMPOTENCY_HOURS * 3_600_000)),
    );
    await purge.catch((error: unknown) =>
      deps.log.warn("chore.failed", { chore: "purge", ...tenant, error }),
    );
  }
  await withoutTenant(deps.db, async (tx) => {
    await purgeSmsCounters(tx, new Date(tx.now.getTime() - 2 * 86_400_000).toISOString().slice(0, 10));
    await purgeRateLimits(tx, tx.now);
    await purgePeople(tx, new Date(tx.now.getTime() - PEOPLE_KEPT_MS));
  });
}
