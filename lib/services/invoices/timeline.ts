// Everything that happened to one invoice, in order: what it went through, its messages, its attempts, and
// every try to call the merchant back.

import { listAttemptsOfEvents, type TimelineAttempt } from "#db/queries/deliveries.ts";
import { listEventsOfInvoice, type StoredEvent } from "#db/queries/events.ts";
import { findInvoice } from "#db/queries/invoices.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { InvoiceId } from "#lib/domain/ids.ts";
import { look, requirePermission, type ServiceContext } from "../context.ts";

export interface TimelineEntry {
  readonly event: StoredEvent;
  /** Tries to call back about this event, oldest first. */
  readonly callbackAttempts: readonly TimelineAttempt[];
}

export interface Timeline {
  readonly entries: readonly TimelineEntry[];
  /** Give it as `afterSequence` to go on; null at the end. */
  readonly nextSequence: number | null;
}

/**
 * @param afterSequence  0 to begin
 * @param limit          1 to 100
 * @throws permission_denied  the key lacks invoices:read
 * @throws invoice_not_found
 */
export async function listTimeline(
  ctx: ServiceContext,
  id: InvoiceId,
  afterSequence: number,
  limit: number,
): Promise<Timeline> {
  requirePermission(ctx, "invoices.read");
  return await look(ctx, async ({ tx, tenant }) => {
    if ((await findInvoice(tx, tenant, id)) === null) {
      throw new ServiceError("invoice_not_found", "There is no such invoice.");
    }
    const rows = await listEventsOfInvoice(tx, tenant, id, afterSequence, limit + 1);
    const events = rows.slice(0, limit);
    const attempts = await listAttemptsOfEvents(
      tx,
      tenant,
      events.map((event) => event.id),
    );
    return {
      entries: events.map((event) => ({
        event,
        callbackAttempts: attempts.filter((attempt) => attempt.eventId === event.id),
      })),
      nextSequence: rows.length > limit ? (events.at(-1)?.sequence ?? null) : null,
    };
  });
}
