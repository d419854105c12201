// What rails made of attempts, messages that were sent, and callback endpoints that fail.

import type { EndpointId, RailAccountId } from "#lib/domain/ids.ts";
import type { RailTarget } from "#lib/domain/merchant.ts";
import type { DeclineCode, PaymentMethod, PaymentState } from "#lib/domain/payment.ts";
import type { SmsKind } from "#lib/domain/sms.ts";
import type { Tenant } from "#lib/domain/tenant.ts";
import type { Tx } from "../../transaction.ts";
import type { Period } from "./range.ts";

export interface AttemptCount {
  readonly method: PaymentMethod;
  readonly railAccountId: RailAccountId;
  readonly state: PaymentState;
  readonly declineCode: DeclineCode | null;
  readonly count: number;
}

/** Attempts that were made in the period, by where they are now. */
export async function countAttempts(
  tx: Tx,
  { merchantId, mode }: Tenant,
  { from, to }: Period,
): Promise<AttemptCount[]> {
  const { rows } = await tx.client.query<Omit<AttemptCount, "count"> & { readonly count: string }>(
    `select method, rail_account_id as "railAccountId", state, decline_code as "declineCode", count(*) as count
     from payments where merchant_id = $1 and mode = $2 and created_at >= $3 and created_at < $4
     group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
    [merchantId, mode, from, to],
  );
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}

export interface RailAccountName {
  readonly id: RailAccountId;
  readonly target: RailTarget;
  /** Of a carrier; null for a rail with one fixed address. */
  readonly baseUrl: string | null;
  readonly isReplaced: boolean;
}

/** Every account at a rail, also those that were replaced. */
export async function listRailAccountNames(tx: Tx, { merchantId, mode }: Tenant): Promise<RailAccountName[]> {
  const { rows } = await tx.client.query<RailAccountName>(
    `select id, target, base_url as "baseUrl", replaced_at is not null as "isReplaced"
     from rail_accounts where merchant_id = $1 and mode = $2 order by created_at, id`,
    [merchantId, mode],
  );
  return rows;
}

export interface SmsSum {
  readonly kind: SmsKind;
  readonly messages: number;
  /** What providers charge by. */
  readonly parts: number;
}

/** Messages that the provider took in the period. */
export async function sumMessages(
  tx: Tx,
  { merchantId, mode }: Tenant,
  { from, to }: Period,
): Promise<SmsSum[]> {
  const { rows } = await tx.client.query<{ kind: SmsKind; messages: string; parts: string }>(
    `select kind, count(*) as messages, sum(segments) as parts from sms_messages
     where merchant_id = $1 and mode = $2 and sent_at >= $3 and sent_at < $4 group by 1 order by 1`,
    [merchantId, mode, from, to],
  );
  return rows.map((row) => ({ ...row, messages: Number(row.messages), parts: Number(row.parts) }));
}

export interface FailingEndpoint {
  readonly id: EndpointId;
  readonly url: string;
  readonly description: string | null;
  readonly isEnabled: boolean;
  /** Null where it is off for another reason than failing. */
  readonly failingSince: Date | null;
  readonly lastFailedAt: Date | null;
  readonly lastDeliveredAt: Date | null;
  readonly disabledReason: string | null;
}

/** Endpoints that take nothing at the moment, or were switched off for that. */
export async function listFailingEndpoints(tx: Tx, { merchantId, mode }: Tenant): Promise<FailingEndpoint[]> {
  const { rows } = await tx.client.query<FailingEndpoint>(
    `select id, url, description, is_enabled as "isEnabled", failing_since as "failingSince",
       last_failed_at as "lastFailedAt", last_delivered_at as "lastDeliveredAt", disabled_reason as "disabledReason"
     from callback_endpoints where merchant_id = $1 and mode = $2 and deleted_at is null
       and (failing_since is not null or disabled_at is not null)
     order by failing_since nulls last, id`,
    [merchantId, mode],
  );
  return rows;
}
