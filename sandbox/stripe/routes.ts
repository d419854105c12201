// The Stripe API: https://docs.stripe.com/api
import type { Account } from "../control/accounts.ts";
import type { Service } from "../http/api.ts";
import { header, json } from "../http/message.ts";
import { type Route, route } from "../http/router.ts";
import type { Sandbox } from "../sandbox.ts";
import { identifyStripe, requireStripeAccount } from "./authenticate.ts";
import { balanceRoutes } from "./balance-routes.ts";
import { disputeRoutes } from "./dispute-routes.ts";
import {
  addEqual,
  bodyParameters,
  causeOf,
  expandOnly,
  openPost,
  own,
  type Post,
  queryParameters,
} from "./endpoint.ts";
import { missing, ParameterError, plainFailure } from "./errors.ts";
import { renderEvent } from "./events.ts";
import { itemPaths, renderCharge, renderSession } from "./expand.ts";
import { keepAnswer } from "./idempotency.ts";
import { intentRoutes } from "./intent-routes.ts";
import { addRange, createdParameter, type Filter, listPage, pageParameters, renderList } from "./lists.ts";
import { choice, flag, hash, list, optional, text } from "./parameters.ts";
import type { StoredSession } from "./records.ts";
import { refundRoutes } from "./refund-routes.ts";
import { sessionParameters } from "./session-parameters.ts";
import { createSession, currentSession, expireOnRequest } from "./sessions.ts";
import { defaultVersion, versionOf } from "./versions.ts";

const sessionFilter = hash({
  ...pageParameters,
  created: optional(createdParameter),
  expand: optional(list(text())),
  payment_intent: optional(text()),
  status: optional(choice(["open", "complete", "expired"])),
});

const eventFilter = hash({
  ...pageParameters,
  created: optional(createdParameter),
  delivery_success: optional(flag),
  expand: optional(list(text())),
  type: optional(text()),
  types: optional(list(text())),
});

/** The service that impersonates Stripe. */
export function stripeService(sandbox: Sandbox): Service {
  const post = openPost(sandbox);
  return {
    name: "stripe",
    owns: (path) => path.startsWith("/v1/"),
    routes: [
      ...sessionRoutes(sandbox, post),
      ...readRoutes(sandbox),
      ...intentRoutes(sandbox, post),
      ...refundRoutes(sandbox, post),
      ...disputeRoutes(sandbox, post),
      ...balanceRoutes(sandbox),
    ],
    identify: (request) => identifyStripe(sandbox, request),
    fail: (request, status) => plainFailure(status, request.method, request.path),
    keep: (request, answer) => keepAnswer(sandbox, requireStripeAccount(sandbox, request), request, answer),
    admit(request) {
      requireStripeAccount(sandbox, request);
      versionOf(request);
    },
    dress: (request, answer) => ({
      ...answer,
      headers: {
        ...answer.headers,
        "cache-control": "no-cache, no-store",
        "request-id": `req_${request.id}`,
        "stripe-version": header(request, "stripe-version") ?? defaultVersion,
      },
    }),
  };
}

