// What a handler receives and gives back. Bodies are read whole before a handler runs, and answers are
// built whole before a byte leaves, so that a fault can still hold, replace or drop them.
import type { IncomingHttpHeaders, ServerResponse } from "node:http";

export type Request = {
  /** Random; the base of a service's own request id. */
  id: string;
  method: string;
  /** Path as it came, without the query; percent-escapes untouched. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** Runs once, after the answer was written or the connection dropped. */
  onSettled: (listener: () => void) => void;
};

export type Answer = { status: number; headers: Record<string, string>; body: string };

/** An answer that stays open: the handler owns the response from here on. */
export type OpenStream = { stream: (response: ServerResponse) => void };

export type Handler = (
  request: Request,
  params: Record<string, string>,
) => Answer | OpenStream | Promise<Answer | OpenStream>;

/** Thrown anywhere below a handler to end the request with this answer. */
export class AnswerError extends Error {
  readonly answer: Answer;

  constructor(answer: Answer, message: string) {
    super(message);
    this.answer = answer;
  }
}

/** A JSON answer. */
export function json(status: number, value: unknown, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body: `${JSON.stringify(value, null, 2)}\n`,
  };
}

/** An answer without a body. */
export function empty(status: number, headers: Record<string, string> = {}): Answer {
  return { status, headers, body: "" };
}

/** 303, so that a browser follows with GET whatever it sent. */
export function seeOther(location: string): Answer {
  return empty(303, { location, "cache-control": "no-store" });
}

/** The sandbox's own error shape, for everything that is not one of the three services. */
export function failure(status: number, code: string, message: string): Answer {
  return json(status, { error: { code, message } });
}

/** The named header as one text, or undefined. */
export function header(request: Request, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}
