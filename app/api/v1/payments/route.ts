import { createPaymentOperation, listPaymentsOperation } from "#lib/doors/native/payments.ts";
import { serveNative } from "../serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveNative("/payments", {
  GET: listPaymentsOperation,
  POST: createPaymentOperation,
});
