import { cancelInvoiceOperation } from "#lib/doors/native/invoices.ts";
import { serveNative } from "../../../serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveNative("/invoices/{id}/cancel", {
  POST: cancelInvoiceOperation,
});
