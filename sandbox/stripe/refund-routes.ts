// `/v1/refunds`: https://docs.stripe.com/api/refunds
import { json, type Request } from "../http/message.ts";
import type { Route } from "../http/router.ts";
import type { Sandbox } from "../sandbox.ts";
import { type OfCharge, ownOf, readingRoutes } from "./charge-lists.ts";
import { bodyParameters, causeOf, expandOnly, type Post } from "./endpoint.ts";
import { renderRefund } from "./expand.ts";
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

/** Routes that make, change, read and list refunds. */
export function refundRoutes(sandbox: Sandbox, post: Post): Route[] {
  const of: OfCharge<StoredRefund> = {
    kind: "refund",
    idName: "id",
    collection: sandbox.stripe.refunds,
    render: renderRefund,
  };
  const ownRefund = (request: Request, id: string) => ownOf(sandbox, of, request, id);
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
    ...readingRoutes(sandbox, of),
  ];
}
