// The auditor's look at what comes in: repeats have one effect, and only what proves itself has any.

import { FINAL_TOLD } from "./outbox.ts";
import type { Finding, Snapshot } from "./snapshot.ts";

/** I-07: one key, one body, one resource that exists. */
export async function findDoubledKeys(snapshot: Snapshot): Promise<Finding> {
  return await snapshot.find({
    looksAt: "select count(*) as n from idempotency_keys",
    found: `
      select min(key) as id, 'is stored more than once for ' || route as what from idempotency_keys
      group by merchant_id, mode, route, key having count(*) > 1
      union all
      select key, 'was used with a body that is not known' from idempotency_keys where octet_length(fingerprint) <> 32
      union all
      select k.key, 'leads to ' || k.resource_id || ', which does not exist' from idempotency_keys k
      left join (
        select merchant_id, mode, id from invoices union all select merchant_id, mode, id from payments
        union all select merchant_id, mode, id from refunds union all select merchant_id, mode, id from sms_messages
      ) r on r.merchant_id = k.merchant_id and r.mode = k.mode and r.id = k.resource_id
      where k.resource_id ~ '^(inv|pay|rfn|sms)_' and r.id is null`,
  });
}

/** I-10: a message of a rail is stored once, and what it tells of happens once. */
export async function findRepeatedEffects(snapshot: Snapshot): Promise<Finding> {
  return await snapshot.find({
    looksAt: "select (select count(*) from notifications) + (select count(*) from ledger_transactions) as n",
    found: `
      select min(id) as id, 'is stored more than once' as what from notifications
      group by merchant_id, rail_account_id, event_id having count(*) > 1
      union all
      select id, 'is closed without a time, or open with one' from notifications
      where (state = 'received') <> (applied_at is null)
      union all
      select coalesce(subject_id, payment_id), 'is booked more than once as ' || kind from ledger_transactions
      group by merchant_id, coalesce(subject_id, payment_id), kind, step having count(*) > 1
      union all
      select subject_id, 'was told of more than once as ' || min(type) from (${FINAL_TOLD}) told
      group by merchant_id, subject_id, case when type = 'payment.surplus' then 'payment.succeeded' else type end, version
      having count(*) > 1`,
  });
}

/** I-11: what a message caused goes by an account that verified it; messages themselves move nothing. */
export async function findUnverified(snapshot: Snapshot): Promise<Finding> {
  return await snapshot.find({
    looksAt: "select count(*) as n from notifications",
    found: `
      select n.id, 'came in by no account of its merchant and mode' as what from notifications n
      left join rail_accounts a on a.merchant_id = n.merchant_id and a.mode = n.mode and a.id = n.rail_account_id
        and a.kind <> 'sms'
      where a.id is null
      union all
      select n.id, 'was applied to a payment of another account' from notifications n
      left join payments p on p.merchant_id = n.merchant_id and p.mode = n.mode and p.id = n.payment_id
        and p.rail_account_id = n.rail_account_id
      where n.state = 'applied' and n.payment_id is not null and p.id is null
      union all
      select n.id, 'was applied to a refund of another account' from notifications n
      left join refunds r on r.merchant_id = n.merchant_id and r.mode = n.mode and r.id = n.refund_id
        and r.rail_account_id = n.rail_account_id
      where n.state = 'applied' and n.refund_id is not null and r.id is null
      union all
      select subject_id, 'was moved by a message, not by what its rail was asked' from transitions
      where actor_kind = 'rail' and machine <> 'sms'`,
  });
}
