// Whether this process can do its work.

import { readClock } from "#db/queries/routing/routes.ts";
import type { ServiceDeps } from "./context.ts";

/** True where the database answers and the queue's tables are there. Never throws. */
export async function checkReadiness(deps: ServiceDeps): Promise<boolean> {
  try {
    await readClock(deps.db);
    await deps.queue.start();
    return true;
  } catch (error) {
    deps.log.warn("readiness.failed", { error });
    return false;
  }
}

/** The database's time (UTC): what arrives is judged by it, not by this machine's clock. */
export async function readTime(deps: ServiceDeps): Promise<Date> {
  return await readClock(deps.db);
}
