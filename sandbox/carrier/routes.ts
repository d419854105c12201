// The carrier's API: CAMARA carrier-billing v0.5 (all eight payment operations) and its token endpoint.
import type { Account } from "../control/accounts.ts";
import type { Service } from "../http/api.ts";
import { isRecord, mediaType } from "../http/body.ts";
import { type Answer, empty, header, json, type Request } from "../http/message.ts";
import { type Route, route } from "../http/router.ts";
import type { Sandbox } from "../sandbox.ts";
import { camaraAnswer, plainFailure, refused } from "./errors.ts";
import { listPayments } from "./list-payments.ts";
import type { OneStep } from "./one-step.ts";
import { checkPhone, needText, optionalText, parsePayment } from "./parse-payment.ts";
import { paymentPath, renderPayment } from "./payment.ts";
import type { CarrierPayment } from "./records.ts";
import { bearerToken, identifyCarrierClient, issueToken, oauthError, scopes } from "./token.ts";
import {
  cancelPayment,
  confirmPayment,
  preparePayment,
  renderValidation,
  validatePayment,
} from "./two-step.ts";

const tokenPath = "/carrier/oauth/token";
const base = "/carrier/carrier-billing/v0.5/payments";

/** The service that impersonates the carrier. */
export function carrierService(sandbox: Sandbox, oneStep: OneStep): Service {
  return {
    name: "carrier",
    owns: (path) => path.startsWith("/carrier/") && !path.startsWith("/carrier/validate/"),
    routes: [
      route("POST", tokenPath, (request) => issueToken(sandbox, request)),
      ...createRoutes(sandbox, oneStep),
      ...stepRoutes(sandbox),
    ],
    identify: (request) => identifyCarrierClient(sandbox, request),
    fail(request, status) {
      if (request.path === tokenPath) {
        const error = status >= 500 ? "server_error" : "temporarily_unavailable";
        return oauthError(status, error, "Try again later.");
      }
      // What a charge can miss is its subscriber; the definition has no other 404 there.
      const isCharge = [base, `${base}/prepare`].includes(request.path) && request.method === "POST";
      return isCharge && status === 404 ? camaraAnswer("IDENTIFIER_NOT_FOUND") : plainFailure(status);
    },
    admit(request) {
      if (request.path !== tokenPath && !bearerToken(sandbox, request)) {
        throw refused("UNAUTHENTICATED");
      }
      if (!isCorrelator(header(request, "x-correlator") ?? "")) {
        throw refused("INVALID_ARGUMENT", "x-correlator has characters that it may not have, or too many.");
      }
    },
    dress: (request, answer) => ({
      ...answer,
      headers: {
        ...answer.headers,
        ...(answer.status === 401 && request.path !== tokenPath ? { "www-authenticate": "Bearer" } : {}),
        "x-correlator": correlatorOf(request),
      },
    }),
  };
}

function createRoutes(sandbox: Sandbox, oneStep: OneStep): Route[] {
  return [
    route("POST", base, async (request) => {
      const account = requireScope(sandbox, request, scopes.create);
      const input = parsePayment(jsonBody(request));
      const payment = await oneStep.create(account, input, correlatorOf(request));
      return created(sandbox, payment, renderPayment(sandbox, payment));
    }),
    route("POST", `${base}/prepare`, (request) => {
      const account = requireScope(sandbox, request, scopes.create);
      const input = parsePayment(jsonBody(request));
      const payment = preparePayment(sandbox, account, input, correlatorOf(request));
      return created(sandbox, payment, {
        ...renderPayment(sandbox, payment),
        ...renderValidation(sandbox, payment),
      });
    }),
    route("GET", base, (request) => {
      const account = requireScope(sandbox, request, scopes.read);
      return listPayments(sandbox, account.id, request);
    }),
    route("GET", `${base}/:id`, (request, { id = "" }) => {
      const account = requireScope(sandbox, request, scopes.read);
      return json(200, renderPayment(sandbox, ownPayment(sandbox, account, id)));
    }),
  ];
}

function stepRoutes(sandbox: Sandbox): Route[] {
  return [
    route("POST", `${base}/:id/validate`, (request, { id = "" }) => {
      const account = requireScope(sandbox, request, scopes.write);
      const body = jsonBody(request);
      const authorizationId = needText(body, "authorizationId");
      const code = needText(body, "code");
      validatePayment(sandbox, ownPayment(sandbox, account, id), authorizationId, code);
      return accepted(204);
    }),
    route("POST", `${base}/:id/confirm`, (request, { id = "" }) => {
      const account = requireScope(sandbox, request, scopes.write);
      confirmPayment(sandbox, identifiedPayment(sandbox, account, id, request));
      return accepted(202);
    }),
    route("POST", `${base}/:id/cancel`, (request, { id = "" }) => {
      const account = requireScope(sandbox, request, scopes.write);
      cancelPayment(sandbox, identifiedPayment(sandbox, account, id, request));
      return accepted(202);
    }),
  ];
}

function created(sandbox: Sandbox, payment: CarrierPayment, body: object): Answer {
  return json(201, body, { location: `${sandbox.publicUrl}${paymentPath(payment.id)}` });
}

/** No body; the published scenarios want the JSON type all the same. */
function accepted(status: 202 | 204): Answer {
  return empty(status, { "content-type": "application/json" });
}

function requireScope(sandbox: Sandbox, request: Request, scope: string): Account {
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
function ownPayment(sandbox: Sandbox, account: Account, id: string): CarrierPayment {
  const payment = sandbox.carrier.payments.find(id);
  if (payment?.account !== account.id) {
    throw refused("NOT_FOUND");
  }
  return payment;
}

/** For confirm and cancel: the token is the application's own, so the body must name the phone. */
function identifiedPayment(sandbox: Sandbox, account: Account, id: string, request: Request): CarrierPayment {
  const phone = optionalText(jsonBody(request), "phoneNumber");
  if (phone === null) {
    throw refused("MISSING_IDENTIFIER");
  }
  checkPhone(phone);
  const payment = ownPayment(sandbox, account, id);
  if (payment.phone !== phone) {
    throw refused("IDENTIFIER_NOT_FOUND");
  }
  return payment;
}

function jsonBody(request: Request): Record<string, unknown> {
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

function isCorrelator(value: string): boolean {
  return /^[a-zA-Z0-9\-_:;./<>{}]{0,256}$/.test(value);
}

/** The request's own correlator, or one made for it. */
function correlatorOf(request: Request): string {
  const given = header(request, "x-correlator");
  return given !== undefined && isCorrelator(given) ? given : request.id;
}
