import { getMerchantOperation, updateMerchantOperation } from "#lib/doors/native/merchant.ts";
import { serveNative } from "../serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveNative("/me", {
  GET: getMerchantOperation,
  PATCH: updateMerchantOperation,
});
