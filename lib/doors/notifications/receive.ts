// Where rails and the SMS provider speak to us. Raw bytes in, a status out; nothing tells why one was refused.

import { ServiceError } from "#lib/domain/errors.ts";
import type { PaymentMethod } from "#lib/domain/payment.ts";
import type { InboundMessage } from "#lib/domain/ports/inbound.ts";
import { readBody } from "#lib/http/body.ts";
import type { ServiceDeps } from "#lib/services/context.ts";
import { receiveNotification } from "#lib/services/notifications/receive.ts";
import { readTime } from "#lib/services/readiness.ts";
import { receiveSmsReport } from "#lib/services/sms/receive-report.ts";
import { type Dialect, type DoorError, serve } from "../door.ts";

const BODY_BYTES_MAX = 256 * 1024;

const plainDialect: Dialect = {
  name: "notifications",
  renderError: (error) => new Response(null, { status: statusOf(error), headers: retryHeaders(error) }),
  stamp: (response) => response,
};

function statusOf(error: DoorError): number {
  if (error instanceof ServiceError) return error.code === "service_unavailable" ? 503 : 400;
  if ("code" in error && error.code === "body_too_large") return 413;
  return "code" in error && error.code === "internal_error" ? 500 : 400;
}

function retryHeaders(error: DoorError): Record<string, string> {
  const seconds = error instanceof ServiceError ? error.retryAfterSeconds : undefined;
  return seconds === undefined ? {} : { "retry-after": String(seconds) };
}

/** A rail's notification: verified, stored once, 204. */
export function receiveFromRail(
  deps: ServiceDeps,
  method: PaymentMethod,
  request: Request,
): Promise<Response> {
  return serve(deps, plainDialect, `POST /api/notifications/${method}`, async (correlationId) => {
    const message = await readMessage(deps, request);
    const accountId = new URL(request.url).searchParams.get("account") ?? "";
    await receiveNotification(deps, { method, accountId, message, correlationId });
    await deps.failpoints?.reach("K14");
    return new Response(null, { status: 204 });
  });
}

/** A delivery report of the SMS provider: verified, applied, 204. */
export function receiveFromSmsProvider(deps: ServiceDeps, request: Request): Promise<Response> {
  return serve(deps, plainDialect, "POST /api/notifications/sms", async (correlationId) => {
    const message = await readMessage(deps, request);
    const query = new URL(request.url).searchParams;
    await receiveSmsReport(deps, {
      accountId: query.get("account") ?? "",
      smsId: query.get("message") ?? "",
      message,
      correlationId,
    });
    return new Response(null, { status: 204 });
  });
}

/** The address is the one we gave out: on our configured origin, whatever host the request claims. */
async function readMessage(deps: ServiceDeps, request: Request): Promise<InboundMessage> {
  const body = await readBody(request, BODY_BYTES_MAX);
  const { pathname, search } = new URL(request.url);
  return {
    url: `${deps.addresses.origin}${pathname}${search}`,
    headers: new Map([...request.headers].map(([name, value]) => [name.toLowerCase(), value])),
    body,
    receivedAt: await readTime(deps),
  };
}
