import { serveDescription } from "../serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveDescription();
