// Everything about one invoice, from the tables that keep it, in one order.

import type { EventType } from "#lib/domain/events.ts";
import type { DeliveryId, EventId, InvoiceId } from "#lib/domain/ids.ts";
import type { JsonValue } from "#lib/domain/ports/json.ts";
import type { EventData } from "#lib/domain/records.ts";
import type { Tenant } from "#lib/domain/tenant.ts";
import type { Tx } from "../../transaction.ts";

/** A fact, as callbacks tell it. */
export interface EventDetail {
  readonly type: EventType;
  readonly sequence: number;
  /** The refund or dispute that it is about. */
  readonly subjectId: string | null;
  readonly paymentId: string | null;
  readonly data: EventData;
}

/** A step of a payment or message that no event tells of. */
export interface StepDetail {
  readonly machine: "payment" | "sms";
  readonly subjectId: string;
  readonly event: string;
  readonly fromState: string;
  readonly toState: string;
}

/** One try to call the merchant back. */
export interface TryDetail {
  readonly deliveryId: DeliveryId;
  readonly eventId: EventId;
  readonly eventType: EventType;
  readonly number: number;
  readonly url: string;
  readonly isDelivered: boolean;
  readonly status: number | null;
  readonly failure: string | null;
  readonly durationMs: number;
}

/** What somebody did that needs a privilege, from the audit log. */
export interface ActDetail {
  readonly act: string;
  readonly subjectId: string;
  readonly detail: JsonValue;
}

interface HistoryBase {
  /** Stays the same, and is no other's. */
  readonly id: string;
  readonly at: Date;
  readonly actorKind: string;
  readonly actorId: string;
  /** Where it stands among those of one instant. */
  readonly rank: number;
  readonly place: number;
}

export type HistoryEntry = HistoryBase &
  (
    | ({ readonly kind: "event" } & EventDetail)
    | ({ readonly kind: "step" } & StepDetail)
    | ({ readonly kind: "try" } & TryDetail)
    | ({ readonly kind: "act" } & ActDetail)
  );

export type HistoryPlace = Pick<HistoryEntry, "at" | "rank" | "place" | "id">;

/** Steps that come without an event of their own. */
const UNTOLD = ["payment submitted", "payment code_accepted", "sms claimed", "sms returned"];

/**
 * Entries after a place. Events are in the order of their sequence, whenever their transactions began; the rest goes
 * by time. A page reads all of the invoice's rows by their indexes, and no more.
 */
export async function listHistoryRows(
  tx: Tx,
  { merchantId }: Tenant,
  invoiceId: InvoiceId,
  page: { readonly after: HistoryPlace | null; readonly isNewestFirst: boolean; readonly limit: number },
): Promise<HistoryEntry[]> {
  const { after, isNewestFirst, limit } = page;
  const way = isNewestFirst ? "desc" : "asc";
  const { rows } = await tx.client.query<Row>(
    `with attempts as (select id from payments where merchant_id = $1 and invoice_id = $2),
     subjects as (
       select $2 as id union all select id from attempts
       union all select id from refunds where merchant_id = $1 and invoice_id = $2
       union all select id from sms_messages where merchant_id = $1 and invoice_id = $2
       union all select d.id from disputes d join attempts a on d.payment_id = a.id where d.merchant_id = $1
     ),
     entries as (
       select 'event' as kind, 0 as rank, max(occurred_at) over (order by sequence) as at, sequence as place, id,
         actor_kind, actor_id, jsonb_build_object('type', type, 'sequence', sequence, 'subjectId', subject_id,
           'paymentId', payment_id, 'data', data) as detail
       from events where merchant_id = $1 and invoice_id = $2
       union all
       select 'step', 1, t.at, t.version, t.subject_id || '.' || t.version, t.actor_kind, t.actor_id,
         jsonb_build_object('machine', t.machine, 'subjectId', t.subject_id, 'event', t.event,
           'fromState', t.from_state, 'toState', t.to_state)
       from subjects s join transitions t on t.merchant_id = $1 and t.subject_id = s.id
       where t.machine || ' ' || t.event = any ($3)
       union all
       select 'act', 2, a.at, 0, a.id, a.actor_kind, a.actor_id,
         jsonb_build_object('act', a.act, 'subjectId', a.subject_id, 'detail', a.detail)
       from subjects s join audit_entries a on a.merchant_id = $1 and a.subject_id = s.id
       union all
       select 'try', 3, t.at, t.number, t.id, 'system', 'callback',
         jsonb_build_object('deliveryId', d.id, 'eventId', d.event_id, 'eventType', e.type, 'number', t.number,
           'url', t.url, 'isDelivered', t.is_delivered, 'status', t.status, 'failure', t.failure,
           'durationMs', t.duration_ms)
       from deliveries d
       join delivery_attempts t on t.merchant_id = $1 and t.delivery_id = d.id
       join events e on e.merchant_id = $1 and e.id = d.event_id
       where d.merchant_id = $1 and d.invoice_id = $2
     )
     select * from entries
     where $4::timestamptz is null
       or (at, rank, place, id) ${isNewestFirst ? "<" : ">"} ($4::timestamptz, $5::int, $6::int, $7::text)
     order by at ${way}, rank ${way}, place ${way}, id ${way} limit $8`,
    [
      merchantId,
      invoiceId,
      UNTOLD,
      after?.at ?? null,
      after?.rank ?? null,
      after?.place ?? null,
      after?.id ?? null,
      limit,
    ],
  );
  return rows.map(toEntry);
}

interface Row extends HistoryPlace {
  readonly kind: HistoryEntry["kind"];
  readonly actor_kind: string;
  readonly actor_id: string;
  readonly detail: JsonValue;
}

/** The cast is safe: the statement above builds each kind's detail. */
function toEntry({ kind, id, at, rank, place, actor_kind, actor_id, detail }: Row): HistoryEntry {
  const base = { kind, id, at, rank, place, actorKind: actor_kind, actorId: actor_id };
  return Object.assign(base, detail) as unknown as HistoryEntry;
}
