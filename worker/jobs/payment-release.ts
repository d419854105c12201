import type { JobDataOf } from "#lib/domain/jobs.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { releaseReservation } from "#lib/services/payments/release.ts";

export async function release(ctx: ServiceContext, data: JobDataOf<"payment.release">): Promise<void> {
  await releaseReservation(ctx, data);
}
