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
  const { rows } = await tx.client.query<Record<keyof Funnel, string>>(
    `select count(*) as created, count(first_sent_at) as sent, count(first_delivered_at) as delivered,
       count(opened_at) as opened, count(*) filter (where opened_at is null and bot_openings > 0) as "openedByBotsOnly",
       count(method_chosen_at) as "methodChosen", count(*) filter (where state = 'paid') as paid,
       count(*) filter (where paid_by = 'outside') as "paidOutside"
     from invoices where merchant_id = $1 and mode = $2 and created_at >= $3 and created_at < $4`,
    [merchantId, mode, from, to],
  );
  const count = (name: keyof Funnel) => Number(rows[0]?.[name] ?? 0);
  return {
    created: count("created"),
    sent: count("sent"),
    delivered: count("delivered"),
    opened: count("opened"),
    openedByBotsOnly: count("openedByBotsOnly"),
    methodChosen: count("methodChosen"),
    paid: count("paid"),
    paidOutside: count("paidOutside"),
  };
}
