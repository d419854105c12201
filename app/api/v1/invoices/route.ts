import { createInvoiceOperation, listInvoicesOperation } from "#lib/doors/native/invoices.ts";
import { serveNative } from "../serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveNative("/invoices", {
  GET: listInvoicesOperation,
  POST: createInvoiceOperation,
});
