import type { JobDataOf } from "#lib/domain/jobs.ts";
import { deliverCallback } from "#lib/services/callbacks/deliver.ts";
import type { ServiceContext } from "#lib/services/context.ts";

export async function deliver(ctx: ServiceContext, data: JobDataOf<"callback.deliver">): Promise<void> {
  await deliverCallback(ctx, data);
}
