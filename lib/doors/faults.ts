// What can be wrong with a field, by stable codes: callers build on them, so no library's names pass through.

import type { ErrorCode } from "#lib/domain/errors.ts";

export const FAULT_CODES = [
  "missing",
  "unexpected",
  "repeated",
  "unknown_field",
  "invalid_type",
  "invalid_value",
  "invalid_format",
  "invalid_key",
  "too_small",
  "too_big",
  "text_invalid",
  "instant_out_of_range",
  "tax_rate_invalid",
  "time_zone_unknown",
] as const;

/** A rule of a verb that is known at the edge already is named as the verb names it. */
export type FaultCode = (typeof FAULT_CODES)[number] | ErrorCode;

/** One fault of one field. */
export interface FieldFault {
  /** JSON pointer into the body, or `?name` for a query parameter. */
  readonly pointer: string;
  readonly code: FaultCode;
  readonly message: string;
}

/** What a rule of ours says when it is broken: a sentence without its subject, and its code. */
export function rule(code: FaultCode, message: string) {
  return { message, params: { code } };
}
