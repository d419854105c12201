// The only place that inserts events.

import { type CallbackEndpoint, listEnabledEndpoints } from "#db/queries/endpoints.ts";
import { insertEvent } from "#db/queries/events.ts";
import { type Milestone, takeEventSequence } from "#db/queries/invoices.ts";
import { type EndpointEventType, isHeldApart, isWanted, snapshotEndpoint } from "#lib/domain/endpoint.ts";
import { type EventType, isCalledBack } from "#lib/domain/events.ts";
import type { DeliveryId } from "#lib/domain/ids.ts";
import {
  type Dispute,
  type Invoice,
  type Payment,
  type Refund,
  type Sms,
  snapshotDispute,
  snapshotInvoice,
  snapshotPayment,
  snapshotRefund,
  snapshotSms,
} from "#lib/domain/records.ts";
import { queueDeliveries, type Receiver } from "../callbacks/queue-deliveries.ts";
import { newId, type TxContext } from "../context.ts";

export interface RecordEventInput {
  readonly type: EventType;
  /** As it is after the change. */
  readonly invoice: Invoice;
  readonly payment?: Payment;
  readonly refund?: Refund;
  readonly dispute?: Dispute;
  readonly sms?: Sms;
}

/**
 * Records a fact in the transaction that makes it true, numbers it in the invoice's sequence, and enqueues one
 * delivery a receiver. Locks the invoice until the transaction ends.
 */
export async function recordEvent(ctx: TxContext, input: RecordEventInput): Promise<void> {
  const { type, invoice, payment, refund, dispute, sms } = input;
  const id = newId(ctx, "event");
  await insertEvent(ctx.tx, ctx.tenant, {
    id,
    type,
    invoiceId: invoice.id,
    paymentId: payment?.id ?? null,
    subjectId: refund?.id ?? dispute?.id ?? null,
    sequence: await takeEventSequence(ctx.tx, ctx.tenant, invoice.id, milestoneOf(type, sms)),
    data: {
      invoice: snapshotInvoice(invoice),
      ...(payment === undefined ? {} : { payment: snapshotPayment(payment) }),
      ...(refund === undefined ? {} : { refund: snapshotRefund(refund) }),
      ...(dispute === undefined ? {} : { dispute: snapshotDispute(dispute) }),
      ...(sms === undefined ? {} : { sms: snapshotSms(sms) }),
    },
    actorKind: ctx.actor.kind,
    actorId: ctx.actor.id,
    correlationId: ctx.correlationId,
  });
  if (!isCalledBack(type)) return;
  const receivers = await receiversOf(ctx, type, invoice);
  await queueDeliveries(
    ctx,
    receivers.map((receiver) => ({ eventId: id, invoiceId: invoice.id, receiver, resendOf: null })),
  );
}

/** What the event says of how far the invoice has come. */
function milestoneOf(type: EventType, sms: Sms | undefined): Milestone | null {
  if (type === "payment.started") return "method_chosen";
  if (sms?.kind !== "invoice") return null;
  if (type === "sms.sent") return "sent";
  return type === "sms.delivered" ? "delivered" : null;
}

export interface RecordEndpointEventInput {
  readonly type: EndpointEventType;
  /** As it is after the change. */
  readonly endpoint: CallbackEndpoint;
}

/**
 * Records a fact about a callback endpoint, which is about no invoice and has no number in a sequence. A test goes
 * to the endpoint itself, on or off; all else to the others, since this one does not listen. Returns the
 * deliveries.
 */
export async function recordEndpointEvent(
  ctx: TxContext,
  { type, endpoint }: RecordEndpointEventInput,
): Promise<readonly DeliveryId[]> {
  const id = newId(ctx, "event");
  await insertEvent(ctx.tx, ctx.tenant, {
    id,
    type,
    invoiceId: null,
    paymentId: null,
    subjectId: endpoint.id,
    sequence: 0,
    data: { endpoint: snapshotEndpoint(endpoint) },
    actorKind: ctx.actor.kind,
    actorId: ctx.actor.id,
    correlationId: ctx.correlationId,
  });
  const receivers =
    type === "endpoint.test"
      ? [endpoint]
      : (await listEnabledEndpoints(ctx.tx, ctx.tenant)).filter(
          (other) => other.id !== endpoint.id && isWanted(other.eventTypes, type),
        );
  return await queueDeliveries(
    ctx,
    receivers.map((receiver) => ({
      eventId: id,
      invoiceId: null,
      receiver: toReceiver(receiver),
      resendOf: null,
    })),
  );
}

/** The stored endpoints that want it; an address of the invoice's own takes the default one's place. */
async function receiversOf(ctx: TxContext, type: EventType, invoice: Invoice): Promise<Receiver[]> {
  const endpoints = await listEnabledEndpoints(ctx.tx, ctx.tenant);
  const wanting = endpoints.filter((endpoint) => isWanted(endpoint.eventTypes, type));
  if (invoice.callbackUrl === null) return wanting.map(toReceiver);
  const own = { endpointId: null, isApart: false };
  return [own, ...wanting.filter((endpoint) => !endpoint.isDefault).map(toReceiver)];
}

function toReceiver(endpoint: CallbackEndpoint): Receiver {
  return { endpointId: endpoint.id, isApart: isHeldApart(endpoint) };
}
