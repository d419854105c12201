// Plain HTTP without a browser's or fetch's own headers, redirects or decoding: what is sent is what is written.

import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { buffer } from "node:stream/consumers";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** The body as UTF-8. */
  readonly text: string;
}

export interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as a form. */
  readonly form?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
}

/** One request; a redirect is an answer like any other. */
export async function send(url: string, call: Call = {}): Promise<Answer> {
  const { form, json, headers = {} } = call;
  const isForm = form !== undefined;
  const body = isForm
    ? new URLSearchParams(form).toString()
    : json === undefined
      ? undefined
      : JSON.stringify(json);
  const type = isForm ? "application/x-www-form-urlencoded" : "application/json";
  return await new Promise((resolve, reject) => {
    const outgoing = httpRequest(url, {
      method: call.method ?? (body === undefined ? "GET" : "POST"),
      agent: false,
      headers: {
        ...(body === undefined ? {} : { "content-type": type, "content-length": Buffer.byteLength(body) }),
        ...headers,
      },
    });
    outgoing.once("error", reject);
    outgoing.once("response", (response) => {
      buffer(response).then(
        (bytes) =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            bytes,
            text: bytes.toString("utf8"),
          }),
        reject,
      );
    });
    outgoing.end(body);
  });
}

const HOPS_MAX = 5;

/** Follows redirects as a browser that opens an address does; returns where it ends and what is there. */
export async function open(url: string): Promise<Answer & { readonly url: string }> {
  let current = url;
  for (let hop = 0; hop <= HOPS_MAX; hop += 1) {
    const answer = await send(current);
    const { location } = answer.headers;
    if (answer.status < 300 || answer.status >= 400 || location === undefined) {
      return { ...answer, url: current };
    }
    current = new URL(location, current).href;
  }
  throw new Error(`More than ${HOPS_MAX} redirects from ${url}`);
}
