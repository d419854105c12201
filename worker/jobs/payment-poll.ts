import type { JobDataOf } from "#lib/domain/jobs.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { pollPayment } from "#lib/services/payments/poll.ts";

export async function poll(ctx: ServiceContext, data: JobDataOf<"payment.poll">): Promise<void> {
  await pollPayment(ctx, data);
}
