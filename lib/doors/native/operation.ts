// One operation of the native door: authenticate, parse, call one verb, render. Keyed operations give the first
// answer again.

import type { z } from "zod";
import { isApiKeyShape } from "#lib/crypto/api-key.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { RateStanding } from "#lib/domain/ports/rate-limiter.ts";
import type { Scope } from "#lib/domain/tenant.ts";
import { readClientAddress } from "#lib/http/client-address.ts";
import { requireScope, type ServiceContext, type ServiceDeps } from "#lib/services/context.ts";
import type { Answer, KeyedAnswer, KeyedRequest } from "#lib/services/idempotency/once.ts";
import { authenticateKey } from "#lib/services/keys/authenticate.ts";
import { takeFromBudget } from "#lib/services/keys/limit.ts";
import { serve, TransportError } from "../door.ts";
import { nativeDialect } from "./errors.ts";
import { type OperationDoc, type OperationShape, parseRequest } from "./parse-request.ts";
import { requireWithin, stampStanding } from "./rate-limit.ts";

export interface OperationCall<Body, Query> {
  readonly ctx: ServiceContext;
  readonly params: Readonly<Record<string, string>>;
  readonly body: Body;
  readonly query: Query;
  /** Present on operations that need an Idempotency-Key. */
  readonly keyed: KeyedRequest;
}

export interface Operation extends OperationDescription {
  readonly handle: (
    ctx: ServiceContext,
    request: Request,
    params: Readonly<Record<string, string>>,
  ) => Promise<Response>;
}

/** What the API's description is made of. */
export interface OperationDescription {
  readonly doc: OperationDoc;
  /** The forms that its body may have; none where it takes no body. */
  readonly bodies: readonly z.ZodType[];
  readonly query: z.ZodType;
  readonly isKeyed: boolean;
}

function descriptionOf<Body, Query>(
  shape: OperationShape<Body, Query>,
  isKeyed: boolean,
): OperationDescription {
  const { body, doc, query } = shape;
  const bodies = body === undefined ? [] : "forms" in body ? body.forms : [body];
  return { doc, bodies, query, isKeyed };
}

/** An operation without an Idempotency-Key; its result is the answer's JSON. */
export function operation<Body, Query>(
  shape: OperationShape<Body, Query> & {
    readonly run: (call: Omit<OperationCall<Body, Query>, "keyed">) => Promise<unknown>;
  },
): Operation {
  return {
    ...descriptionOf(shape, false),
    handle: async (ctx, request, params) => {
      const { body, query } = await parseRequest(shape, request);
      return json(shape.doc.status, JSON.stringify(await shape.run({ ctx, params, body, query })));
    },
  };
}

/** An operation that sends an SMS or moves money: it needs an Idempotency-Key. */
export function keyedOperation<Body, Query>(
  shape: OperationShape<Body, Query> & {
    /** What the caller must hold to be given the first answer again; the verb itself asks for it too. */
    readonly scope: Scope;
    readonly run: (call: OperationCall<Body, Query>) => Promise<KeyedAnswer>;
  },
): Operation {
  return {
    ...descriptionOf(shape, true),
    handle: async (ctx, request, params) => {
      const key = readKey(request);
      const { body, query, canonical } = await parseRequest(shape, request);
      requireScope(ctx, shape.scope);
      const route = `${request.method} ${new URL(request.url).pathname.replace(/\/$/, "")}`;
      const fingerprint = ctx.vault.hash(canonical);
      const answer = await shape.run({ ctx, params, body, query, keyed: { route, key, fingerprint } });
      const response = json(answer.status, answer.body);
      if (answer.isReplay) response.headers.set("idempotent-replayed", "true");
      return response;
    },
  };
}

function json(status: number, body: string): Response {
  return new Response(body, { status, headers: { "content-type": "application/json" } });
}

export function toAnswer(status: number, body: unknown): Answer {
  return { status, body: JSON.stringify(body) };
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
/** What one address has; every other method answers 405. */
export type Operations = Readonly<Partial<Record<Method, Operation>>>;
type Handler = (
  request: Request,
  // Next gives no params to an address without any.
  segment: { readonly params: Promise<Readonly<Record<string, string | string[]>> | undefined> },
) => Promise<Response>;

export const METHODS: readonly Method[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** Handlers for one address, one for every method: those it does not have answer 405. */
export function routeHandlers(
  getDeps: () => ServiceDeps,
  route: string,
  operations: Operations,
): Record<Method, Handler> {
  const handlerFor = (method: Method): Handler => {
    return async (request, { params }) => {
      const deps = getDeps();
      let standing: RateStanding | null = null;
      const response = await serve(deps, nativeDialect, `${method} ${route}`, async (correlationId) => {
        const ctx = await authenticateKey(deps, {
          key: readApiKey(request),
          clientAddress: readClientAddress(request.headers),
          correlationId,
        });
        standing = await takeFromBudget(ctx, method === "GET" ? "read" : "write");
        requireWithin(standing);
        const found = operations[method];
        if (found === undefined)
          throw new TransportError("method_not_allowed", "This address has no such method.");
        return await found.handle(ctx, request, toTextParams((await params) ?? {}));
      });
      if (standing !== null) stampStanding(response, standing);
      return response;
    };
  };
  const allow = Object.keys(operations).sort().join(", ");
  return Object.fromEntries(
    METHODS.map((method) => [
      method,
      operations[method] === undefined ? withAllow(handlerFor(method), allow) : handlerFor(method),
    ]),
  ) as Record<Method, Handler>;
}

/** Handlers for addresses that do not exist. */
export function notFoundHandlers(getDeps: () => ServiceDeps): Record<Method, Handler> {
  const handler: Handler = () =>
    serve(getDeps(), nativeDialect, "unknown", async () => {
      throw new TransportError("route_not_found", "There is nothing at this address.");
    });
  return { GET: handler, POST: handler, PUT: handler, PATCH: handler, DELETE: handler };
}

function withAllow(handler: Handler, allow: string): Handler {
  return async (request, segment) => {
    const response = await handler(request, segment);
    if (response.status === 405) response.headers.set("allow", allow);
    return response;
  };
}

function toTextParams(params: Readonly<Record<string, string | string[]>>): Record<string, string> {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)]));
}

/** The bearer token, where it has the shape of a key. Every refusal is the same. */
function readApiKey(request: Request): string {
  const header = request.headers.get("authorization") ?? "";
  const key = /^Bearer ([0-9A-Za-z_]{1,100})$/i.exec(header)?.[1];
  if (key === undefined || !isApiKeyShape(key)) {
    throw new ServiceError("unauthenticated", "The API key is missing or not valid.");
  }
  return key;
}

function readKey(request: Request): string {
  const key = request.headers.get("idempotency-key");
  if (key === null) {
    throw new ServiceError("idempotency_key_missing", "This operation needs an Idempotency-Key header.");
  }
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new ServiceError(
      "idempotency_key_invalid",
      "An Idempotency-Key is 1 to 255 printable ASCII characters.",
    );
  }
  return key;
}
