// `/v1/refunds`: https://docs.stripe.com/api/refunds
import { json, type Request } from "../http/message.ts";
import { type Route, route } from "../http/router.ts";
import type { Sandbox } from "../sandbox.ts";
import { requireStripeAccount } from "./authenticate.ts";
import {
  addEqual,
  bodyParameters,
  causeOf,
  expandOnly,
  own,
  type Post,
  queryParameters,
} from "./endpoint.ts";
import { missing } from "./errors.ts";
import { itemPaths, renderRefund } from "./expand.ts";
import { addRange, createdParameter, type Filter, listPage, pageParameters, renderList } from "./lists.ts";
import {
  changedMetadata,
  choice,
  hash,
  integer,
  list,
  metadata,
  metadataChange,
  optional,
  text,
  unplayed,
} from "./parameters.ts";
import type { StoredRefund } from "./records.ts";
import { cancelRefund, createRefund, save } from "./refunds.ts";

const newRefund = hash({
  amount: optional(integer(1)),
  charge: optional(text()),
  currency: unplayed,
  customer: unplayed,
  expand: optional(list(text())),
  instructions_email: unplayed,
  metadata,
  origin: unplayed,
  payment_intent: optional(text()),
  reason: optional(choice(["duplicate", "fraudulent", "requested_by_customer"])),
  refund_application_fee: unplayed,
  reverse_transfer: unplayed,
});

const refundChange = hash({ expand: optional(list(text())), metadata: metadataChange });

const refundFilter = hash({
  ...pageParameters,
  charge: optional(text()),
  created: optional(createdParameter),
  expand: optional(list(text())),
  payment_intent: optional(text()),
});

/** Routes that make, change, read and list refunds. */
export function refundRoutes(sandbox: Sandbox, post: Post): Route[] {
  const { refunds } = sandbox.stripe;
  const ownRefund = (request: Request, id: string): StoredRefund => {
    const refund = own(sandbox, request, refunds.find(id));
    if (!refund) {
      throw missing("refund", id, "id");
    }
    return refund;
  };
  return [
    post("/v1/refunds", ({ account, request }) => {
      const parameters = newRefund(bodyParameters(request), "");
      const refund = createRefund(sandbox, account, parameters, causeOf(request));
      return json(200, renderRefund(sandbox, refund, parameters.expand));
    }),
    post("/v1/refunds/:id", ({ request, id }) => {
      const { expand, metadata } = refundChange(bodyParameters(request), "");
      const refund = ownRefund(request, id);
      const wire = { ...refund.wire, metadata: changedMetadata(refund.wire.metadata, metadata) };
      return json(200, renderRefund(sandbox, save(sandbox, refund, wire, causeOf(request)), expand));
    }),
    post("/v1/refunds/:id/cancel", ({ request, id }) => {
      const { expand } = expandOnly(bodyParameters(request), "");
      const cancelled = cancelRefund(sandbox, ownRefund(request, id), causeOf(request));
      return json(200, renderRefund(sandbox, cancelled, expand));
    }),
    route("GET", "/v1/refunds/:id", (request, { id = "" }) => {
      const { expand } = expandOnly(queryParameters(request), "");
      return json(200, renderRefund(sandbox, ownRefund(request, id), expand));
    }),
    route("GET", "/v1/refunds", (request) => {
      const account = requireStripeAccount(sandbox, request);
      const parameters = refundFilter(queryParameters(request), "");
      const filter: Filter = { sql: ["account = ?"], values: [account.id] };
      addEqual(filter, "body->>'$.wire.charge'", parameters.charge);
      addEqual(filter, "body->>'$.wire.payment_intent'", parameters.payment_intent);
      addRange(filter, parameters.created ?? {});
      const page = listPage(refunds, "stripe_refunds", "refund", filter, parameters);
      const paths = itemPaths(parameters.expand ?? []);
      const data = page.rows.map((refund) => renderRefund(sandbox, refund, paths));
      return json(200, renderList("/v1/refunds", data, page.hasMore));
    }),
  ];
}
