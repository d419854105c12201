import { listTimelineOperation } from "#lib/doors/native/invoices.ts";
import { serveNative } from "../../../serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveNative("/invoices/{id}/events", {
  GET: listTimelineOperation,
});
