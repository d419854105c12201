// Operations on callback endpoints.

import { ServiceError } from "#lib/domain/errors.ts";
import { type EndpointId, parseId } from "#lib/domain/ids.ts";
import { createEndpoint } from "#lib/services/callbacks/create-endpoint.ts";
import { deleteCallbackEndpoint } from "#lib/services/callbacks/delete-endpoint.ts";
import type { EndpointDetail, EndpointWithSecret } from "#lib/services/callbacks/endpoint-rows.ts";
import { getCallbackEndpoint, listCallbackEndpoints } from "#lib/services/callbacks/get-endpoints.ts";
import { rotateSecret } from "#lib/services/callbacks/rotate-secret.ts";
import { testEndpoint } from "#lib/services/callbacks/test-endpoint.ts";
import { updateCallbackEndpoint } from "#lib/services/callbacks/update-endpoint.ts";
import { findAnswer, once } from "#lib/services/idempotency/once.ts";
import {
  endpointAnswer,
  endpointDeletedAnswer,
  endpointListAnswer,
  endpointWithSecretAnswer,
} from "./answers/callback-endpoint.ts";
import { deliveryAnswer } from "./answers/delivery.ts";
import { vetCallbackAddress } from "./callback-address.ts";
import { createEndpointBody, rotateSecretBody, updateEndpointBody } from "./callback-schemas.ts";
import { renderDelivery } from "./deliveries.ts";
import { keyedOperation, operation, toAnswer } from "./operation.ts";
import { emptyBody, noQuery } from "./schemas.ts";

const TAG = "Callbacks";

export const createEndpointOperation = keyedOperation({
  scope: "callbacks:write",
  body: createEndpointBody,
  query: noQuery,
  doc: {
    id: "createCallbackEndpoint",
    tag: TAG,
    summary: "Be called back at one more address.",
    details: "The secret is in this answer and nowhere else.",
    status: 201,
    answer: endpointWithSecretAnswer,
    errors: ["url_not_allowed", "event_type_unknown", "endpoint_limit_reached"],
  },
  run: async ({ ctx, body, keyed }) => {
    // The name may lead elsewhere by now; a repeat is answered as the first was.
    const earlier = await findAnswer(ctx, keyed);
    if (earlier !== null) return earlier;
    const url = await vetCallbackAddress(ctx, ["callbacks:write"], body.url, "/url");
    const input = {
      url,
      description: body.description ?? null,
      eventTypes: body.event_types,
      isEnabled: body.is_enabled,
    };
    return await once(ctx, keyed, async (inTx) =>
      toAnswer(201, renderEndpointWithSecret(await createEndpoint(inTx, input))),
    );
  },
});

export const listEndpointsOperation = operation({
  query: noQuery,
  doc: {
    id: "listCallbackEndpoints",
    tag: TAG,
    summary: "Every address that is called back: the default one first, then the oldest.",
    status: 200,
    answer: endpointListAnswer,
    errors: [],
  },
  run: async ({ ctx }) => ({
    data: (await listCallbackEndpoints(ctx)).map(renderEndpoint),
    next_cursor: null,
  }),
});

export const getEndpointOperation = operation({
  query: noQuery,
  doc: {
    id: "getCallbackEndpoint",
    tag: TAG,
    summary: "One address, and how its callbacks go.",
    status: 200,
    answer: endpointAnswer,
    errors: ["endpoint_not_found"],
  },
  run: async ({ ctx, params }) => renderEndpoint(await getCallbackEndpoint(ctx, endpointId(params))),
});

