import { testEndpointOperation } from "#lib/doors/native/callback-endpoints.ts";
import { serveNative } from "../../../serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveNative("/callback-endpoints/{id}/test", {
  POST: testEndpointOperation,
});
