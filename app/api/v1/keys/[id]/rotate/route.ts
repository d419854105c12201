import { rotateKeyOperation } from "#lib/doors/native/keys.ts";
import { serveNative } from "../../../serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveNative("/keys/{id}/rotate", {
  POST: rotateKeyOperation,
});
