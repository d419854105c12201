import { createKeyOperation, listKeysOperation } from "#lib/doors/native/keys.ts";
import { serveNative } from "../serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveNative("/keys", {
  GET: listKeysOperation,
  POST: createKeyOperation,
});
