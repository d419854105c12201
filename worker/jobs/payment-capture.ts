import type { JobDataOf } from "#lib/domain/jobs.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { captureUntilAnswered } from "#lib/services/payments/follow.ts";

export async function capture(
  ctx: ServiceContext,
  { paymentId }: JobDataOf<"payment.capture">,
): Promise<void> {
  await captureUntilAnswered(ctx, paymentId);
}
