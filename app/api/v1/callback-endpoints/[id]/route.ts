import {
  deleteEndpointOperation,
  getEndpointOperation,
  updateEndpointOperation,
} from "#lib/doors/native/callback-endpoints.ts";
import { serveNative } from "../../serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveNative("/callback-endpoints/{id}", {
  GET: getEndpointOperation,
  PATCH: updateEndpointOperation,
  DELETE: deleteEndpointOperation,
});
