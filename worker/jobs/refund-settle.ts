import type { JobDataOf } from "#lib/domain/jobs.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { pollRefund } from "#lib/services/refunds/poll.ts";

export async function settle(ctx: ServiceContext, data: JobDataOf<"refund.settle">): Promise<void> {
  await pollRefund(ctx, data);
}
