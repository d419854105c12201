import { reviewPaymentOperation } from "#lib/doors/native/payment-reviews.ts";
import { serveNative } from "../../../serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveNative("/payments/{id}/review", {
  POST: reviewPaymentOperation,
});
