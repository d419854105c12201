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

/** The code of a refusal, or "found". */
export const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "found",
    (error: { code?: string }) => error.code,
  );
