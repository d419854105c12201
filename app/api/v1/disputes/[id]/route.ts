import { getDisputeOperation } from "#lib/doors/native/disputes.ts";
import { serveNative } from "../../serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveNative("/disputes/{id}", { GET: getDisputeOperation });
