// What invoices are found by that no index of their own can serve under row-level security. Triggers write it.

import { foreignKey, index, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import type { DeliveryId, EndpointId, EventId, InvoiceId } from "#lib/domain/ids.ts";
import { MODES } from "#lib/domain/tenant.ts";
import { bytes, instant, oneOf, tenantColumns, tenantPolicy } from "./columns.ts";
import { deliveries } from "./events.ts";
import { invoices } from "./invoices.ts";

/** Pairs of metadata that an invoice has, or had once: who looks asks the invoice too. */
export const invoiceMetadata = pgTable(
  "invoice_metadata",
  {
    ...tenantColumns(),
    /** The first 16 bytes of SHA-256 over key, a zero byte, and value. */
    pair: bytes("pair").notNull(),
    /** The invoice's. */
    createdAt: instant("created_at").notNull(),
    invoiceId: text("invoice_id").$type<InvoiceId>().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.mode, t.pair, t.createdAt, t.invoiceId] }),
    foreignKey({ columns: [t.merchantId, t.invoiceId], foreignColumns: [invoices.merchantId, invoices.id] }),
    oneOf("invoice_metadata_mode", t.mode, MODES),
    tenantPolicy("invoice_metadata"),
  ],
);

/** Callbacks about invoices that were given up; one sent again since then is found by its event and receiver. */
export const failedCallbacks = pgTable(
  "failed_callbacks",
  {
    ...tenantColumns(),
    deliveryId: text("delivery_id").$type<DeliveryId>().notNull(),
    eventId: text("event_id").$type<EventId>().notNull(),
    endpointId: text("endpoint_id").$type<EndpointId>(),
    invoiceId: text("invoice_id").$type<InvoiceId>().notNull(),
    failedAt: instant("failed_at").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.deliveryId] }),
    foreignKey({
      columns: [t.merchantId, t.deliveryId],
      foreignColumns: [deliveries.merchantId, deliveries.id],
    }),
    index("failed_callbacks_newest").on(t.merchantId, t.mode, t.failedAt),
    oneOf("failed_callbacks_mode", t.mode, MODES),
    tenantPolicy("failed_callbacks"),
  ],
);
