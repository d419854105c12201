// A merchant is no longer called back at an address.

import { lockSettings } from "#db/queries/merchants.ts";
import type { EndpointId } from "#lib/domain/ids.ts";
import { requirePermission, type ServiceContext, transact } from "../context.ts";
import { recordAudit } from "../record-audit.ts";
import { removeEndpoint, requireEndpoint } from "./endpoint-rows.ts";

/**
 * Deletes an endpoint for good; what was still to be delivered to it has failed. Deleting the default one clears
 * the merchant's `callback_url`.
 *
 * @throws permission_denied   the key lacks callbacks:write
 * @throws endpoint_not_found  also where it was deleted before
 */
export async function deleteCallbackEndpoint(ctx: ServiceContext, id: EndpointId): Promise<void> {
  requirePermission(ctx, "callbacks.write");
  await transact(ctx, async (inTx) => {
    await lockSettings(inTx.tx, inTx.tenant);
    const endpoint = await requireEndpoint(inTx, id);
    await removeEndpoint(inTx, endpoint);
    await recordAudit(inTx, "endpoint.deleted", id, { url: endpoint.url });
  });
}
