// What a database error means to a caller.

import pg from "pg";
import { ServiceError } from "#lib/domain/errors.ts";

const RETRYABLE_SQLSTATES = new Set(["40001", "40P01"]);

/** Server not there, shutting down, out of resources, read-only, or too slow: nothing wrong with the request. */
const UNAVAILABLE_SQLSTATES = /^(08|53|57|58|25006|55P03|XX)/;

const UNAVAILABLE_MESSAGES =
  /Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Query read timeout|not queryable|Cannot use a pool after calling end/;

const NETWORK_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ETIMEDOUT",
  "EPIPE",
  "ENOENT",
  "ENOTFOUND",
  "EAI_AGAIN",
]);

/** The error of the driver under whatever wraps it. */
export function rootCause(error: unknown): unknown {
  let current = error;
  for (let depth = 0; depth < 5; depth += 1) {
    if (current instanceof pg.DatabaseError || !(current instanceof Error) || current.cause === undefined) {
      return current;
    }
    current = current.cause;
  }
  return current;
}

/** The name of the unique index that refused a row, or null. */
export function violatedUnique(error: unknown): string | null {
  const cause = rootCause(error);
  return cause instanceof pg.DatabaseError && cause.code === "23505" ? (cause.constraint ?? "") : null;
}

/** True where the same transaction may succeed when it is run again. */
export function isRetryable(error: unknown): boolean {
  const cause = rootCause(error);
  return cause instanceof pg.DatabaseError && RETRYABLE_SQLSTATES.has(cause.code ?? "");
}

/** True where another transaction held what was to be locked for longer than `lock_timeout`. */
export function isLockTimeout(error: unknown): boolean {
  const cause = rootCause(error);
  return cause instanceof pg.DatabaseError && cause.code === "55P03";
}

/** True where the database could not do its work, whatever was asked of it. */
export function isUnavailable(error: unknown): boolean {
  const cause = rootCause(error);
  if (cause instanceof pg.DatabaseError) return UNAVAILABLE_SQLSTATES.test(cause.code ?? "");
  if (!(cause instanceof Error)) return false;
  const code = "code" in cause ? String(cause.code) : "";
  return NETWORK_CODES.has(code) || UNAVAILABLE_MESSAGES.test(cause.message);
}

/** True where a value of the statement was one that the database cannot take (SQLSTATE classes 22 and 54). */
function isDataException(error: unknown): boolean {
  const cause = rootCause(error);
  return cause instanceof pg.DatabaseError && /^(22|54)/.test(cause.code ?? "");
}

/**
 * The refusal for a database that could not answer, or that a value was sent to which no rule of ours had refused
 * before; other errors pass unchanged.
 */
export function toServiceError(error: unknown): unknown {
  if (isDataException(error)) {
    return new ServiceError("invalid_request", "Some value of the request cannot be stored.", {
      cause: error,
    });
  }
  if (!isUnavailable(error) && !isRetryable(error)) return error;
  return new ServiceError("service_unavailable", "The service cannot answer right now. Try again shortly.", {
    retryAfterSeconds: 2,
    cause: error,
  });
}
