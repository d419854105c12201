import { getInvoiceOperation } from "#lib/doors/native/invoices.ts";
import { serveNative } from "../../serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveNative("/invoices/{id}", { GET: getInvoiceOperation });
