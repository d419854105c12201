// Every address of the native door with its operations. Route files are served from it and the API's description
// is made of it, so that neither can have what the other lacks.

import {
  createEndpointOperation,
  deleteEndpointOperation,
  getEndpointOperation,
  listEndpointsOperation,
  rotateSecretOperation,
  testEndpointOperation,
  updateEndpointOperation,
} from "./callback-endpoints.ts";
import {
  getDeliveryOperation,
  listDeliveriesOperation,
  resendDeliveriesOperation,
  resendDeliveryOperation,
} from "./deliveries.ts";
import { getDisputeOperation, listDisputesOperation } from "./disputes.ts";
import { getEventOperation, listEventsOperation } from "./events.ts";
import { editInvoiceOperation, markPaidOperation, reopenInvoiceOperation } from "./invoice-changes.ts";
import {
  cancelInvoiceOperation,
  createInvoiceOperation,
  getInvoiceOperation,
  listInvoicesOperation,
  listTimelineOperation,
  sendInvoiceOperation,
} from "./invoices.ts";
import {
  createKeyOperation,
  getKeyOperation,
  listKeysOperation,
  revokeKeyOperation,
  rotateKeyOperation,
  updateKeyOperation,
} from "./keys.ts";
import { getMerchantOperation, updateMerchantOperation } from "./merchant.ts";
import type { Operations } from "./operation.ts";
import { acceptSurplusOperation, reviewPaymentOperation } from "./payment-reviews.ts";
import {
  cancelPaymentOperation,
  confirmPaymentOperation,
  createPaymentOperation,
  getPaymentOperation,
  listPaymentsOperation,
} from "./payments.ts";
import {
  createRefundOperation,
  getRefundOperation,
  listRefundsOperation,
  reviewRefundOperation,
} from "./refunds.ts";
import {
  moveClockOperation,
  readClockOperation,
  simulateDisputeOperation,
  simulatePaymentOperation,
  simulateRefundOperation,
  simulateSmsOperation,
} from "./simulation.ts";

export const ROUTES = {
  "/invoices": { POST: createInvoiceOperation, GET: listInvoicesOperation },
  "/invoices/{id}": { GET: getInvoiceOperation, PATCH: editInvoiceOperation },
  "/invoices/{id}/mark-paid": { POST: markPaidOperation },
  "/invoices/{id}/reopen": { POST: reopenInvoiceOperation },
  "/invoices/{id}/cancel": { POST: cancelInvoiceOperation },
  "/invoices/{id}/events": { GET: listTimelineOperation },
  "/invoices/{id}/send": { POST: sendInvoiceOperation },
  "/payments": { POST: createPaymentOperation, GET: listPaymentsOperation },
  "/payments/{id}": { GET: getPaymentOperation },
  "/payments/{id}/confirm": { POST: confirmPaymentOperation },
  "/payments/{id}/cancel": { POST: cancelPaymentOperation },
  "/payments/{id}/accept-surplus": { POST: acceptSurplusOperation },
  "/payments/{id}/refunds": { POST: createRefundOperation },
  "/payments/{id}/review": { POST: reviewPaymentOperation },
  "/refunds": { GET: listRefundsOperation },
  "/refunds/{id}": { GET: getRefundOperation },
  "/refunds/{id}/review": { POST: reviewRefundOperation },
  "/disputes": { GET: listDisputesOperation },
  "/disputes/{id}": { GET: getDisputeOperation },
  "/callback-endpoints": { GET: listEndpointsOperation, POST: createEndpointOperation },
  "/callback-endpoints/{id}": {
    GET: getEndpointOperation,
    PATCH: updateEndpointOperation,
    DELETE: deleteEndpointOperation,
  },
  "/callback-endpoints/{id}/rotate-secret": { POST: rotateSecretOperation },
  "/callback-endpoints/{id}/test": { POST: testEndpointOperation },
  "/deliveries": { GET: listDeliveriesOperation },
  "/deliveries/resend": { POST: resendDeliveriesOperation },
  "/deliveries/{id}": { GET: getDeliveryOperation },
  "/deliveries/{id}/resend": { POST: resendDeliveryOperation },
  "/events": { GET: listEventsOperation },
  "/events/{id}": { GET: getEventOperation },
  "/keys": { GET: listKeysOperation, POST: createKeyOperation },
  "/keys/{id}": { GET: getKeyOperation, PATCH: updateKeyOperation },
  "/keys/{id}/rotate": { POST: rotateKeyOperation },
  "/keys/{id}/revoke": { POST: revokeKeyOperation },
  "/me": { GET: getMerchantOperation, PATCH: updateMerchantOperation },
  "/simulate/clock": { GET: readClockOperation, POST: moveClockOperation },
  "/simulate/disputes/{id}": { POST: simulateDisputeOperation },
  "/simulate/payments/{id}": { POST: simulatePaymentOperation },
  "/simulate/refunds/{id}": { POST: simulateRefundOperation },
  "/simulate/sms/{id}": { POST: simulateSmsOperation },
} as const satisfies Readonly<Record<string, Operations>>;

/** An address below `/api/v1`. */
export type RoutePath = keyof typeof ROUTES;
