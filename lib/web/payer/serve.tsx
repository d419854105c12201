// The frame of the payer's addresses: every outcome is a page that says what happened and whether money moved.

import { randomUUID } from "node:crypto";
import { hidesDefect, ServiceError } from "#lib/domain/errors.ts";
import { BodyTooLargeError } from "#lib/http/body.ts";
import type { ServiceDeps } from "#lib/services/context.ts";
import { type PlainPage, renderPlainPage } from "./pages.tsx";
import { page } from "./respond.ts";
import { preferredLocale } from "./translator.ts";

/** Runs one request of a payer's browser. Paths hold the link's token, so only the page's name is logged. */
export async function servePayer(
  deps: ServiceDeps,
  request: Request,
  name: string,
  work: (correlationId: string) => Promise<Response>,
): Promise<Response> {
  const correlationId = `req_${randomUUID().replaceAll("-", "")}`;
  const startedAt = performance.now();
  let response: Response;
  try {
    response = await work(correlationId);
  } catch (error) {
    const { plain, status, headers } = describeError(error);
    if (status === 500 || hidesDefect(error))
      deps.log.error("payer.unexpected", { page: name, requestId: correlationId, error });
    const locale = preferredLocale(request.headers.get("accept-language"));
    response = await page(deps, renderPlainPage(plain, locale), status, headers);
  }
  response.headers.set("x-request-id", correlationId);
  deps.log.info("payer.answered", {
    page: name,
    method: request.method,
    requestId: correlationId,
    status: response.status,
    ms: Math.round(performance.now() - startedAt),
  });
  return response;
}

function describeError(error: unknown): {
  readonly plain: PlainPage;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
} {
  // The rest of the body is not read, so the connection is of no further use.
  if (error instanceof BodyTooLargeError)
    return { plain: "refused", status: 413, headers: { connection: "close" } };
  if (!(error instanceof ServiceError)) return { plain: "unavailable", status: 500, headers: {} };
  const headers: Record<string, string> =
    error.retryAfterSeconds === undefined ? {} : { "retry-after": String(error.retryAfterSeconds) };
  switch (error.code) {
    case "link_not_found":
      return { plain: "not_found", status: 404, headers };
    case "service_unavailable":
      return { plain: "unavailable", status: 503, headers };
    case "permission_denied":
      return { plain: "refused", status: 403, headers };
    case "sms_cap_reached":
      return { plain: "unavailable", status: 429, headers };
    case "invalid_request":
      return { plain: "refused", status: 400, headers };
    default:
      return { plain: "refused", status: 409, headers };
  }
}
