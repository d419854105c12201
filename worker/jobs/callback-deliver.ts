import type { JobDataOf } from "#lib/domain/jobs.ts";
import { deliverCallback } from "#lib/services/callbacks/deliver.ts";
import type { ServiceContext } from "#lib/services/context.ts";

/** Among receivers of which nothing bad is known; others leave this lane. */
export async function deliver(ctx: ServiceContext, data: JobDataOf<"callback.deliver">): Promise<void> {
  await deliverCallback(ctx, { ...data, isQuickLane: true });
}

/** Among receivers that fail or are slow. */
export async function retry(ctx: ServiceContext, data: JobDataOf<"callback.retry">): Promise<void> {
  await deliverCallback(ctx, data);
}
