import { reviewRefundOperation } from "#lib/doors/native/refunds.ts";
import { serveNative } from "../../../serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveNative("/refunds/{id}/review", {
  POST: reviewRefundOperation,
});
