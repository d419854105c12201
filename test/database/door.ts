// The native door without a server: requests as Node's hook leaves them, answers as callers get them.

import { randomUUID } from "node:crypto";
import { type Operation, routeHandlers } from "#lib/doors/native/operation.ts";
import { noteClientAddress } from "#lib/http/client-address.ts";
import type { ServiceDeps } from "#lib/services/context.ts";

type Method = "GET" | "POST" | "PATCH";

/** Addresses with their operations; `{id}` stands for one segment. */
export type Addresses = Readonly<Record<string, Partial<Record<Method, Operation>>>>;

export interface DoorCall {
  readonly key: string;
  readonly body?: unknown;
  /** Where the connection comes from. */
  readonly from?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly trustedHops?: number;
}

export interface DoorAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // The tests look into answers as a client would, without a schema.
  readonly json: Record<string, never> & { readonly [field: string]: unknown };
}

/** A function that calls the door; POSTs have a fresh Idempotency-Key unless one is given. */
export function openDoor(deps: ServiceDeps, addresses: Addresses) {
  return async (method: Method, path: string, call: DoorCall): Promise<DoorAnswer> => {
    const [address = ""] = path.split("?");
    const [pattern, operations] =
      Object.entries(addresses).find(([name]) => shapeOf(name).test(address)) ?? [];
    if (pattern === undefined || operations === undefined) throw new Error(`No address is like ${path}.`);
    const handlers = routeHandlers(() => deps, pattern, operations);
    const id = shapeOf(pattern).exec(address)?.[1];
    const response = await handlers[method](toRequest(method, path, call), {
      params: Promise.resolve(id === undefined ? undefined : { id }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: JSON.parse(text) };
  };
}

function shapeOf(pattern: string): RegExp {
  return new RegExp(`^${pattern.replace("{id}", "([^/]+)")}$`);
}

function toRequest(method: Method, path: string, call: DoorCall): Request {
  const headers: Record<string, string> = {
    authorization: `Bearer ${call.key}`,
    ...(method === "POST" ? { "idempotency-key": randomUUID() } : {}),
    ...(call.body === undefined ? {} : { "content-type": "application/json" }),
    ...call.headers,
  };
  noteClientAddress({ headers, socket: { remoteAddress: call.from } }, call.trustedHops ?? 0);
  return new Request(`http://localhost/api/v1${path}`, {
    method,
    headers,
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  });
}
