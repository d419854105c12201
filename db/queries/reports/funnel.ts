// How far invoices came that were made in a period.

import type { Tenant } from "#lib/domain/tenant.ts";
import type { Tx } from "../../transaction.ts";
import type { Period } from "./range.ts";

/** Counts of invoices that were made in the period, by how far they have come since. */
export interface Funnel {
  readonly created: number;
  /** The provider took the invoice's message. */
  readonly sent: number;
  /** The phone has it. */
  readonly delivered: number;
  /** Opened by what looks like a person. */
  readonly opened: number;
  /** Opened by previews and crawlers only. */
  readonly openedByBotsOnly: number;
  /** A method was chosen. */
  readonly methodChosen: number;
  readonly paid: number;
  /** Of the paid, those that were paid in another way. */
  readonly paidOutside: number;
}

export async function readFunnel(
  tx: Tx,
  { merchantId, mode }: Tenant,
  { from, to }: Period,
): Promise<Funnel> {
  const values = [merchantId, mode, from, to];
  const made = "i.merchant_id = $1 and i.mode = $2 and i.created_at >= $3 and i.created_at < $4";
  const invoices = await tx.client.query<Record<keyof Funnel, string>>(
    `select count(*) as created, count(opened_at) as opened,
       count(*) filter (where opened_at is null and bot_openings > 0) as "openedByBotsOnly",
       count(*) filter (where state = 'paid') as paid,
       count(*) filter (where paid_by = 'outside') as "paidOutside"
     from invoices i where ${made}`,
    values,
  );
  // One message of an invoice counts: the one that came furthest. All three are read in the order of invoices.
  const messages = await tx.client.query<Record<"sent" | "delivered", string>>(
    `select count(*) filter (where is_sent) as sent, count(*) filter (where is_delivered) as delivered from (
       select bool_or(s.sent_at is not null) as is_sent, bool_or(s.state = 'delivered') as is_delivered
       from invoices i join sms_messages s on s.merchant_id = i.merchant_id and s.invoice_id = i.id
       where ${made} and s.merchant_id = $1 and s.mode = $2 and s.kind = 'invoice'
       group by i.id
     ) m`,
    values,
  );
  const chosen = await tx.client.query<{ n: string }>(
    `select count(*) as n from invoices i where ${made}
       and exists (select from payments p where p.merchant_id = $1 and p.mode = $2 and p.invoice_id = i.id)`,
    values,
  );
  const [counted, told] = [invoices.rows[0], messages.rows[0]];
  return {
    created: Number(counted?.created ?? 0),
    sent: Number(told?.sent ?? 0),
    delivered: Number(told?.delivered ?? 0),
    opened: Number(counted?.opened ?? 0),
    openedByBotsOnly: Number(counted?.openedByBotsOnly ?? 0),
    methodChosen: Number(chosen.rows[0]?.n ?? 0),
    paid: Number(counted?.paid ?? 0),
    paidOutside: Number(counted?.paidOutside ?? 0),
  };
}
