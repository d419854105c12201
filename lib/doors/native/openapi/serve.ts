// GET /api/v1/openapi.json: for everyone, the same until the code changes.

import { createHash } from "node:crypto";
import type { ServiceDeps } from "#lib/services/context.ts";
import { serve, TransportError } from "../../door.ts";
import { nativeDialect } from "../errors.ts";
import { METHODS, type Method } from "../operation.ts";
import { apiDescription, DESCRIPTION_PATH } from "./document.ts";

const CACHE_CONTROL = "public, max-age=300";

type Handler = (request: Request) => Promise<Response>;

/** Handlers for the description's address, one for every method. */
export function descriptionHandlers(getDeps: () => ServiceDeps): Record<Method, Handler> {
  const refuse =
    (method: Method): Handler =>
    async () => {
      const response = await serve(getDeps(), nativeDialect, `${method} ${DESCRIPTION_PATH}`, async () => {
        throw new TransportError("method_not_allowed", "This address has no such method.");
      });
      response.headers.set("allow", "GET");
      return response;
    };
  const handlers = METHODS.map((method) => [method, method === "GET" ? getDescription : refuse(method)]);
  return Object.fromEntries(handlers) as Record<Method, Handler>;
}

let rendered: { readonly text: string; readonly etag: string } | null = null;

async function getDescription(request: Request): Promise<Response> {
  rendered ??= render();
  const headers = {
    "content-type": "application/json",
    "cache-control": CACHE_CONTROL,
    etag: rendered.etag,
  };
  return isNamed(request.headers.get("if-none-match"), rendered.etag)
    ? new Response(null, { status: 304, headers })
    : new Response(rendered.text, { status: 200, headers });
}

function render() {
  const text = JSON.stringify(apiDescription());
  return { text, etag: `"${createHash("sha256").update(text).digest("base64url").slice(0, 27)}"` };
}

/** Weak or strong; whoever compresses on the way makes it weak. */
function isNamed(header: string | null, etag: string): boolean {
  return (header ?? "").split(",").some((name) => name.trim().replace(/^W\//, "") === etag);
}
