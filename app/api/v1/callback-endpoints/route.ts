import { createEndpointOperation, listEndpointsOperation } from "#lib/doors/native/callback-endpoints.ts";
import { serveNative } from "../serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveNative("/callback-endpoints", {
  GET: listEndpointsOperation,
  POST: createEndpointOperation,
});
