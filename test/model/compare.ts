// The database against the model.

import { isDeepStrictEqual } from "node:util";
import { type AttemptState, type Model, type ModelInvoice, refundedMinor } from "./model.ts";
import type { World } from "./world.ts";

interface InvoiceRow {
  readonly id: string;
  readonly state: string;
  readonly due: number;
  readonly paid: number;
  readonly is_opened: boolean;
  readonly payments: readonly PaymentRow[];
  readonly events: Readonly<Record<string, number>>;
}

interface PaymentRow {
  readonly id: string;
  readonly method: string;
  readonly state: string;
  readonly disposition: "accepted" | "surplus" | null;
  readonly is_superseded: boolean;
  readonly is_known: boolean;
  readonly is_doubtful: boolean;
  readonly refunded: number;
  readonly refunds: readonly { readonly amount: number; readonly state: string }[];
}

const ROWS = `
  select i.id, i.state, i.amount_due_minor::int as due, i.amount_paid_minor::int as paid, i.opened_at is not null as is_opened,
    coalesce((select json_agg(p order by p.created_at, p.id) from (
      select p.id, p.method, p.state, p.disposition, p.superseded_at is not null as is_superseded,
        p.rail_reference is not null as is_known, p.unknown_since is not null as is_doubtful,
        p.refunded_minor::int as refunded, p.created_at,
        coalesce((select json_agg(json_build_object('amount', r.amount_minor::int, 'state', r.state)
          order by r.created_at, r.id) from refunds r where r.payment_id = p.id), '[]') as refunds
      from payments p where p.invoice_id = i.id) p), '[]') as payments,
    coalesce((select json_object_agg(type, n) from (
      select type, count(*) as n from events e where e.invoice_id = i.id and e.type = any ($2) group by 1) e), '{}') as events
  from invoices i where i.id = any ($1)`;

/** Events that the model counts. */
const COUNTED = [
  "invoice.created",
  "invoice.opened",
  "invoice.updated",
  "invoice.paid",
  "invoice.cancelled",
  "invoice.expired",
  "payment.started",
  "payment.succeeded",
  "payment.surplus",
  "payment.failed",
  "payment.cancelled",
  "payment.expired",
  "refund.created",
  "refund.succeeded",
  "refund.failed",
];

/** Gives the model's new attempts their ids, and fails where the database says something else than the model. */
export async function requireSame({ system }: World, model: Model): Promise<void> {
  const ids = model.invoices.map(({ id }) => id);
  const { rows } = await system.superuser.query<InvoiceRow>(ROWS, [ids, COUNTED]);
  for (const invoice of model.invoices) {
    const row = rows.find(({ id }) => id === invoice.id);
    if (row === undefined) throw new Error(`Invoice ${invoice.id} is lost.`);
    invoice.attempts.forEach((attempt, index) => {
      attempt.id ||= row.payments[index]?.id ?? "";
    });
    const is = describeRow(row);
    const should = describeModel(invoice);
    if (isDeepStrictEqual(is, should)) continue;
    const text = (value: unknown) => JSON.stringify(value, null, 1);
    throw new Error(`Invoice ${invoice.id} is\n${text(is)}\nand should be\n${text(should)}`);
  }
}

function describeRow(row: InvoiceRow) {
  return {
    state: row.state,
    due: row.due,
    paid: row.paid,
    isOpened: row.is_opened,
    attempts: row.payments.map((payment) => ({
      method: payment.method,
      state: stateOf(payment),
      isSuperseded: payment.is_superseded,
      isKnown: payment.is_known,
      isDoubtful: payment.is_doubtful,
      refunded: payment.refunded,
      refunds: payment.refunds.map(({ amount, state }) => `${state} ${amount}`),
    })),
    events: sorted(Object.entries(row.events)),
  };
}

function describeModel(invoice: ModelInvoice) {
  return {
    state: invoice.state,
    due: invoice.amountMinor,
    paid: invoice.state === "paid" ? invoice.amountMinor : 0,
    isOpened: invoice.isOpened,
    attempts: invoice.attempts.map((attempt) => ({
      method: attempt.method,
      state: attempt.state,
      isSuperseded: attempt.isSuperseded,
      isKnown: attempt.isKnown,
      isDoubtful: attempt.isDoubtful,
      refunded: refundedMinor(attempt),
      refunds: attempt.refunds.map(({ amountMinor, state }) => `${state} ${amountMinor}`),
    })),
    events: sorted([...invoice.events]),
  };
}

function stateOf({ state, disposition }: PaymentRow): AttemptState {
  if (disposition !== null) return disposition;
  if (state === "created") return "code";
  return state === "pending" ? "open" : "ended";
}

const sorted = (entries: readonly (readonly [string, number])[]) =>
  [...entries].sort(([one], [other]) => (one < other ? -1 : 1)).map(([type, n]) => `${n} ${type}`);
