// What the endpoints of the Stripe API have in common.
import type { Account } from "../control/accounts.ts";
import { mediaType } from "../http/body.ts";
import { type Answer, header, type Request } from "../http/message.ts";
import { type Route, route } from "../http/router.ts";
import type { Sandbox } from "../sandbox.ts";
import type { Entry } from "../store/collection.ts";
import { requireStripeAccount } from "./authenticate.ts";
import { ParameterError } from "./errors.ts";
import type { Cause } from "./events.ts";
import { decodeParameters, type RawTree } from "./form.ts";
import { openIdempotency } from "./idempotency.ts";
import type { Filter } from "./lists.ts";
import { hash, list, optional, text } from "./parameters.ts";

/** Parameters of endpoints that take nothing else. */
export const expandOnly = hash({ expand: optional(list(text())) });

export type Call = { account: Account; request: Request; id: string };

/** Makes a route for POST, under idempotency keys. */
export type Post = (path: string, execute: (call: Call) => Answer) => Route;

/** Opens the one table of idempotency keys that all POSTs share. */
export function openPost(sandbox: Sandbox): Post {
  const idempotent = openIdempotency(sandbox);
  return (path, execute) =>
    route("POST", path, (request, { id = "" }) => {
      const account = requireStripeAccount(sandbox, request);
      return idempotent(account, request, () => execute({ account, request, id }));
    });
}

/** The request as the cause of the events that follow from it. */
export function causeOf(request: Request): Cause {
  return {
    requestId: `req_${request.id}`,
    idempotencyKey: header(request, "idempotency-key") ?? null,
  };
}

/** The entry if it is the asking account's. */
export function own<T extends Entry>(sandbox: Sandbox, request: Request, entry: T | null): T | null {
  return entry?.account === requireStripeAccount(sandbox, request).id ? entry : null;
}

/** Keeps only rows with this value, where one is wanted. */
export function addEqual(filter: Filter, column: string, value: string | undefined): void {
  if (value !== undefined) {
    filter.sql.push(`${column} = ?`);
    filter.values.push(value);
  }
}

/** Parameters in the body; ends the request when it is not form-encoded. */
export function bodyParameters(request: Request): RawTree {
  if (request.body.length > 0 && mediaType(request) !== "application/x-www-form-urlencoded") {
    throw new ParameterError(
      "",
      "Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you have any questions, we can help at https://support.stripe.com/.",
    );
  }
  return decoded(new URLSearchParams(request.body.toString("utf8")));
}

/** Parameters in the query. */
export function queryParameters(request: Request): RawTree {
  return decoded(request.query);
}

function decoded(source: URLSearchParams): RawTree {
  const tree = decodeParameters(source);
  if (!tree) {
    throw new ParameterError("", "Invalid request: the parameters are not well-formed.");
  }
  return tree;
}