export const updateEndpointOperation = operation({
  body: updateEndpointBody,
  query: noQuery,
  doc: {
    id: "updateCallbackEndpoint",
    tag: TAG,
    summary: "Change where, about what, and whether to be called back.",
    details:
      "What is still to be delivered goes to the new address. With `version`, only what was not changed since.",
    status: 200,
    answer: endpointAnswer,
    errors: ["endpoint_not_found", "url_not_allowed", "event_type_unknown", "version_conflict"],
  },
  run: async ({ ctx, params, body }) => {
    const id = endpointId(params);
    const url =
      body.url === undefined
        ? undefined
        : await vetCallbackAddress(ctx, ["callbacks:write"], body.url, "/url");
    const changes = {
      ...(url === undefined ? {} : { url }),
      ...(body.description === undefined ? {} : { description: body.description }),
      ...(body.event_types === undefined ? {} : { eventTypes: body.event_types }),
      ...(body.is_enabled === undefined ? {} : { isEnabled: body.is_enabled }),
    };
    return renderEndpoint(await updateCallbackEndpoint(ctx, id, changes, body.version ?? null));
  },
});

export const deleteEndpointOperation = operation({
  query: noQuery,
  doc: {
    id: "deleteCallbackEndpoint",
    tag: TAG,
    summary: "Be called back there no longer.",
    details:
      "What was still to be delivered has failed. Deleting the default one clears the merchant's `callback_url`.",
    status: 200,
    answer: endpointDeletedAnswer,
    errors: ["endpoint_not_found"],
  },
  run: async ({ ctx, params }) => {
    const id = endpointId(params);
    await deleteCallbackEndpoint(ctx, id);
    return { id, object: "callback_endpoint", is_deleted: true };
  },
});

export const rotateSecretOperation = keyedOperation({
  scope: "callbacks:write",
  body: rotateSecretBody,
  query: noQuery,
  doc: {
    id: "rotateCallbackSecret",
    tag: TAG,
    summary: "Get a new secret; the one before signs too for some hours.",
    details:
      "The secret is in this answer and nowhere else. The default endpoint's is the merchant's own, which signs callbacks to invoices' own addresses as well.",
    status: 200,
    answer: endpointWithSecretAnswer,
    errors: ["endpoint_not_found"],
  },
  run: async ({ ctx, params, body, keyed }) => {
    const id = endpointId(params);
    return await once(ctx, keyed, async (inTx) =>
      toAnswer(200, renderEndpointWithSecret(await rotateSecret(inTx, id, body.overlap_hours))),
    );
  },
});

export const testEndpointOperation = keyedOperation({
  scope: "callbacks:write",
  body: emptyBody,
  query: noQuery,
  doc: {
    id: "testCallbackEndpoint",
    tag: TAG,
    summary: "Call this address once with an `endpoint.test`, on or off.",
    status: 202,
    answer: deliveryAnswer,
    errors: ["endpoint_not_found"],
  },
  run: async ({ ctx, params, keyed }) => {
    const id = endpointId(params);
    return await once(ctx, keyed, async (inTx) =>
      toAnswer(202, renderDelivery(await testEndpoint(inTx, id))),
    );
  },
});

function renderEndpoint({ endpoint, previousSecretExpiresAt }: EndpointDetail) {
  return {
    id: endpoint.id,
    object: "callback_endpoint",
    mode: endpoint.mode,
    url: endpoint.url,
    description: endpoint.description,
    event_types: endpoint.eventTypes,
    is_default: endpoint.isDefault,
    is_enabled: endpoint.isEnabled,
    failing_since: endpoint.failingSince?.toISOString() ?? null,
    last_delivered_at: endpoint.lastDeliveredAt?.toISOString() ?? null,
    disabled_at: endpoint.disabledAt?.toISOString() ?? null,
    disabled_reason: endpoint.disabledReason,
    previous_secret_expires_at: previousSecretExpiresAt?.toISOString() ?? null,
    version: endpoint.version,
    created_at: endpoint.createdAt.toISOString(),
    updated_at: endpoint.updatedAt.toISOString(),
  };
}

function renderEndpointWithSecret(detail: EndpointWithSecret) {
  return { ...renderEndpoint(detail), secret: detail.secret };
}

/** A malformed id reads as one that does not exist. */
function endpointId(params: Readonly<Record<string, string>>): EndpointId {
  const id = parseId("endpoint", params.id ?? "");
  if (id === null) throw new ServiceError("endpoint_not_found", "There is no such callback endpoint.");
  return id;
}
