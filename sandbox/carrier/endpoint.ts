// What the endpoints of both definitions have in common.
import type { Account } from "../control/accounts.ts";
import { isRecord, mediaType } from "../http/body.ts";
import { header, type Request } from "../http/message.ts";
import type { Sandbox } from "../sandbox.ts";
import { refused } from "./errors.ts";
import type { Fields } from "./fields.ts";
import type { CarrierPayment } from "./records.ts";
import { bearerToken } from "./token.ts";

/** The client whose token the request carries; the token must have the scope. */
export function requireScope(sandbox: Sandbox, request: Request, scope: string): Account {
  const token = bearerToken(sandbox, request);
  const account = token && sandbox.accounts.find(token.account);
  if (!account) {
    throw refused("UNAUTHENTICATED");
  }
  if (!token.scopes.includes(scope)) {
    throw refused("PERMISSION_DENIED");
  }
  return account;
}

/** Another client's payment reads like one that does not exist. */
export function ownPayment(sandbox: Sandbox, account: Account, id: string): CarrierPayment {
  const payment = sandbox.carrier.payments.find(id);
  if (payment?.account !== account.id) {
    throw refused("NOT_FOUND");
  }
  return payment;
}

/** The body, which must be a JSON object. */
export function jsonBody(request: Request): Fields {
  if (mediaType(request) !== "application/json") {
    throw refused("UNSUPPORTED_MEDIA_TYPE");
  }
  try {
    const body: unknown = JSON.parse(request.body.toString("utf8"));
    if (isRecord(body)) {
      return body;
    }
  } catch {
    // Falls through to the one error below.
  }
  throw refused("INVALID_ARGUMENT", "The body must be a JSON object.");
}

/** Whether the definition allows this x-correlator. */
export function isCorrelator(value: string): boolean {
  return /^[a-zA-Z0-9\-_:;./<>{}]{0,256}$/.test(value);
}

/** The request's own correlator, or one made for it. */
export function correlatorOf(request: Request): string {
  const given = header(request, "x-correlator");
  return given !== undefined && isCorrelator(given) ? given : request.id;
}
