import { serveNothing } from "../v1/serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveNothing();
