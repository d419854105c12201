// Refusals as RFC 9457 problems with stable codes. Total: a new code breaks the build until it has a status.

import type { ErrorCode } from "#lib/domain/errors.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { Dialect, DoorError, TransportCode } from "../door.ts";
import { ValidationError } from "../door.ts";
import type { FieldFault } from "../faults.ts";

export const STATUS_OF_CODE: { readonly [C in ErrorCode | TransportCode]: number } = {
  invalid_request: 422,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  invoice_not_found: 404,
  payment_not_found: 404,
  refund_not_found: 404,
  dispute_not_found: 404,
  sms_not_found: 404,
  event_not_found: 404,
  endpoint_not_found: 404,
  delivery_not_found: 404,
  key_not_found: 404,
  import_not_found: 404,
  link_not_found: 404,
  invoice_state_conflict: 409,
  payment_state_conflict: 409,
  version_conflict: 412,
  refund_not_possible: 409,
  refundable_amount_mismatch: 412,
  refund_exceeds_refundable: 422,
  refund_line_invalid: 422,
  review_not_needed: 409,
  import_file_invalid: 422,
  import_mapping_invalid: 422,
  import_state_conflict: 409,
  endpoint_limit_reached: 409,
  endpoint_disabled: 409,
  event_type_unknown: 422,
  delivery_in_progress: 409,
  key_limit_reached: 409,
  key_state_conflict: 409,
  scope_not_held: 403,
  restriction_not_kept: 403,
  simulation_not_possible: 409,
  clock_busy: 409,
  attempt_in_progress: 409,
  method_unavailable: 422,
  no_method_available: 422,
  capability_missing: 422,
  amount_out_of_range: 422,
  amount_not_representable: 422,
  currency_unknown: 422,
  lines_mismatch: 422,
  phone_invalid: 422,
  expiry_out_of_range: 422,
  url_not_allowed: 422,
  url_not_registered: 422,
  sms_text_invalid: 422,
  sms_text_too_long: 422,
  sms_sender_invalid: 422,
  sms_cap_reached: 429,
  sms_limit_reached: 409,
  sms_not_configured: 422,
  code_wrong: 422,
  code_exhausted: 422,
  idempotency_key_missing: 400,
  idempotency_key_invalid: 400,
  idempotency_key_reused: 422,
  idempotency_in_progress: 409,
  notification_unverified: 400,
  rate_limited: 429,
  service_unavailable: 503,
  malformed_body: 400,
  body_too_large: 413,
  unsupported_media_type: 415,
  method_not_allowed: 405,
  route_not_found: 404,
  internal_error: 500,
};

const TITLES: { readonly [status: number]: string } = {
  400: "Bad request",
  401: "Not authenticated",
  403: "Not permitted",
  404: "Not found",
  405: "Method not allowed",
  409: "Conflict",
  412: "Precondition failed",
  413: "Body too large",
  415: "Unsupported media type",
  422: "Not valid",
  429: "Too many requests",
  500: "Internal error",
  503: "Unavailable",
};

/** A status in words. */
export function titleOf(status: number): string {
  return TITLES[status] ?? "Error";
}

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly errors: readonly FieldFault[];
  readonly request_id: string;
}

export function toProblem(error: DoorError, requestId: string): Problem {
  const code = error instanceof ValidationError ? "invalid_request" : error.code;
  const status = STATUS_OF_CODE[code];
  return {
    type: `urn:billtext:error:${code}`,
    title: titleOf(status),
    status,
    detail: error.message,
    code,
    errors: faultsOf(error),
    request_id: requestId,
  };
}

function faultsOf(error: DoorError): readonly FieldFault[] {
  if (error instanceof ValidationError) return error.faults;
  if (!(error instanceof ServiceError) || error.pointer === undefined) return [];
  return [{ pointer: error.pointer, code: error.code, message: error.message }];
}

export const nativeDialect: Dialect = {
  name: "native",
  renderError(error, correlationId) {
    const problem = toProblem(error, correlationId);
    const headers = new Headers({ "content-type": "application/problem+json" });
    // The rest of the body is not read, so the connection is of no further use.
    if (problem.status === 413) headers.set("connection", "close");
    if (problem.status === 401) headers.set("www-authenticate", "Bearer");
    const retryAfter = error instanceof ServiceError ? error.retryAfterSeconds : undefined;
    if (retryAfter !== undefined) headers.set("retry-after", String(retryAfter));
    return new Response(JSON.stringify(problem), { status: problem.status, headers });
  },
  stamp(response, correlationId) {
    response.headers.set("x-request-id", correlationId);
    response.headers.set("cache-control", "no-store");
    return response;
  },
};
