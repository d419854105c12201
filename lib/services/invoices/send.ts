// The invoice's SMS, again.

import { lockInvoice } from "#db/queries/invoices.ts";
import { loadProfile } from "#db/queries/merchants.ts";
import { listSmsOfInvoice } from "#db/queries/sms-messages.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { InvoiceId } from "#lib/domain/ids.ts";
import { isPastExpiry } from "#lib/domain/invoice.ts";
import type { Sms } from "#lib/domain/records.ts";
import { requirePermission, type ServiceContext, transact } from "../context.ts";
import { queueSms } from "../sms/queue-sms.ts";
import { smsTemplateOf } from "./create.ts";

/** Messages about one invoice: the first, and two more. */
const INVOICE_SMS_MAX = 3;

/**
 * Queues the invoice's SMS once more, with the same link, to the same number.
 *
 * @throws permission_denied       the key lacks invoices:write
 * @throws invoice_not_found
 * @throws invoice_state_conflict  it can no longer be paid
 * @throws sms_cap_reached         the number has had its messages of the day
 * @throws sms_limit_reached       the invoice has had its three, for good
 * @throws sms_not_configured, sms_text_too_long
 */
export async function sendInvoice(ctx: ServiceContext, id: InvoiceId): Promise<Sms> {
  requirePermission(ctx, "invoices.send");
  return await transact(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    const invoice = await lockInvoice(tx, tenant, id);
    if (invoice === null) throw new ServiceError("invoice_not_found", "There is no such invoice.");
    if (invoice.state !== "open" || isPastExpiry(invoice.expiresAt, tx.now)) {
      throw new ServiceError("invoice_state_conflict", "Only an invoice that can be paid is sent.");
    }
    const profile = await loadProfile(tx, tenant);
    const sent = (await listSmsOfInvoice(tx, tenant, id)).filter((sms) => sms.kind === "invoice");
    if (profile.settings.smsCapPerDay !== null && sent.length >= INVOICE_SMS_MAX) {
      throw new ServiceError("sms_limit_reached", "This invoice has been sent as often as it may be.");
    }
    return await queueSms(inTx, {
      invoice,
      kind: "invoice",
      template: smsTemplateOf(profile, invoice),
      sendAt: null,
      phoneHash: invoice.phoneHash,
    });
  });
}
