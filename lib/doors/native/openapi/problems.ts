// Refusals of an operation: by status, each with the codes that it can have there.

import type { ErrorCode } from "#lib/domain/errors.ts";
import type { TransportCode } from "../../door.ts";
import { STATUS_OF_CODE, titleOf } from "../errors.ts";
import type { OperationDescription } from "../operation.ts";
import { ERROR_NOTES } from "./error-notes.ts";
import { COMPONENT } from "./schemas.ts";
import type { AnswerDescription, Header, Reference } from "./types.ts";

export type Code = ErrorCode | TransportCode;

/** What every operation can be refused with. */
const OF_EVERY: readonly Code[] = [
  "malformed_body",
  "unauthenticated",
  "permission_denied",
  "body_too_large",
  "unsupported_media_type",
  "invalid_request",
  "rate_limited",
  "internal_error",
  "service_unavailable",
];
const OF_KEYED: readonly Code[] = [
  "idempotency_key_missing",
  "idempotency_key_invalid",
  "idempotency_key_reused",
  "idempotency_in_progress",
];

/** By status; codes in their order in the list of all. */
export function refusalsOf({ doc, isKeyed }: OperationDescription): Map<number, Code[]> {
  const codes = new Set<Code>([...OF_EVERY, ...(isKeyed ? OF_KEYED : []), ...doc.errors]);
  const ordered = CODES.filter((code) => codes.has(code));
  const byStatus = Map.groupBy(ordered, (code) => STATUS_OF_CODE[code]);
  return new Map([...byStatus].sort(([a], [b]) => a - b));
}

/** Sound: the table has exactly these keys. */
const CODES = Object.keys(STATUS_OF_CODE) as Code[];

const PLAIN: ReadonlyMap<number, readonly Code[]> = Map.groupBy(
  [...OF_EVERY, "method_not_allowed", "route_not_found"] as const,
  (code) => STATUS_OF_CODE[code],
);

/** An operation's refusals; those that are the same everywhere are referred to. */
export function refusalAnswers(
  operation: OperationDescription,
): Record<string, Reference | AnswerDescription> {
  return Object.fromEntries(
    [...refusalsOf(operation)].map(([status, codes]) => {
      const isPlain = codes.join() === PLAIN.get(status)?.join();
      return [
        String(status),
        isPlain ? { $ref: `#/components/responses/${nameOf(status)}` } : refusalAnswer(status, codes),
      ];
    }),
  );
}

/** Refusals that are the same everywhere; among them what no operation has: unknown addresses and methods. */
export function plainRefusals(): Record<string, AnswerDescription> {
  return Object.fromEntries(
    [...PLAIN].map(([status, codes]) => [nameOf(status), refusalAnswer(status, codes)]),
  );
}

function nameOf(status: number): string {
  return titleOf(status).replaceAll(/ (\w)/g, (_, letter: string) => letter.toUpperCase());
}

function refusalAnswer(status: number, codes: readonly Code[]): AnswerDescription {
  return {
    description: codes.map((code) => `\`${code}\`: ${ERROR_NOTES[code]}`).join("\n\n"),
    headers: { ...headersOf(status), ...EVERY_HEADER },
    content: {
      "application/problem+json": {
        schema: {
          allOf: [
            { $ref: `${COMPONENT}Problem` },
            { properties: { status: { const: status }, code: { enum: codes } } },
          ],
        },
      },
    },
  };
}

/** Headers that every answer may have. */
export const EVERY_HEADER: Readonly<Record<string, Reference>> = {
  "X-Request-Id": { $ref: "#/components/headers/X-Request-Id" },
  "RateLimit-Limit": { $ref: "#/components/headers/RateLimit-Limit" },
  "RateLimit-Remaining": { $ref: "#/components/headers/RateLimit-Remaining" },
  "RateLimit-Reset": { $ref: "#/components/headers/RateLimit-Reset" },
  "RateLimit-Policy": { $ref: "#/components/headers/RateLimit-Policy" },
};

function headersOf(status: number): Record<string, Reference> {
  const ref = (name: string) => ({ [name]: { $ref: `#/components/headers/${name}` } });
  if (status === 401) return ref("WWW-Authenticate");
  if (status === 405) return ref("Allow");
  return status === 409 || status === 429 || status === 503 ? ref("Retry-After") : {};
}

export const HEADERS: Readonly<Record<string, Header>> = {
  "X-Request-Id": {
    description: "Names this request; the log has it too.",
    schema: { type: "string", examples: ["req_5d1f0c2e9b7a4f6e8d3c2b1a09f8e7d6"] },
  },
  "RateLimit-Limit": {
    description: "Requests that the key may make in one window; reads and writes apart.",
    schema: { type: "integer", minimum: 0 },
  },
  "RateLimit-Remaining": {
    description: "How many of them are left now.",
    schema: { type: "integer", minimum: 0 },
  },
  "RateLimit-Reset": {
    description: "Seconds until all of them are there again.",
    schema: { type: "integer", minimum: 0 },
  },
  "RateLimit-Policy": {
    description: "The limit and its window in seconds.",
    schema: { type: "string", pattern: "^\\d+;w=\\d+$", examples: ["100;w=1"] },
  },
  "Retry-After": {
    description: "Seconds after which the same call may succeed.",
    schema: { type: "integer", minimum: 0 },
  },
  "Idempotent-Replayed": {
    description: "`true` where this is the answer to an earlier request with the same key.",
    schema: { type: "string", enum: ["true"] },
  },
  "WWW-Authenticate": { description: "How to authenticate.", schema: { type: "string", enum: ["Bearer"] } },
  Allow: { description: "The methods that the address has.", schema: { type: "string" } },
};
