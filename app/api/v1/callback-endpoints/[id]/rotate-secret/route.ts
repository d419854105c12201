import { rotateSecretOperation } from "#lib/doors/native/callback-endpoints.ts";
import { serveNative } from "../../../serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveNative("/callback-endpoints/{id}/rotate-secret", {
  POST: rotateSecretOperation,
});
