import { getKeyOperation, updateKeyOperation } from "#lib/doors/native/keys.ts";
import { serveNative } from "../../serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveNative("/keys/{id}", {
  GET: getKeyOperation,
  PATCH: updateKeyOperation,
});
