// A merchant tries one of its endpoints.

import { type DeliveryOfEvent, findDelivery } from "#db/queries/deliveries.ts";
import { findEndpoint } from "#db/queries/endpoints.ts";
import type { EndpointId } from "#lib/domain/ids.ts";
import { requirePermission, type ServiceContext, transact } from "../context.ts";
import { recordEndpointEvent } from "../events/record.ts";
import { endpointNotFound } from "./endpoint-rows.ts";

/**
 * Calls this endpoint alone, on or off, with an event of its own; once, without further tries.
 *
 * @throws permission_denied   the key lacks callbacks:write
 * @throws endpoint_not_found
 */
export async function testEndpoint(ctx: ServiceContext, id: EndpointId): Promise<DeliveryOfEvent> {
  requirePermission(ctx, "callbacks.write");
  return await transact(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    const endpoint = await findEndpoint(tx, tenant, id);
    if (endpoint === null) throw endpointNotFound();
    const [deliveryId] = await recordEndpointEvent(inTx, { type: "endpoint.test", endpoint });
    const delivery = deliveryId === undefined ? null : await findDelivery(tx, tenant, deliveryId);
    if (delivery === null) throw new Error("A test made no delivery.");
    return delivery;
  });
}
