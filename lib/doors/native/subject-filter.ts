// Lists of what belongs to a payment or an invoice.

import { type InvoiceId, type PaymentId, parseId } from "#lib/domain/ids.ts";

export interface SubjectFilter {
  readonly paymentId?: PaymentId;
  readonly invoiceId?: InvoiceId;
}

/** The filter that a query asks for, or null where it names a malformed id: one that nothing belongs to. */
export function subjectFilter(query: {
  readonly payment?: string | undefined;
  readonly invoice?: string | undefined;
}): SubjectFilter | null {
  const paymentId = query.payment === undefined ? undefined : parseId("payment", query.payment);
  const invoiceId = query.invoice === undefined ? undefined : parseId("invoice", query.invoice);
  if (paymentId === null || invoiceId === null) return null;
  return {
    ...(paymentId === undefined ? {} : { paymentId }),
    ...(invoiceId === undefined ? {} : { invoiceId }),
  };
}
