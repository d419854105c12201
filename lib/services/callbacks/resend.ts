// Callbacks sent again by hand, one or many: the same event with the same id, as a delivery of its own.

import {
  type DeliveryOfEvent,
  type DeliveryState,
  findDelivery,
  isOnItsWay,
  listResendable,
  lockResending,
} from "#db/queries/deliveries.ts";
import { findEndpoint, listEnabledEndpoints } from "#db/queries/endpoints.ts";
import { isHeldApart, parseEventTypes, RESEND_DAYS, RESEND_MAX } from "#lib/domain/endpoint.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { DeliveryId, EndpointId } from "#lib/domain/ids.ts";
import { requirePermission, type ServiceContext, type TxContext, transact } from "../context.ts";
import { endpointNotFound } from "./endpoint-rows.ts";
import { deliveryNotFound } from "./get-deliveries.ts";
import { queueDeliveries } from "./queue-deliveries.ts";

/**
 * Sends one delivery again, whatever became of it.
 *
 * @throws permission_denied     the key lacks callbacks:write
 * @throws delivery_not_found    also where it is older than 30 days
 * @throws delivery_in_progress  it, or another of the same event to the same receiver, is on its way
 * @throws endpoint_not_found    its endpoint was deleted
 * @throws endpoint_disabled     its endpoint is off
 */
export async function resendDelivery(ctx: ServiceContext, id: DeliveryId): Promise<DeliveryOfEvent> {
  requirePermission(ctx, "callbacks.resend");
  return await transact(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    await lockResending(tx, tenant);
    const delivery = await findDelivery(tx, tenant, id);
    if (delivery === null) throw deliveryNotFound();
    if (delivery.createdAt < oldest(inTx)) {
      throw deliveryNotFound(`A delivery can be sent again for ${RESEND_DAYS} days.`);
    }
    if (await isOnItsWay(tx, tenant, delivery)) {
      throw new ServiceError("delivery_in_progress", "This event is on its way to this receiver.");
    }
    if (delivery.endpointId !== null) await requireOpen(inTx, delivery.endpointId);
    const [newId] = await sendAgain(inTx, [delivery]);
    const made = newId === undefined ? null : await findDelivery(tx, tenant, newId);
    if (made === null) throw new Error("A delivery sent again was not stored.");
    return made;
  });
}

export interface ResendInput {
  /** When the delivery was made (UTC); further back than 30 days nothing is sent. */
  readonly since: Date;
  /** Null: now. */
  readonly until: Date | null;
  readonly state: Exclude<DeliveryState, "pending"> | null;
  readonly endpointId: EndpointId | null;
  readonly eventType: string | null;
}

export interface ResendResult {
  readonly resent: number;
  readonly hasMore: boolean;
  /** Give it with the same filter to go on: what was sent by this call is not found again. */
  readonly until: Date;
}

/**
 * Sends again what matches, oldest first, at most 1,000. Of several deliveries of one event to one receiver the
 * newest counts; what is on its way, and what went to an endpoint that is off or deleted, is left out.
 *
 * @throws permission_denied   the key lacks callbacks:write
 * @throws event_type_unknown
 * @throws endpoint_not_found, endpoint_disabled  the endpoint that the filter names
 */
export async function resendDeliveries(ctx: ServiceContext, input: ResendInput): Promise<ResendResult> {
  requirePermission(ctx, "callbacks.resend");
  const { since, state, endpointId } = input;
  const [eventType] = input.eventType === null ? [] : parseEventTypes([input.eventType], () => "/event_type");
  return await transact(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    await lockResending(tx, tenant);
    if (endpointId !== null) await requireOpen(inTx, endpointId, "/endpoint");
    const until = input.until === null || input.until > tx.now ? tx.now : input.until;
    const filter = {
      createdFrom: since > oldest(inTx) ? since : oldest(inTx),
      createdTo: until,
      ...(state === null ? {} : { state }),
      ...(endpointId === null ? {} : { endpointId }),
      ...(eventType === undefined ? {} : { eventType }),
    };
    const rows = await listResendable(tx, tenant, filter, RESEND_MAX + 1);
    const taken = rows.slice(0, RESEND_MAX);
    await sendAgain(inTx, taken);
    return { resent: taken.length, hasMore: rows.length > RESEND_MAX, until };
  });
}

function oldest({ tx }: TxContext): Date {
  return new Date(tx.now.getTime() - RESEND_DAYS * 86_400_000);
}

async function requireOpen(ctx: TxContext, id: EndpointId, pointer?: string): Promise<void> {
  const endpoint = await findEndpoint(ctx.tx, ctx.tenant, id);
  if (endpoint === null) throw endpointNotFound(pointer);
  if (endpoint.isEnabled) return;
  throw new ServiceError("endpoint_disabled", "The endpoint is off: switch it on first.", {
    ...(pointer === undefined ? {} : { pointer }),
  });
}

async function sendAgain(ctx: TxContext, found: readonly DeliveryOfEvent[]): Promise<DeliveryId[]> {
  const endpoints = await listEnabledEndpoints(ctx.tx, ctx.tenant);
  const apart = new Set(endpoints.filter(isHeldApart).map((one) => one.id));
  return await queueDeliveries(
    ctx,
    found.map(({ id, eventId, invoiceId, endpointId }) => ({
      eventId,
      invoiceId,
      receiver: { endpointId, isApart: endpointId !== null && apart.has(endpointId) },
      resendOf: id,
    })),
  );
}
