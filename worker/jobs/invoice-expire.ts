import type { JobDataOf } from "#lib/domain/jobs.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { expireInvoice } from "#lib/services/invoices/expire.ts";

export async function expire(ctx: ServiceContext, { invoiceId }: JobDataOf<"invoice.expire">): Promise<void> {
  await expireInvoice(ctx, invoiceId);
}
