// The only place that changes an invoice's state.

import { type InvoiceFacts, updateInvoiceState } from "#db/queries/invoices.ts";
import { insertTransition } from "#db/queries/payments.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { EventType } from "#lib/domain/events.ts";
import { INVOICE_TRANSITIONS, type InvoiceEvent } from "#lib/domain/invoice.ts";
import type { Invoice, Payment } from "#lib/domain/records.ts";
import { nextState } from "#lib/domain/state-table.ts";
import type { TxContext } from "../context.ts";
import { recordEvent } from "../events/record.ts";

const TYPE_OF_EVENT: { readonly [E in InvoiceEvent]: EventType } = {
  edited: "invoice.updated",
  reopened: "invoice.reopened",
  paid: "invoice.paid",
  paid_late: "invoice.paid",
  paid_after_cancel: "invoice.paid",
  paid_outside: "invoice.paid",
  cancelled: "invoice.cancelled",
  expired: "invoice.expired",
};

export interface AdvanceInvoiceInput {
  /** As locked in this transaction. */
  readonly invoice: Invoice;
  readonly event: InvoiceEvent;
  readonly facts: InvoiceFacts;
  /** The payment that caused it, for the event. */
  readonly payment?: Payment;
  /** Runs after the move and before its event, for events that come first in the sequence. */
  readonly beforeEvent?: (moved: Invoice) => Promise<void>;
}

/**
 * Moves a locked invoice along one edge of INVOICE_TRANSITIONS and records the step and the event.
 *
 * @throws invoice_state_conflict  the edge does not exist
 */
export async function advanceInvoice(ctx: TxContext, input: AdvanceInvoiceInput): Promise<Invoice> {
  const { invoice, event, facts, payment, beforeEvent } = input;
  const state = nextState(INVOICE_TRANSITIONS, invoice.state, event);
  if (state === null) {
    throw new ServiceError("invoice_state_conflict", `The invoice is ${invoice.state}.`);
  }
  await insertTransition(ctx.tx, ctx.tenant, {
    machine: "invoice",
    subjectId: invoice.id,
    version: invoice.version + 1,
    fromState: invoice.state,
    event,
    toState: state,
    actorKind: ctx.actor.kind,
    actorId: ctx.actor.id,
  });
  const moved = await updateInvoiceState(ctx.tx, invoice, state, facts);
  await beforeEvent?.(moved);
  await recordEvent(ctx, {
    type: TYPE_OF_EVENT[event],
    invoice: moved,
    ...(payment === undefined ? {} : { payment }),
  });
  return moved;
}
