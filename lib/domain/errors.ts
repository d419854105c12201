// The closed list of refusals that a verb can answer with. Declines by a rail are data, not errors.
// Each door maps every code once (see its status map); a new code breaks the build until it is mapped.

export const ERROR_CODES = [
  "invalid_request",
  "unauthenticated",
  "permission_denied",
  "not_found",
  "invoice_not_found",
  "payment_not_found",
  "refund_not_found",
  "dispute_not_found",
  "sms_not_found",
  "event_not_found",
  "endpoint_not_found",
  "delivery_not_found",
  "key_not_found",
  "import_not_found",
  "link_not_found",
  "invoice_state_conflict",
  "payment_state_conflict",
  "version_conflict",
  "refund_not_possible",
  "refundable_amount_mismatch",
  "refund_exceeds_refundable",
  "refund_line_invalid",
  "review_not_needed",
  "import_file_invalid",
  "import_mapping_invalid",
  "import_state_conflict",
  "endpoint_limit_reached",
  "endpoint_disabled",
  "event_type_unknown",
  "delivery_in_progress",
  "key_limit_reached",
  "key_state_conflict",
  "scope_not_held",
  "restriction_not_kept",
  "simulation_not_possible",
  "clock_busy",
  "attempt_in_progress",
  "method_unavailable",
  "no_method_available",
  "capability_missing",
  "amount_out_of_range",
  "amount_not_representable",
  "currency_unknown",
  "lines_mismatch",
  "phone_invalid",
  "expiry_out_of_range",
  "url_not_allowed",
  "url_not_registered",
  "sms_text_invalid",
  "sms_text_too_long",
  "sms_sender_invalid",
  "sms_cap_reached",
  "sms_limit_reached",
  "sms_not_configured",
  "code_wrong",
  "code_exhausted",
  "idempotency_key_missing",
  "idempotency_key_invalid",
  "idempotency_key_reused",
  "idempotency_in_progress",
  "notification_unverified",
  "rate_limited",
  "service_unavailable",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export interface ServiceErrorOptions {
  /** JSON pointer (RFC 6901) of the input field at fault, as the native door names it. */
  readonly pointer?: string;
  /** Seconds after which the same call may succeed. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

const BRAND = Symbol.for("billtext.ServiceError");

/** A refusal with a stable code. `detail` is one plain sentence that may be shown to the caller. */
export class ServiceError extends Error {
  /** A bundler may load this module twice in one process; an error of either copy is one of ours. */
  static override [Symbol.hasInstance](value: unknown): value is ServiceError {
    return typeof value === "object" && value !== null && BRAND in value;
  }

  readonly [BRAND] = true;
  readonly code: ErrorCode;
  readonly pointer: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, detail: string, options: ServiceErrorOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ServiceError";
    this.code = code;
    this.pointer = options.pointer;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** True for a value that only the database refused: told as the caller's fault, but a rule that we failed to keep. */
export function hidesDefect(error: unknown): boolean {
  return error instanceof ServiceError && error.code === "invalid_request" && error.cause !== undefined;
}

/** Marks a branch that the compiler has shown to be impossible. */
export function unreachable(value: never): never {
  throw new Error(`Unreachable value: ${String(value)}`);
}
