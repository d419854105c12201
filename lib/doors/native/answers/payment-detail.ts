// A payment with its invoice. Apart from payment.ts, since invoices hold payments.

import { z } from "zod";
import { invoiceSnapshot } from "./invoice.ts";
import { paymentFields, paymentSnapshot } from "./payment.ts";
import { listOf } from "./shared.ts";

export const paymentDetail = z
  .strictObject({ ...paymentFields, invoice: invoiceSnapshot })
  .meta({ id: "PaymentDetail", description: "A payment with the invoice that it pays." });

export const paymentList = listOf(paymentSnapshot).meta({
  id: "PaymentList",
  description: "A page of payments, newest first.",
});
