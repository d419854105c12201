// The receipt by SMS, where the payer is sent straight back to the merchant.

import { ServiceError } from "#lib/domain/errors.ts";
import type { Invoice } from "#lib/domain/records.ts";
import type { TxContext } from "../context.ts";
import { queueSms } from "./queue-sms.ts";

/** Queues the receipt. The money counts more than the message: where it cannot be queued, that is logged. */
export async function queueReceiptSms(ctx: TxContext, invoice: Invoice): Promise<void> {
  try {
    await queueSms(ctx, {
      invoice,
      kind: "receipt",
      template: null,
      sendAt: null,
      phoneHash: invoice.phoneHash,
    });
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code === "service_unavailable") throw error;
    ctx.log.warn("sms.receipt_not_queued", { invoiceId: invoice.id, code: error.code });
  }
}
