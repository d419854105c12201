// Steps that the verbs of callback endpoints share.

import { failPendingDeliveries } from "#db/queries/deliveries.ts";
import { type CallbackEndpoint, listEndpoints, lockEndpoint, updateEndpoint } from "#db/queries/endpoints.ts";
import { loadProfile, type MerchantSettings } from "#db/queries/merchants.ts";
import { ENDPOINTS_MAX } from "#lib/domain/endpoint.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { EndpointId } from "#lib/domain/ids.ts";
import type { TxContext } from "../context.ts";
import { previousSecretEnd } from "./secret.ts";

export interface EndpointDetail {
  readonly endpoint: CallbackEndpoint;
  /** Until when the secret before signs too; null: it does not. */
  readonly previousSecretExpiresAt: Date | null;
}

export interface EndpointWithSecret extends EndpointDetail {
  /** `whsec_…`; told here and nowhere else. */
  readonly secret: string;
}

/** What an endpoint has of which no try is known that says anything. */
export const UNTRIED = {
  failingSince: null,
  lastFailedAt: null,
  failingNoticeAt: null,
  slowTries: 0,
} as const;

/** What an endpoint has that is on and of which nothing bad is known. */
export const HEALTHY = {
  isEnabled: true,
  disabledAt: null,
  disabledReason: null,
  ...UNTRIED,
} as const;

export function endpointNotFound(pointer?: string): ServiceError {
  const detail = "There is no such callback endpoint.";
  return new ServiceError("endpoint_not_found", detail, pointer === undefined ? {} : { pointer });
}

/**
 * Reads and locks. The caller that changes more than this row has locked the settings before.
 *
 * @throws endpoint_not_found
 */
export async function requireEndpoint(ctx: TxContext, id: EndpointId): Promise<CallbackEndpoint> {
  const endpoint = await lockEndpoint(ctx.tx, ctx.tenant, id);
  if (endpoint === null) throw endpointNotFound();
  return endpoint;
}

/**
 * Exact as long as the caller has locked the settings.
 *
 * @throws endpoint_limit_reached
 */
export async function requireRoom(ctx: TxContext, pointer?: string): Promise<void> {
  const endpoints = await listEndpoints(ctx.tx, ctx.tenant);
  if (endpoints.length < ENDPOINTS_MAX) return;
  throw new ServiceError("endpoint_limit_reached", `There are ${ENDPOINTS_MAX} callback endpoints already.`, {
    ...(pointer === undefined ? {} : { pointer }),
  });
}

/** Deletes a locked endpoint with its secrets; what was to be delivered to it has failed. */
export async function removeEndpoint(ctx: TxContext, { id }: CallbackEndpoint): Promise<void> {
  await failPendingDeliveries(ctx.tx, ctx.tenant, id);
  await updateEndpoint(ctx.tx, ctx.tenant, id, {
    isDefault: false,
    isEnabled: false,
    secret: null,
    previousSecret: null,
    previousSecretExpiresAt: null,
    deletedAt: ctx.tx.now,
  });
}

export function toDetail(
  ctx: TxContext,
  settings: MerchantSettings,
  endpoint: CallbackEndpoint,
): EndpointDetail {
  return { endpoint, previousSecretExpiresAt: previousSecretEnd(ctx, settings, endpoint) };
}

export async function loadDetail(ctx: TxContext, endpoint: CallbackEndpoint): Promise<EndpointDetail> {
  const { settings } = await loadProfile(ctx.tx, ctx.tenant);
  return toDetail(ctx, settings, endpoint);
}
