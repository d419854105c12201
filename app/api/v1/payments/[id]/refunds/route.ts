import { createRefundOperation } from "#lib/doors/native/refunds.ts";
import { serveNative } from "../../../serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveNative("/payments/{id}/refunds", {
  POST: createRefundOperation,
});
