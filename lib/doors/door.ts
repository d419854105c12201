// The frame that every door shares: correlate, run, map what went wrong, and one line in the log. What is said
// and how is the dialect's.

import { randomUUID } from "node:crypto";
import { hidesDefect, ServiceError } from "#lib/domain/errors.ts";
import { BodyEncodingError, BodyTooLargeError } from "#lib/http/body.ts";
import type { ServiceDeps } from "#lib/services/context.ts";
import type { FieldFault } from "./faults.ts";
import { JsonSyntaxError } from "./strict-json.ts";

/** Refusals that belong to the transport, before any verb is called. */
export const TRANSPORT_CODES = [
  "malformed_body",
  "body_too_large",
  "unsupported_media_type",
  "method_not_allowed",
  "route_not_found",
  "internal_error",
] as const;
export type TransportCode = (typeof TRANSPORT_CODES)[number];

export class TransportError extends Error {
  readonly code: TransportCode;

  constructor(code: TransportCode, detail: string) {
    super(detail);
    this.name = "TransportError";
    this.code = code;
  }
}

/** The body or the query was understood, and is not allowed. */
export class ValidationError extends Error {
  readonly faults: readonly FieldFault[];

  constructor(faults: readonly FieldFault[]) {
    super("Some fields are not allowed as they are.");
    this.name = "ValidationError";
    this.faults = faults;
  }
}

export type DoorError = ServiceError | TransportError | ValidationError;

export interface Dialect {
  readonly name: string;
  renderError(error: DoorError, correlationId: string): Response;
  /** Adds the correlation id to an answer. */
  stamp(response: Response, correlationId: string): Response;
}

/**
 * Runs one request. Whatever happens there is a definite answer in the dialect; an error that nobody expected is
 * logged with its cause and told without it.
 */
export async function serve(
  deps: ServiceDeps,
  dialect: Dialect,
  route: string,
  handle: (correlationId: string) => Promise<Response>,
): Promise<Response> {
  const correlationId = `req_${randomUUID().replaceAll("-", "")}`;
  const startedAt = performance.now();
  let response: Response;
  try {
    response = dialect.stamp(await handle(correlationId), correlationId);
  } catch (error) {
    const known = toDoorError(error);
    const isOurs = known instanceof TransportError && known.code === "internal_error";
    if (isOurs || hidesDefect(known)) {
      deps.log.error("door.unexpected", { door: dialect.name, route, requestId: correlationId, error });
    }
    response = dialect.stamp(dialect.renderError(known, correlationId), correlationId);
  }
  deps.log.info("door.answered", {
    door: dialect.name,
    route,
    requestId: correlationId,
    status: response.status,
    ms: Math.round(performance.now() - startedAt),
  });
  return response;
}

function toDoorError(error: unknown): DoorError {
  if (error instanceof ServiceError || error instanceof TransportError || error instanceof ValidationError)
    return error;
  if (error instanceof BodyTooLargeError)
    return new TransportError("body_too_large", "The body is too large.");
  if (error instanceof BodyEncodingError)
    return new TransportError("malformed_body", "The body is not UTF-8.");
  if (error instanceof JsonSyntaxError) return new TransportError("malformed_body", error.message);
  return new TransportError("internal_error", "Something went wrong on our side.");
}
