import { getDeliveryOperation } from "#lib/doors/native/deliveries.ts";
import { serveNative } from "../../serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveNative("/deliveries/{id}", {
  GET: getDeliveryOperation,
});
