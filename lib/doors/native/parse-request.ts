// A request of the native door, parsed at the edge: everything behind it is typed.

import type { z } from "zod";
import { decodeUtf8, readBody } from "../body.ts";
import { type FieldFault, TransportError, ValidationError } from "../door.ts";
import { canonicalJson, parseStrictJson } from "../strict-json.ts";

const BODY_BYTES_MAX = 64 * 1024;
const FAULTS_MAX = 50;
/** Of a pointer; keys come from the caller and may be long. */
const POINTER_LENGTH_MAX = 200;

export interface OperationShape<Body, Query> {
  /** Absent: the operation takes no body. */
  readonly body?: z.ZodType<Body>;
  readonly query: z.ZodType<Query>;
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
  const query = validate(shape.query, readQuery(request), (path) => `?${path.map(String).join(".")}`);
  const raw = await readJson(request);
  if (shape.body === undefined) {
    if (raw !== undefined)
      throw new ValidationError([{ pointer: "", code: "unexpected", message: "takes no body" }]);
    return { body: undefined as Body, query, canonical: "" };
  }
  const body = validate(shape.body, raw, toPointer);
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
      throw new ValidationError([{ pointer: `?${name}`, code: "repeated", message: "must stand once" }]);
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
    result.error.issues.flatMap((issue) => faultsOf(issue, pointerOf)).slice(0, FAULTS_MAX),
  );
}

/** RFC 6901. */
function toPointer(path: readonly PropertyKey[]): string {
  const parts = path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`);
  return parts.join("").slice(0, POINTER_LENGTH_MAX);
}

function faultsOf(
  issue: z.core.$ZodIssue,
  pointerOf: (path: readonly PropertyKey[]) => string,
): FieldFault[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      pointer: pointerOf([...issue.path, key]),
      code: "unknown_field",
      message: "is not a field of this operation",
    }));
  }
  if (issue.code === "invalid_union") {
    // The alternative that came closest tells the caller most.
    const closest = [...issue.errors].sort((a, b) => a.length - b.length)[0] ?? [];
    const faults = closest.flatMap((inner) =>
      faultsOf({ ...inner, path: [...issue.path, ...inner.path] } as z.core.$ZodIssue, pointerOf),
    );
    if (faults.length > 0) return faults;
  }
  const isMissing = issue.code === "invalid_type" && /received undefined/.test(issue.message);
  return [
    {
      pointer: pointerOf(issue.path),
      code: isMissing ? "missing" : issue.code,
      message: messageOf(issue, isMissing),
    },
  ];
}

/** Our own words where we have them; the library's never repeat the input. */
function messageOf(issue: z.core.$ZodIssue, isMissing: boolean): string {
  if (isMissing) return "is missing";
  return issue.message.replace(/, received .*$/, "");
}
