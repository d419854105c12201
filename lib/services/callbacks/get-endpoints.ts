// Reading callback endpoints. No secret is in them.

import { findEndpoint, listEndpoints } from "#db/queries/endpoints.ts";
import { loadProfile } from "#db/queries/merchants.ts";
import type { EndpointId } from "#lib/domain/ids.ts";
import { look, requirePermission, type ServiceContext } from "../context.ts";
import { type EndpointDetail, endpointNotFound, loadDetail, toDetail } from "./endpoint-rows.ts";

/**
 * Every endpoint: the default one first, then the oldest.
 *
 * @throws permission_denied  the key lacks callbacks:read
 */
export async function listCallbackEndpoints(ctx: ServiceContext): Promise<readonly EndpointDetail[]> {
  requirePermission(ctx, "callbacks.read");
  return await look(ctx, async (inTx) => {
    const { settings } = await loadProfile(inTx.tx, inTx.tenant);
    const endpoints = await listEndpoints(inTx.tx, inTx.tenant);
    return endpoints.map((endpoint) => toDetail(inTx, settings, endpoint));
  });
}

/**
 * @throws permission_denied   the key lacks callbacks:read
 * @throws endpoint_not_found  also for a deleted one, another merchant's, or the other mode's
 */
export async function getCallbackEndpoint(ctx: ServiceContext, id: EndpointId): Promise<EndpointDetail> {
  requirePermission(ctx, "callbacks.read");
  return await look(ctx, async (inTx) => {
    const endpoint = await findEndpoint(inTx.tx, inTx.tenant, id);
    if (endpoint === null) throw endpointNotFound();
    return await loadDetail(inTx, endpoint);
  });
}
