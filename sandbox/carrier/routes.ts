// The carrier's API: CAMARA carrier-billing v0.5 (all payment operations), its refunds, and its token endpoint.
import type { Account } from "../control/accounts.ts";
import type { Service } from "../http/api.ts";
import { type Answer, empty, header, json, type Request } from "../http/message.ts";
import { type Route, route } from "../http/router.ts";
import type { Sandbox } from "../sandbox.ts";
import { correlatorOf, isCorrelator, jsonBody, ownPayment, requireScope } from "./endpoint.ts";
import { camaraAnswer, plainFailure, refused } from "./errors.ts";
import { needText, optionalText } from "./fields.ts";
import { type ListKind, listAnswer } from "./lists.ts";
import type { OneStep } from "./one-step.ts";
import { checkPhone, parsePayment } from "./parse-payment.ts";
import { paymentPath, renderPayment } from "./payment.ts";
import { type CarrierPayment, paymentStatuses } from "./records.ts";
import { refundsBase } from "./refund.ts";
import { refundRoutes } from "./refund-routes.ts";
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
      ...refundRoutes(sandbox),
    ],
    identify: (request) => identifyCarrierClient(sandbox, request),
    fail(request, status) {
      if (request.path === tokenPath) {
        const error = status >= 500 ? "server_error" : "temporarily_unavailable";
        return oauthError(status, error, "Try again later.");
      }
      // What a charge can miss is its subscriber; the definition has no other 404 there.
      const isCharge = [base, `${base}/prepare`].includes(request.path) && request.method === "POST";
      if (status === 422 && request.path.startsWith(refundsBase)) {
        return camaraAnswer("CARRIER_BILLING_REFUND.UNAUTHORIZED_AMOUNT");
      }
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
  const paymentList: ListKind<CarrierPayment> = {
    collection: sandbox.carrier.payments,
    statusName: "paymentStatus",
    statuses: paymentStatuses,
    dateName: "paymentCreationDate",
    wrongRange: "CARRIER_BILLING.INVALID_DATE_RANGE",
    tooMany: "CARRIER_BILLING.TOO_MANY_MATCHING_RECORDS",
    render: (payment) => renderPayment(sandbox, payment),
  };
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
      return listAnswer(paymentList, { sql: "account = ?", values: [account.id] }, request.query);
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
