import type { JobDataOf } from "#lib/domain/jobs.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { closeAttempt } from "#lib/services/payments/close.ts";

export async function close(ctx: ServiceContext, { paymentId }: JobDataOf<"payment.close">): Promise<void> {
  await closeAttempt(ctx, paymentId);
}