function sessionRoutes(sandbox: Sandbox, post: Post): Route[] {
  const { sessions } = sandbox.stripe;
  return [
    post("/v1/checkout/sessions", ({ account, request }) => {
      const version = versionOf(request);
      const parameters = sessionParameters(version)(bodyParameters(request), "");
      const session = createSession(sandbox, account, parameters, version);
      return json(200, renderSession(sandbox, session, parameters.expand));
    }),
    post("/v1/checkout/sessions/:id/expire", ({ account, request, id }) => {
      const { expand } = expandOnly(bodyParameters(request), "");
      const session = ownSession(sandbox, account, id);
      const expired = expireOnRequest(sandbox, session, causeOf(request));
      return json(200, renderSession(sandbox, expired, expand));
    }),
    route("GET", "/v1/checkout/sessions/:id", (request, { id = "" }) => {
      const { expand } = expandOnly(queryParameters(request), "");
      const session = ownSession(sandbox, requireStripeAccount(sandbox, request), id);
      return json(200, renderSession(sandbox, session, expand));
    }),
    route("GET", "/v1/checkout/sessions/:id/line_items", (request, { id = "" }) => {
      hash({ ...pageParameters, expand: optional(list(text())) })(queryParameters(request), "");
      const session = ownSession(sandbox, requireStripeAccount(sandbox, request), id);
      return json(200, renderList(`/v1/checkout/sessions/${id}/line_items`, session.lineItems, false));
    }),
    route("GET", "/v1/checkout/sessions", (request) => {
      const account = requireStripeAccount(sandbox, request);
      const parameters = sessionFilter(queryParameters(request), "");
      const filter: Filter = { sql: ["account = ?"], values: [account.id] };
      addEqual(filter, "body->>'$.wire.payment_intent'", parameters.payment_intent);
      addEqual(filter, "body->>'$.wire.status'", parameters.status);
      addRange(filter, parameters.created ?? {});
      const page = listPage(sessions, "stripe_sessions", "checkout.session", filter, parameters);
      const paths = itemPaths(parameters.expand ?? []);
      const data = page.rows.map((session) => renderSession(sandbox, session, paths));
      return json(200, renderList("/v1/checkout/sessions", data, page.hasMore));
    }),
  ];
}

function readRoutes(sandbox: Sandbox): Route[] {
  const { charges, events } = sandbox.stripe;
  return [
    route("GET", "/v1/charges/:id", (request, { id = "" }) => {
      const { expand } = expandOnly(queryParameters(request), "");
      const charge = own(sandbox, request, charges.find(id));
      if (!charge) {
        throw missing("charge", id, "id");
      }
      return json(200, renderCharge(sandbox, charge, expand));
    }),
    route("GET", "/v1/events/:id", (request, { id = "" }) => {
      expandOnly(queryParameters(request), "");
      const event = own(sandbox, request, events.find(id));
      if (!event) {
        throw missing("event", id, "id");
      }
      return json(200, renderEvent(event));
    }),
    route("GET", "/v1/events", (request) => {
      const account = requireStripeAccount(sandbox, request);
      const parameters = eventFilter(queryParameters(request), "");
      const filter: Filter = { sql: ["account = ?"], values: [account.id] };
      addTypes(filter, parameters.type, parameters.types);
      addRange(filter, parameters.created ?? {});
      if (parameters.delivery_success !== undefined) {
        filter.sql.push("body->>'$.isDelivered' = ?");
        filter.values.push(parameters.delivery_success ? 1 : 0);
      }
      const page = listPage(events, "stripe_events", "event", filter, parameters);
      return json(200, renderList("/v1/events", page.rows.map(renderEvent), page.hasMore));
    }),
  ];
}

function ownSession(sandbox: Sandbox, account: Account, id: string): StoredSession {
  const session = currentSession(sandbox, id);
  if (session?.account !== account.id) {
    throw missing("checkout.session", id, "session");
  }
  return session;
}

/** `type` may end in `.*`; `types` is a list of up to 20 whole names; both at once are refused. */
function addTypes(filter: Filter, type: string | undefined, types: string[] | undefined): void {
  if (type !== undefined && types !== undefined) {
    throw new ParameterError("type", "You may only specify one of these parameters: type, types.");
  }
  if (type?.endsWith("*")) {
    filter.sql.push("substr(body->>'$.wire.type', 1, ?) = ?");
    filter.values.push(type.length - 1, type.slice(0, -1));
  } else {
    addEqual(filter, "body->>'$.wire.type'", type);
  }
  if (types) {
    filter.sql.push(`body->>'$.wire.type' in (${types.map(() => "?").join(", ")})`);
    filter.values.push(...types);
  }
}
