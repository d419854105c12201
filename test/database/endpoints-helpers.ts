// Steps of the tests on callback endpoints.

import type { DeliveryId, EndpointId, InvoiceId } from "#lib/domain/ids.ts";
import { type CreateEndpointInput, createEndpoint } from "#lib/services/callbacks/create-endpoint.ts";
import { deliverCallback } from "#lib/services/callbacks/deliver.ts";
import { cancelInvoice } from "#lib/services/invoices/cancel.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { invoiceInput } from "./helpers.ts";
import type { TestMerchant, TestSystem } from "./system.ts";

export async function endpointAt(
  merchant: TestMerchant,
  url: string,
  change: Partial<CreateEndpointInput> = {},
) {
  return await createEndpoint(merchant.ctx, {
    url: await merchant.ctx.callbacks.vet(url, "test", "/url"),
    description: null,
    eventTypes: null,
    isEnabled: true,
    ...change,
  });
}

/** Makes an `invoice.cancelled`, which is called back. */
export async function cancelOne(merchant: TestMerchant, change: Parameters<typeof invoiceInput>[0] = {}) {
  const { invoice } = await createInvoice(merchant.ctx, invoiceInput(change));
  await cancelInvoice(merchant.ctx, invoice.id);
  return invoice.id;
}

export interface StoredDelivery {
  readonly id: DeliveryId;
  readonly event_id: string;
  readonly invoice_id: InvoiceId | null;
  readonly endpoint_id: EndpointId | null;
  readonly resend_of: DeliveryId | null;
  readonly state: string;
  readonly attempts: number;
  readonly type: string;
}

/** As stored, oldest first. */
export async function deliveriesOf(system: TestSystem, merchant: TestMerchant): Promise<StoredDelivery[]> {
  const { rows } = await system.superuser.query<StoredDelivery>(
    `select d.*, e.type from deliveries d join events e on e.id = d.event_id
     where d.merchant_id = $1 order by d.created_at, e.position, d.id`,
    [merchant.merchantId],
  );
  return rows;
}

/** Makes the next try of each delivery that is pending. */
export async function deliverPending(system: TestSystem, merchant: TestMerchant): Promise<void> {
  for (const { id, attempts, state } of await deliveriesOf(system, merchant)) {
    if (state !== "pending") continue;
    await deliverCallback(merchant.system, { deliveryId: id, attemptNumber: attempts + 1 });
  }
}

/** As if a delivery had failed as many times. */
export async function asTried(system: TestSystem, id: DeliveryId, tries: number): Promise<void> {
  await system.superuser.query(
    `with tried as (update deliveries set attempts = $2 where id = $1 returning merchant_id, mode, id)
     insert into delivery_attempts (merchant_id, mode, id, delivery_id, number, url, is_delivered, status, response_text, duration_ms)
     select merchant_id, mode, 'dat_' || lpad(n::text, 22, '0'), id, n, 'https://shop.test/hook', false, 500, '', 1
     from tried, generate_series(1, $2::int) n`,
    [id, tries],
  );
}

/** As if as many more events had failed for good at the same endpoint: copies of one delivery, with an event each. */
export async function copyAsFailed(system: TestSystem, id: DeliveryId, count: number): Promise<void> {
  await system.superuser.query(
    `with copied as (
       insert into events (merchant_id, mode, id, type, invoice_id, sequence, data, actor_kind, actor_id, correlation_id)
       select merchant_id, mode, 'evt_' || lpad(n::text, 22, '0'), 'endpoint.test', null, 0, data, actor_kind, actor_id, correlation_id
       from events, generate_series(1, $2::int) n where id = (select event_id from deliveries where id = $1)
       returning id),
     failed as (
       insert into deliveries (merchant_id, mode, id, event_id, endpoint_id, state, attempts, created_at, completed_at)
       select d.merchant_id, d.mode, 'dlv' || substr(c.id, 4), c.id, d.endpoint_id, 'failed', 1, d.created_at, now()
       from deliveries d, copied c where d.id = $1
       returning merchant_id, mode, id)
     insert into delivery_attempts (merchant_id, mode, id, delivery_id, number, url, is_delivered, status, response_text, duration_ms)
     select merchant_id, mode, 'dat' || substr(id, 4), id, 1, 'https://shop.test/hook', false, 500, '', 1 from failed`,
    [id, count],
  );
}

/** The code of a refusal, or "found". */
export const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "found",
    (error: { code?: string }) => error.code,
  );
