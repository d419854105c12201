// Reading and parsing request bodies.
import type { IncomingMessage } from "node:http";
import { AnswerError, failure, header, type Request } from "./message.ts";

/** More than any request of the three services needs; a larger body is refused with 413. */
const bodyLimitBytes = 1024 * 1024;

/**
 * Reads the whole body; null when it is larger than the limit.
 * The rest of a body that is too large is read and thrown away, so that the client sees the 413
 * instead of a broken pipe.
 */
export async function readBody(incoming: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= bodyLimitBytes) {
      chunks.push(chunk);
    }
  }
  return size > bodyLimitBytes ? null : Buffer.concat(chunks);
}

/** Media type of the body in lower case, without its parameters. */
export function mediaType(request: Request): string {
  return (header(request, "content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

/** Fields of a form-encoded body. */
export function formFields(request: Request): URLSearchParams {
  return new URLSearchParams(request.body.toString("utf8"));
}

/** True for a plain JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The body as a JSON object; an empty body counts as `{}`.
 * For the sandbox's own endpoints: ends the request with 400 `invalid_json` otherwise.
 */
export function jsonObject(request: Request): Record<string, unknown> {
  const text = request.body.toString("utf8");
  if (text.trim() === "") {
    return {};
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) {
      return value;
    }
  } catch {
    // Falls through to the one error below.
  }
  throw invalid("invalid_json", "The body must be a JSON object.");
}

/** A 400 in the sandbox's own shape. */
export function invalid(code: string, message: string): AnswerError {
  return new AnswerError(failure(400, code, message), message);
}
