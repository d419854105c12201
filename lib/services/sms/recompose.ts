// A message that waits says what the invoice says when it goes out.

import type { MerchantProfile } from "#db/queries/merchants.ts";
import { listSmsOfInvoice, lockSms, updateSmsFacts } from "#db/queries/sms-messages.ts";
import type { Invoice } from "#lib/domain/records.ts";
import type { TxContext } from "../context.ts";
import { composeText } from "./queue-sms.ts";

/**
 * Writes the waiting messages of a changed, locked invoice anew. One that is being sent is past changing.
 *
 * @throws sms_text_too_long
 */
export async function recomposeWaiting(
  ctx: TxContext,
  profile: MerchantProfile,
  invoice: Invoice,
  template: string | null,
): Promise<void> {
  const { tx, tenant } = ctx;
  for (const { id, kind } of await listSmsOfInvoice(tx, tenant, invoice.id)) {
    if (kind !== "invoice") continue;
    const sms = await lockSms(tx, tenant, id);
    if (sms?.state !== "queued") continue;
    await updateSmsFacts(tx, sms, composeText(ctx, profile, { invoice, kind, template }));
  }
}
