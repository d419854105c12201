// One try to call a merchant back, and the plan for the next.

import {
  type Delivery,
  insertDeliveryAttempt,
  lockDelivery,
  updateDelivery,
} from "#db/queries/deliveries.ts";
import { findEndpoint } from "#db/queries/endpoints.ts";
import { findEvent, type StoredEvent } from "#db/queries/events.ts";
import { findInvoice } from "#db/queries/invoices.ts";
import { loadProfile } from "#db/queries/merchants.ts";
import { realNow } from "#db/transaction.ts";
import { isHeldApart } from "#lib/domain/endpoint.ts";
import type { DeliveryId } from "#lib/domain/ids.ts";
import type { CallbackRequest, CallbackResult } from "#lib/domain/ports/callback.ts";
import type { Invoice } from "#lib/domain/records.ts";
import { callbackPauseSeconds } from "#lib/domain/schedule.ts";
import { newId, type ServiceContext, type TxContext, transact } from "../context.ts";
import { noteTry } from "./endpoint-health.ts";
import { signingSecrets } from "./secret.ts";

export interface DeliverCallbackInput {
  readonly deliveryId: DeliveryId;
  /** 1 for the first try. A job whose number does not follow what is stored is an old one. */
  readonly attemptNumber: number;
  /** True where the call must not wait for a receiver that fails or is slow: its try is made in the other lane. */
  readonly isQuickLane?: boolean;
}

interface Try {
  readonly delivery: Delivery;
  readonly request: CallbackRequest;
  /** A test is not tried again: who asked for it sees what came of it. */
  readonly isTest: boolean;
}

/**
 * Sends the event once, outside any transaction, then stores the try and plans the next. At least once: after
 * a crash between the two the receiver gets the same event id again.
 */
export async function deliverCallback(ctx: ServiceContext, input: DeliverCallbackInput): Promise<void> {
  const prepared = await prepare(ctx, input);
  if (prepared === null) return;
  const { request, isTest } = prepared;
  const { endpointId } = prepared.delivery;
  await ctx.failpoints?.reach("K15");
  const result = await ctx.callbacks.post(request);
  if (result.isDelivered) await ctx.failpoints?.reach("K16");
  await transact(ctx, async (inTx) => {
    if (endpointId !== null) await noteTry(inTx, endpointId, request.url, result);
    const delivery = await lockDelivery(inTx.tx, inTx.tenant, input.deliveryId);
    if (delivery === null || !isNext(delivery, input.attemptNumber)) return;
    await storeAttempt(inTx, delivery, input.attemptNumber, request.url, result);
    await planNext(inTx, delivery, input.attemptNumber, result, isTest);
  });
  await ctx.failpoints?.reach("K17");
}

/** What is about no invoice is told in our own words. */
const NATIVE = "native";

function isNext(delivery: Delivery, attemptNumber: number): boolean {
  return delivery.state === "pending" && delivery.attempts === attemptNumber - 1;
}

async function prepare(ctx: ServiceContext, input: DeliverCallbackInput): Promise<Try | null> {
  return await transact(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    const delivery = await lockDelivery(tx, tenant, input.deliveryId);
    if (delivery === null || !isNext(delivery, input.attemptNumber)) return null;
    const event = await findEvent(tx, tenant, delivery.eventId);
    const invoice = delivery.invoiceId === null ? null : await findInvoice(tx, tenant, delivery.invoiceId);
    if (event === null || (invoice === null) !== (delivery.invoiceId === null))
      throw new Error(`Delivery ${delivery.id} has lost its event.`);
    const isTest = event.type === "endpoint.test";
    const endpoint =
      delivery.endpointId === null ? null : await findEndpoint(tx, tenant, delivery.endpointId);
    // What was planned before that was known: thousands may wait behind it.
    if (input.isQuickLane === true && endpoint !== null && isHeldApart(endpoint)) {
      const { deliveryId, attemptNumber } = input;
      await inTx.queue.enqueue(tx, "callback.retry", { ...tenant, deliveryId, attemptNumber });
      return null;
    }
    const isOpen = endpoint !== null && (endpoint.isEnabled || isTest);
    const url = delivery.endpointId === null ? (invoice?.callbackUrl ?? null) : isOpen ? endpoint.url : null;
    if (url === null) {
      await end(inTx, delivery, "failed");
      return null;
    }
    const { settings } = await loadProfile(tx, tenant);
    const request = {
      url,
      mode: tenant.mode,
      eventId: event.id,
      body: renderBody(inTx, event, invoice),
      secrets: signingSecrets(inTx, settings, endpoint),
      // Receivers check it by their own clocks.
      now: realNow(tx),
    };
    return { delivery, request, isTest };
  });
}

function renderBody(ctx: TxContext, event: StoredEvent, invoice: Invoice | null): string {
  const render = ctx.callbackRenderers.get(invoice?.door ?? NATIVE);
  if (render === undefined) throw new Error(`No callback is defined for the door ${invoice?.door}.`);
  const { id, mode, type, sequence, occurredAt, data } = event;
  return JSON.stringify(render({ id, mode, type, sequence, occurredAt, data }));
}

async function storeAttempt(
  ctx: TxContext,
  delivery: Delivery,
  number: number,
  url: string,
  result: CallbackResult,
): Promise<void> {
  const { isDelivered, status, failure, responseText, resolvedIp, durationMs } = result;
  await insertDeliveryAttempt(ctx.tx, ctx.tenant, {
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
}

async function planNext(
  ctx: TxContext,
  delivery: Delivery,
  number: number,
  { isDelivered, status, retryAfterSeconds }: CallbackResult,
  isTest: boolean,
): Promise<void> {
  const { tx, tenant } = ctx;
  // 410 is the receiver's word that it wants no more of this.
  const pause =
    isDelivered || isTest || status === 410
      ? null
      : callbackPauseSeconds(number, ctx.random(), retryAfterSeconds);
  if (pause === null) {
    await end(ctx, delivery, isDelivered ? "delivered" : "failed", number);
    return;
  }
  const nextAttemptAt = new Date(tx.now.getTime() + pause * 1000);
  await updateDelivery(tx, tenant, delivery.id, { attempts: number, nextAttemptAt });
  await ctx.queue.enqueue(
    tx,
    "callback.retry",
    { ...tenant, deliveryId: delivery.id, attemptNumber: number + 1 },
    { startAfter: nextAttemptAt },
  );
}

async function end(
  { tx, tenant }: TxContext,
  { id, attempts: before }: Delivery,
  state: "delivered" | "failed",
  attempts = before,
): Promise<void> {
  await updateDelivery(tx, tenant, id, { state, attempts, nextAttemptAt: null, completedAt: tx.now });
}
