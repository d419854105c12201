// A request of the native door, parsed at the edge: everything behind it is typed.

import type { z } from "zod";
import { ERROR_CODES, type ErrorCode } from "#lib/domain/errors.ts";
import { decodeUtf8, readBody } from "#lib/http/body.ts";
import { TransportError, ValidationError } from "../door.ts";
import { FAULT_CODES, type FaultCode, type FieldFault } from "../faults.ts";
import { canonicalJson, ImplicitNumber, parseStrictJson } from "../strict-json.ts";

const BODY_BYTES_MAX = 64 * 1024;
const FAULTS_MAX = 50;
/** Of a pointer; keys and names come from the caller and may be long. */
const POINTER_LENGTH_MAX = 200;

export interface OperationShape<Body, Query> {
  /** Absent: the operation takes no body. */
  readonly body?: z.ZodType<Body> | BodyForms<Body>;
  readonly query: z.ZodType<Query>;
  readonly doc: OperationDoc;
}

/** A body of one of several forms: what was sent tells which is meant, so that faults are told of that one. */
export interface BodyForms<Body> {
  readonly forms: readonly z.ZodType<Body>[];
  readonly choose: (raw: unknown) => z.ZodType<Body>;
}

/** What the API's description says of an operation. Its answers are checked against it in the tests. */
export interface OperationDoc {
  /** The description's `operationId`, such as `createInvoice`. */
  readonly id: string;
  readonly tag: string;
  /** One short sentence. */
  readonly summary: string;
  readonly details?: string;
  readonly status: 200 | 201 | 202;
  /** The answer's body. */
  readonly answer: z.ZodType;
  /** Refusals besides those that every operation has. */
  readonly errors: readonly ErrorCode[];
}

export interface ParsedRequest<Body, Query> {
  readonly body: Body;
  readonly query: Query;
  readonly canonical: string;
}

/**
 * @throws ValidationError  every field at fault, by JSON pointer
 * @throws TransportError   not JSON, too large, of another type
 */
export async function parseRequest<Body, Query>(
  shape: OperationShape<Body, Query>,
  request: Request,
): Promise<ParsedRequest<Body, Query>> {
  const query = validate(shape.query, readQuery(request), toQueryPointer);
  const raw = await readJson(request);
  if (shape.body === undefined) {
    if (raw !== undefined)
      throw new ValidationError([{ pointer: "", code: "unexpected", message: "takes no body" }]);
    return { body: undefined as Body, query, canonical: "" };
  }
  const unsafe = unsafeKeys(raw, []);
  if (unsafe.length > 0) throw new ValidationError(unsafe.slice(0, FAULTS_MAX));
  const body = validate("forms" in shape.body ? shape.body.choose(raw) : shape.body, raw, toPointer);
  return { body, query, canonical: canonicalJson(raw) };
}

async function readJson(request: Request): Promise<unknown> {
  const bytes = await readBody(request, BODY_BYTES_MAX);
  if (bytes.byteLength === 0) return undefined;
  const encoding = request.headers.get("content-encoding") ?? "identity";
  const type = /^\s*application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;
  if (encoding.toLowerCase() !== "identity" || !type.test(request.headers.get("content-type") ?? "")) {
    throw new TransportError(
      "unsupported_media_type",
      "The body must be application/json in UTF-8, not compressed.",
    );
  }
  return parseStrictJson(decodeUtf8(bytes));
}

function readQuery(request: Request): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [name, value] of new URL(request.url).searchParams) {
    if (Object.hasOwn(query, name)) {
      throw new ValidationError([
        { pointer: toQueryPointer([name]), code: "repeated", message: "must stand once" },
      ]);
    }
    Object.defineProperty(query, name, { value, enumerable: true });
  }
  return query;
}

function validate<T>(
  schema: z.ZodType<T>,
  value: unknown,
  pointerOf: (path: readonly PropertyKey[]) => string,
): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new ValidationError(
    result.error.issues.flatMap((issue) => faultsOf(issue, value, pointerOf)).slice(0, FAULTS_MAX),
  );
}

/** The schema library passes over this one key in silence; what was sent would be dropped, not refused. */
function unsafeKeys(value: unknown, path: readonly PropertyKey[]): FieldFault[] {
  if (typeof value !== "object" || value === null || value instanceof ImplicitNumber) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const at = [...path, key];
    if (key !== "__proto__") return unsafeKeys(child, at);
    return [{ pointer: toPointer(at), code: "invalid_key", message: "is a name that no field may have" }];
  });
}

function toQueryPointer(path: readonly PropertyKey[]): string {
  return `?${path.map(String).join(".")}`.slice(0, POINTER_LENGTH_MAX);
}

/** RFC 6901. */
function toPointer(path: readonly PropertyKey[]): string {
  const parts = path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`);
  return parts.join("").slice(0, POINTER_LENGTH_MAX);
}

/** The library's kinds of issue in our codes; total, so that a new kind breaks the build until it has one. */
const CODES: { readonly [K in Exclude<z.core.$ZodIssue["code"], undefined>]: FaultCode } = {
  invalid_type: "invalid_type",
  too_big: "too_big",
  too_small: "too_small",
  invalid_format: "invalid_format",
  not_multiple_of: "invalid_value",
  unrecognized_keys: "unknown_field",
  invalid_union: "invalid_value",
  invalid_key: "invalid_key",
  invalid_element: "invalid_value",
  invalid_value: "invalid_value",
  custom: "invalid_value",
};

function faultsOf(
  issue: z.core.$ZodIssue,
  raw: unknown,
  pointerOf: (path: readonly PropertyKey[]) => string,
): FieldFault[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      pointer: pointerOf([...issue.path, key]),
      code: "unknown_field",
      message: "is not a field of this operation",
    }));
  }
  const pointer = pointerOf(issue.path);
  if (valueAt(raw, issue.path) === undefined) return [{ pointer, code: "missing", message: "is missing" }];
  return [{ pointer, code: codeOf(issue), message: messageOf(issue) }];
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    raw,
  );
}

/** A rule of ours brings its own code. */
function codeOf(issue: z.core.$ZodIssue): FaultCode {
  const given: unknown = issue.code === "custom" ? issue.params?.code : undefined;
  return isFaultCode(given) ? given : CODES[issue.code];
}

function isFaultCode(value: unknown): value is FaultCode {
  const known: readonly unknown[] = [...FAULT_CODES, ...ERROR_CODES];
  return known.includes(value);
}

/** In our words, as those of our own rules are; none repeats the input. */
function messageOf(issue: z.core.$ZodIssue): string {
  if (!/^(?:Invalid|Too (?:big|small))/.test(issue.message)) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return `must be ${TYPE_NAMES[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `must be ${issue.values.length === 1 ? "" : "one of "}${issue.values.map(String).join(", ")}`;
    case "too_small":
      return `must be at least ${issue.minimum}${UNIT_NAMES[issue.origin] ?? ""}`;
    case "too_big":
      return `must be at most ${issue.maximum}${UNIT_NAMES[issue.origin] ?? ""}`;
    default:
      return "is not in the form that this field has";
  }
}

const TYPE_NAMES: { readonly [expected: string]: string } = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};
const UNIT_NAMES: { readonly [origin: string]: string } = { string: " characters", array: " entries" };
