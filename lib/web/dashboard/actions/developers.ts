"use server";

// Forms about API keys and callback endpoints.

import { type ApiKeyId, type DeliveryId, type EndpointId, parseId } from "#lib/domain/ids.ts";
import { SCOPES } from "#lib/domain/tenant.ts";
import { createEndpoint } from "#lib/services/callbacks/create-endpoint.ts";
import { deleteCallbackEndpoint } from "#lib/services/callbacks/delete-endpoint.ts";
import { resendDelivery } from "#lib/services/callbacks/resend.ts";
import { rotateSecret } from "#lib/services/callbacks/rotate-secret.ts";
import { testEndpoint } from "#lib/services/callbacks/test-endpoint.ts";
import { updateCallbackEndpoint } from "#lib/services/callbacks/update-endpoint.ts";
import { requirePermission } from "#lib/services/context.ts";
import { createKey } from "#lib/services/keys/create.ts";
import { revokeKey } from "#lib/services/keys/revoke.ts";
import { rotateKey } from "#lib/services/keys/rotate.ts";
import type { PlaceParams } from "../viewer.ts";
import { atPlace } from "../where.ts";
import { type FormState, textOf, UNTOUCHED } from "./outcome.ts";

const OVERLAP_HOURS = 24;

const keyOf = (id: string) => parseId("apiKey", id) ?? ("" as ApiKeyId);
const endpointOf = (id: string) => parseId("endpoint", id) ?? ("" as EndpointId);

const withSecret =
  (done: string) =>
  (result: unknown): FormState => ({ ...UNTOUCHED, done, secrets: [(result as { secret: string }).secret] });

export async function createKeyAction(where: PlaceParams, _: FormState, form: FormData): Promise<FormState> {
  const scopes = SCOPES.filter((scope) => form.get(scope) === "on");
  const name = textOf(form, "name").trim().slice(0, 100) || "Key";
  return await atPlace(
    where,
    (ctx) => createKey(ctx, { name, scopes, expiresAt: null, allowedNetworks: null }),
    withSecret("The key is made."),
  );
}

export async function rotateKeyAction(where: PlaceParams, id: string): Promise<FormState> {
  return await atPlace(
    where,
    (ctx) => rotateKey(ctx, keyOf(id), { overlapHours: OVERLAP_HOURS }),
    withSecret("There is a new key; the old one works for another day."),
  );
}

export async function revokeKeyAction(where: PlaceParams, id: string): Promise<FormState> {
  return await atPlace(where, (ctx) => revokeKey(ctx, keyOf(id), { isForced: false }), "The key is revoked.");
}

export async function createEndpointAction(
  where: PlaceParams,
  _: FormState,
  form: FormData,
): Promise<FormState> {
  return await atPlace(
    where,
    async (ctx) => {
      // Before the look-up, so that nobody else has names looked up.
      requirePermission(ctx, "callbacks.write");
      const url = await ctx.callbacks.vet(textOf(form, "url").trim(), ctx.tenant.mode, "/url");
      return await createEndpoint(ctx, {
        url,
        description: textOf(form, "description").trim().slice(0, 200) || null,
        eventTypes: null,
        isEnabled: true,
      });
    },
    withSecret("The endpoint is there. This secret signs what it gets."),
  );
}

export async function rotateSecretAction(where: PlaceParams, id: string): Promise<FormState> {
  return await atPlace(
    where,
    (ctx) => rotateSecret(ctx, endpointOf(id), OVERLAP_HOURS),
    withSecret("There is a new secret; the old one signs too for another day."),
  );
}

export async function testEndpointAction(where: PlaceParams, id: string): Promise<FormState> {
  return await atPlace(where, (ctx) => testEndpoint(ctx, endpointOf(id)), "A test event is on its way.");
}

export async function switchEndpointAction(
  where: PlaceParams,
  id: string,
  isEnabled: boolean,
): Promise<FormState> {
  return await atPlace(
    where,
    (ctx) => updateCallbackEndpoint(ctx, endpointOf(id), { isEnabled }, null),
    isEnabled ? "It is called back again." : "It is not called back any more.",
  );
}

export async function deleteEndpointAction(where: PlaceParams, id: string): Promise<FormState> {
  return await atPlace(where, (ctx) => deleteCallbackEndpoint(ctx, endpointOf(id)), "The endpoint is gone.");
}

export async function resendAction(where: PlaceParams, id: string): Promise<FormState> {
  return await atPlace(
    where,
    (ctx) => resendDelivery(ctx, parseId("delivery", id) ?? ("" as DeliveryId)),
    "It is on its way again.",
  );
}
