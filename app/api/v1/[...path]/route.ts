import { serveNothing } from "../serve.ts";

export const { GET, POST, PUT, PATCH, DELETE } = serveNothing();
