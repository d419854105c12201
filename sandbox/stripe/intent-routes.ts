// `/v1/payment_intents`: https://docs.stripe.com/api/payment_intents
// Made by Checkout Sessions only, so there is no way to create one here.
import { json, type Request } from "../http/message.ts";
import { type Route, route } from "../http/router.ts";
import type { Sandbox } from "../sandbox.ts";
import { cancelIntent, captureIntent } from "./captures.ts";
import { bodyParameters, causeOf, expandOnly, own, type Post, queryParameters } from "./endpoint.ts";
import { missing } from "./errors.ts";
import { renderIntent } from "./expand.ts";
import {
  changedMetadata,
  choice,
  hash,
  integer,
  list,
  metadataChange,
  optional,
  text,
  unplayed,
} from "./parameters.ts";
import type { StoredIntent } from "./records.ts";

const capture = hash({
  amount_details: unplayed,
  amount_to_capture: optional(integer(1)),
  application_fee_amount: unplayed,
  expand: optional(list(text())),
  final_capture: unplayed,
  hooks: unplayed,
  metadata: metadataChange,
  payment_details: unplayed,
  statement_descriptor: unplayed,
  statement_descriptor_suffix: unplayed,
  transfer_data: unplayed,
});

const cancel = hash({
  cancellation_reason: optional(choice(["duplicate", "fraudulent", "requested_by_customer", "abandoned"])),
  expand: optional(list(text())),
});

/** Routes that read, capture and cancel payment intents. */
export function intentRoutes(sandbox: Sandbox, post: Post): Route[] {
  const ownIntent = (request: Request, id: string): StoredIntent => {
    const intent = own(sandbox, request, sandbox.stripe.intents.find(id));
    if (!intent) {
      throw missing("payment_intent", id, "intent");
    }
    return intent;
  };
  return [
    route("GET", "/v1/payment_intents/:id", (request, { id = "" }) => {
      const { expand } = expandOnly(queryParameters(request), "");
      return json(200, renderIntent(sandbox, ownIntent(request, id), expand));
    }),
    post("/v1/payment_intents/:id/capture", ({ request, id }) => {
      const { amount_to_capture, expand, metadata } = capture(bodyParameters(request), "");
      const intent = ownIntent(request, id);
      const changed = changedMetadata(intent.wire.metadata, metadata);
      const paid = captureIntent(sandbox, intent, amount_to_capture, changed, causeOf(request));
      return json(200, renderIntent(sandbox, paid, expand));
    }),
    post("/v1/payment_intents/:id/cancel", ({ request, id }) => {
      const { cancellation_reason: reason = null, expand } = cancel(bodyParameters(request), "");
      const canceled = cancelIntent(sandbox, ownIntent(request, id), reason, causeOf(request));
      return json(200, renderIntent(sandbox, canceled, expand));
    }),
  ];
}
