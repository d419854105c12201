// One line of JSON an event. Fields are named by the caller and go through a list of what may never be written.

import pino from "pino";
import type { Log } from "./services/context.ts";

/** Names whose values are secrets or personal data, wherever they stand. */
const NEVER_LOGGED = [
  "phone",
  "to",
  "body",
  "token",
  "key",
  "secret",
  "authorization",
  "cookie",
  "credentials",
  "payUrl",
  "code",
  "signature",
];

export function createLog(service: string, level: string): Log {
  const logger = pino({
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: NEVER_LOGGED.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      censor: "[redacted]",
    },
    serializers: { error: serializeError },
  });
  return {
    info: (event, fields = {}) => logger.info(fields, event),
    warn: (event, fields = {}) => logger.warn(fields, event),
    error: (event, fields = {}) => logger.error(fields, event),
  };
}

/** Errors of the database repeat the row they are about in their message, so only its code is kept. */
function serializeError(error: unknown) {
  if (!(error instanceof Error)) return { name: typeof error };
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  const isOfDatabase = "query" in error || "severity" in error;
  const message = isOfDatabase ? undefined : error.message.slice(0, 300);
  return { name: error.name, message, errorCode: code, stack: framesOf(error), cause: causeOf(error) };
}

function framesOf(error: Error): string[] {
  return (error.stack ?? "")
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .map((line) => line.trim());
}

function causeOf(error: Error): unknown {
  return error.cause instanceof Error ? serializeError(error.cause) : undefined;
}
