// The only place that inserts events.

import { insertDelivery, insertEvent } from "#db/queries/events.ts";
import { takeEventSequence } from "#db/queries/invoices.ts";
import { listEnabledEndpoints } from "#db/queries/merchants.ts";
import { type EventType, isCalledBack } from "#lib/domain/events.ts";
import type { EndpointId } from "#lib/domain/ids.ts";
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
    sequence: await takeEventSequence(ctx.tx, ctx.tenant, invoice.id),
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
  for (const endpointId of await receiversOf(ctx, invoice)) {
    const deliveryId = newId(ctx, "delivery");
    await insertDelivery(ctx.tx, ctx.tenant, {
      id: deliveryId,
      eventId: id,
      invoiceId: invoice.id,
      endpointId,
    });
    await ctx.queue.enqueue(ctx.tx, "callback.deliver", { ...ctx.tenant, deliveryId, attemptNumber: 1 });
  }
}

/** The stored endpoints; an address of the invoice's own takes the default one's place (null). */
async function receiversOf(ctx: TxContext, invoice: Invoice): Promise<(EndpointId | null)[]> {
  const endpoints = await listEnabledEndpoints(ctx.tx, ctx.tenant);
  if (invoice.callbackUrl === null) return endpoints.map((endpoint) => endpoint.id);
  return [null, ...endpoints.filter((endpoint) => !endpoint.isDefault).map((endpoint) => endpoint.id)];
}
