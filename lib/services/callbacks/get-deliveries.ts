// Reading what was called back to whom, and how it went.

import {
  type DeliveryAttempt,
  type DeliveryFilter,
  type DeliveryOfEvent,
  findDelivery,
  listAttempts,
  listDeliveryRows,
} from "#db/queries/deliveries.ts";
import { parseEventTypes } from "#lib/domain/endpoint.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { DeliveryId } from "#lib/domain/ids.ts";
import { look, requirePermission, type ServiceContext, transact } from "../context.ts";
import { decodeCursor, type Page, toPage } from "../cursor.ts";

export interface ListDeliveriesInput {
  readonly filter: Omit<DeliveryFilter, "eventType">;
  readonly eventType: string | null;
  readonly cursor: string | null;
  /** 1 to 100. */
  readonly limit: number;
}

/**
 * One page of deliveries, newest first.
 *
 * @throws permission_denied   the key lacks callbacks:read
 * @throws event_type_unknown
 * @throws invalid_request     the cursor is not ours
 */
export async function listDeliveries(
  ctx: ServiceContext,
  input: ListDeliveriesInput,
): Promise<Page<DeliveryOfEvent>> {
  requirePermission(ctx, "callbacks.read");
  const { limit, cursor } = input;
  const [eventType] = input.eventType === null ? [] : parseEventTypes([input.eventType], () => "?event_type");
  const filter = {
    ...input.filter,
    ...(eventType === undefined ? {} : { eventType }),
    ...(cursor === null ? {} : { after: decodeCursor(cursor) }),
  };
  return await transact(ctx, async ({ tx, tenant }) =>
    toPage(await listDeliveryRows(tx, tenant, filter, limit + 1), limit),
  );
}

export interface DeliveryDetail {
  readonly delivery: DeliveryOfEvent;
  /** In order. */
  readonly attempts: readonly DeliveryAttempt[];
}

export function deliveryNotFound(detail = "There is no such delivery."): ServiceError {
  return new ServiceError("delivery_not_found", detail);
}

/**
 * @throws permission_denied   the key lacks callbacks:read
 * @throws delivery_not_found  also for another merchant's or the other mode's
 */
export async function getDelivery(ctx: ServiceContext, id: DeliveryId): Promise<DeliveryDetail> {
  requirePermission(ctx, "callbacks.read");
  return await look(ctx, async ({ tx, tenant }) => {
    const delivery = await findDelivery(tx, tenant, id);
    if (delivery === null) throw deliveryNotFound();
    return { delivery, attempts: await listAttempts(tx, tenant, id) };
  });
}
