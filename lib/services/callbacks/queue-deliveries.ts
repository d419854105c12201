// Plans calls to merchants: a delivery and its first job each, in the transaction that causes them.

import { insertDeliveries } from "#db/queries/deliveries.ts";
import type { DeliveryId, EndpointId, EventId, InvoiceId } from "#lib/domain/ids.ts";
import { newId, type TxContext } from "../context.ts";

export interface Receiver {
  /** Null: the invoice's own address. */
  readonly endpointId: EndpointId | null;
  /** True where it fails or is slow: it waits with others of its kind, so that it holds up no one. */
  readonly isApart: boolean;
}

export interface PlannedDelivery {
  readonly eventId: EventId;
  /** Null: the event is about a callback endpoint. */
  readonly invoiceId: InvoiceId | null;
  readonly receiver: Receiver;
  /** The delivery that this one repeats, by hand. */
  readonly resendOf: DeliveryId | null;
}

/** Returns the deliveries' ids, in the order given. */
export async function queueDeliveries(
  ctx: TxContext,
  planned: readonly PlannedDelivery[],
): Promise<DeliveryId[]> {
  const rows = planned.map(({ receiver, ...rest }) => ({
    id: newId(ctx, "delivery"),
    ...rest,
    ...receiver,
  }));
  await insertDeliveries(
    ctx.tx,
    ctx.tenant,
    rows.map(({ isApart: _lane, ...row }) => row),
  );
  const jobsFor = (isApart: boolean) =>
    rows
      .filter((row) => row.isApart === isApart)
      .map((row) => ({ ...ctx.tenant, deliveryId: row.id, attemptNumber: 1 }));
  await ctx.queue.enqueueAll(ctx.tx, "callback.deliver", jobsFor(false));
  await ctx.queue.enqueueAll(ctx.tx, "callback.retry", jobsFor(true));
  return rows.map((row) => row.id);
}
