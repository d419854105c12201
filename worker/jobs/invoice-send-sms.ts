import type { JobDataOf } from "#lib/domain/jobs.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { sendSms } from "#lib/services/sms/send-sms.ts";

export async function send(ctx: ServiceContext, { smsId }: JobDataOf<"invoice.send_sms">): Promise<void> {
  await sendSms(ctx, smsId);
}
