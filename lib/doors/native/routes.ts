// Every address of the native door with its operations. Route files are served from it and the API's description
// is made of it, so that neither can have what the other lacks.

import {
  cancelInvoiceOperation,
  createInvoiceOperation,
  getInvoiceOperation,
  listInvoicesOperation,
  listTimelineOperation,
  sendInvoiceOperation,
} from "./invoices.ts";
import { getMerchantOperation, updateMerchantOperation } from "./merchant.ts";
import type { Operations } from "./operation.ts";
import { createPaymentOperation, getPaymentOperation, listPaymentsOperation } from "./payments.ts";

export const ROUTES = {
  "/invoices": { POST: createInvoiceOperation, GET: listInvoicesOperation },
  "/invoices/{id}": { GET: getInvoiceOperation },
  "/invoices/{id}/cancel": { POST: cancelInvoiceOperation },
  "/invoices/{id}/events": { GET: listTimelineOperation },
  "/invoices/{id}/send": { POST: sendInvoiceOperation },
  "/payments": { POST: createPaymentOperation, GET: listPaymentsOperation },
  "/payments/{id}": { GET: getPaymentOperation },
  "/me": { GET: getMerchantOperation, PATCH: updateMerchantOperation },
} as const satisfies Readonly<Record<string, Operations>>;

/** An address below `/api/v1`. */
export type RoutePath = keyof typeof ROUTES;
