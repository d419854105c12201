import { serveNative } from "../../../serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveNative("/payments/{id}/confirm");
