// One try to call a merchant back, and the plan for the next.

import {
  type Delivery,
  findEvent,
  insertDeliveryAttempt,
  lockDelivery,
  updateDelivery,
} from "#db/queries/events.ts";
import { findInvoice } from "#db/queries/invoices.ts";
import { findEndpoint, loadProfile } from "#db/queries/merchants.ts";
import { realNow } from "#db/transaction.ts";
import type { DeliveryId } from "#lib/domain/ids.ts";
import type { CallbackRequest, CallbackResult } from "#lib/domain/ports/callback.ts";
import { callbackPauseSeconds } from "#lib/domain/schedule.ts";
import { newId, type ServiceContext, type TxContext, transact } from "../context.ts";
import { callbackSecretContext } from "../merchants/create.ts";

export interface DeliverCallbackInput {
  readonly deliveryId: DeliveryId;
  /** 1 for the first try. A job whose number does not follow what is stored is an old one. */
  readonly attemptNumber: number;
}

/**
 * Sends the event once, outside any transaction, then stores the try and plans the next. At least once: after
 * a crash between the two the receiver gets the same event id again.
 */
export async function deliverCallback(ctx: ServiceContext, input: DeliverCallbackInput): Promise<void> {
  const request = await prepare(ctx, input);
  if (request === null) return;
  await ctx.failpoints?.reach("K15");
  const result = await ctx.callbacks.post(request);
  if (result.isDelivered) await ctx.failpoints?.reach("K16");
  await transact(ctx, async (inTx) => {
    const delivery = await lockDelivery(inTx.tx, inTx.tenant, input.deliveryId);
    if (delivery === null || !isNext(delivery, input.attemptNumber)) return;
    await storeAttempt(inTx, delivery, input.attemptNumber, request.url, result);
  });
  await ctx.failpoints?.reach("K17");
}

/** What is about no invoice is told in our own words. */
const NATIVE = "native";

function isNext(delivery: Delivery, attemptNumber: number): boolean {
  return delivery.state === "pending" && delivery.attempts === attemptNumber - 1;
}

async function prepare(ctx: ServiceContext, input: DeliverCallbackInput): Promise<CallbackRequest | null> {
  return await transact(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    const delivery = await lockDelivery(tx, tenant, input.deliveryId);
    if (delivery === null || !isNext(delivery, input.attemptNumber)) return null;
    const event = await findEvent(tx, tenant, delivery.eventId);
    const invoice = delivery.invoiceId === null ? null : await findInvoice(tx, tenant, delivery.invoiceId);
    if (event === null || (invoice === null) !== (delivery.invoiceId === null))
      throw new Error(`Delivery ${delivery.id} has lost its event.`);
    const endpoint =
      delivery.endpointId === null ? null : await findEndpoint(tx, tenant, delivery.endpointId);
    const url =
      delivery.endpointId === null
        ? (invoice?.callbackUrl ?? null)
        : endpoint?.isEnabled
          ? endpoint.url
          : null;
    if (url === null) {
      await updateDelivery(tx, tenant, delivery.id, {
        state: "failed",
        nextAttemptAt: null,
        completedAt: tx.now,
      });
      return null;
    }
    const render = inTx.callbackRenderers.get(invoice?.door ?? NATIVE);
    if (render === undefined) throw new Error(`No callback is defined for the door ${invoice?.door}.`);
    const { settings } = await loadProfile(tx, tenant);
    return {
      url,
      mode: tenant.mode,
      eventId: event.id,
      body: JSON.stringify(
        render({
          id: event.id,
          mode: event.mode,
          type: event.type,
          sequence: event.sequence,
          occurredAt: event.occurredAt,
          data: event.data,
        }),
      ),
      secrets: [inTx.vault.open(settings.callbackSecret, callbackSecretContext(tenant))],
      // Receivers check it by their own clocks.
      now: realNow(tx),
    };
  });
}

async function storeAttempt(
  ctx: TxContext,
  delivery: Delivery,
  number: number,
  url: string,
  result: CallbackResult,
): Promise<void> {
  const { tx, tenant } = ctx;
  const { isDelivered, status, failure, responseText, resolvedIp, durationMs } = result;
  await insertDeliveryAttempt(tx, tenant, {
    id: newId(ctx, "deliveryAttempt"),
    deliveryId: delivery.id,
    number,
    url,
    isDelivered,
    status,
    failure,
    responseText,
    resolvedIp,
    durationMs,
  });
  // 410 is the receiver's word that it wants no more of this.
  const pause =
    isDelivered || status === 410
      ? null
      : callbackPauseSeconds(number, ctx.random(), result.retryAfterSeconds);
  if (pause === null) {
    const state = isDelivered ? "delivered" : "failed";
    await updateDelivery(tx, tenant, delivery.id, {
      state,
      attempts: number,
      nextAttemptAt: null,
      completedAt: tx.now,
    });
    return;
  }
  const nextAttemptAt = new Date(tx.now.getTime() + pause * 1000);
  await updateDelivery(tx, tenant, delivery.id, { attempts: number, nextAttemptAt });
  await ctx.queue.enqueue(
    tx,
    "callback.deliver",
    { ...tenant, deliveryId: delivery.id, attemptNumber: number + 1 },
    { startAfter: nextAttemptAt },
  );
}
