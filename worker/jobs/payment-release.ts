import type { JobDataOf } from "#lib/domain/jobs.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { releaseReservation } from "#lib/services/payments/close.ts";

export async function release(
  ctx: ServiceContext,
  { paymentId }: JobDataOf<"payment.release">,
): Promise<void> {
  await releaseReservation(ctx, paymentId);
}
