import type { JobDataOf } from "#lib/domain/jobs.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { applyNotification } from "#lib/services/notifications/apply.ts";

export async function apply(ctx: ServiceContext, data: JobDataOf<"notification.apply">): Promise<void> {
  await applyNotification(ctx, data);
}
