import { cancelPaymentOperation } from "#lib/doors/native/payments.ts";
import { serveNative } from "../../../serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveNative("/payments/{id}/cancel", {
  POST: cancelPaymentOperation,
});
