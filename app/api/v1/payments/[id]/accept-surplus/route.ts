import { acceptSurplusOperation } from "#lib/doors/native/payment-reviews.ts";
import { serveNative } from "../../../serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveNative("/payments/{id}/accept-surplus", {
  POST: acceptSurplusOperation,
});
