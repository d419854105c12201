// The system as its users reach it: from demo.json, over HTTP, with nothing of ours.

import { randomUUID } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import { inject } from "vitest";
import { descriptionOf } from "../description.ts";

export interface Demo {
  readonly base_url: string;
  readonly sandbox_url: string;
  readonly api_key: string;
  readonly callback_secret: string;
}

export const demo = (): Demo => JSON.parse(readFileSync(inject("demoPath"), "utf8")) as Demo;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // The tests look into answers as a client would, without a schema.
  readonly json: Record<string, never> & { readonly [field: string]: unknown };
}

export interface CallOptions {
  readonly method?: string;
  readonly body?: unknown;
  /** Sent as it is, instead of `body` as JSON. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Record<string, string>;
}

/**
 * Calls the API with the demo key, and a fresh Idempotency-Key on POST. An answer that the API's description does not
 * promise fails the test that got it.
 */
export async function call(path: string, options: CallOptions = {}): Promise<Answer> {
  const { base_url, api_key } = demo();
  const hasBody = options.body !== undefined || options.raw !== undefined;
  const method = options.method ?? (hasBody ? "POST" : "GET");
  const response = await fetch(`${base_url}/api/v1${path}`, {
    method,
    redirect: "manual",
    headers: {
      authorization: `Bearer ${api_key}`,
      ...(method === "POST" ? { "idempotency-key": randomUUID() } : {}),
      ...(hasBody ? { "content-type": "application/json" } : {}),
      ...options.headers,
    },
    ...(hasBody ? { body: options.raw ?? JSON.stringify(options.body) } : {}),
  });
  const text = await response.text();
  const seen = (await descriptionOf(base_url)).check({
    method,
    path,
    status: response.status,
    contentType: response.headers.get("content-type"),
    requestId: response.headers.get("x-request-id"),
    text,
  });
  if (seen !== null) appendFileSync(inject("seenPath"), `${seen}\n`);
  return { status: response.status, headers: response.headers, text, json: parse(text) as Answer["json"] };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

let lastNumber = 0;

/** A Norwegian mobile number that no other test uses. */
export function freshPhone(ending = "00"): string {
  lastNumber += 1;
  return `+474${String((process.pid * 997 + lastNumber) % 100_000).padStart(5, "0")}${ending}`;
}

export const smallest = (phone = freshPhone()) => ({
  amount: 24_900,
  currency: "NOK",
  payer: { phone },
  description: "Swimming gala, two tickets",
});
