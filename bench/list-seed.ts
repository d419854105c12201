// A merchant with many invoices over a year: seven in ten are paid, of the rest a part each is open, expired and
// cancelled. Written by one statement a table, past the triggers, so that millions take minutes.

import type pg from "pg";
import type { Tenant } from "../lib/domain/tenant.ts";

const STATE = `case when n % 10 < 7 then 'paid' when n % 10 = 7 then 'open' when n % 10 = 8 then 'expired' else 'cancelled' end`;
const CREATED = "date_trunc('milliseconds', now() - (n * 365.0 / $3) * interval '1 day')";
const id = (prefix: string) => `'${prefix}_' || lpad(n::text, 22, '0')`;

/** Does nothing where the merchant is there already. */
export async function seed(client: pg.Client, { merchantId, mode }: Tenant, count: number): Promise<void> {
  const known = await client.query("select from merchants where id = $1", [merchantId]);
  if (known.rowCount !== 0) return;
  await client.query("begin");
  await client.query("set local session_replication_role = replica");
  await client.query("set local statement_timeout = 0");
  await client.query(
    "insert into merchants (id, name, legal_name, country, time_zone, locale) values ($1, 'Bench', 'Bench', 'NO', 'Europe/Oslo', 'en')",
    [merchantId],
  );
  await client.query(
    `insert into merchant_settings (merchant_id, mode, registered_hosts, methods, callback_secret, sms_cap_per_day)
     values ($1, $2, '{}', '{card}', '', 1)`,
    [merchantId, mode],
  );
  for (const [account, kind] of [
    ["c", "card"],
    ["p", "carrier_billing"],
  ]) {
    await client.query(
      `insert into rail_accounts (merchant_id, mode, id, kind, target, credentials)
       values ($1, $2, 'rac_' || right($1, 21) || $3, $4, 'sandbox', '')`,
      [merchantId, mode, account, kind],
    );
  }
  const railOf = `'rac_' || right($1, 21) || case when n % 2 = 0 then 'c' else 'p' end`;
  const tables: readonly (readonly [name: string, statement: string])[] = [
    [
      "invoices",
      `insert into invoices (merchant_id, mode, id, state, amount_due_minor, amount_paid_minor, currency, description,
         merchant_reference, reference_key, methods, locale, due_at, expires_at, phone, phone_hash, phone_last4,
         metadata, link_key_id, door, opened_at, bot_openings, first_sent_at, first_delivered_at, method_chosen_at, paid_by, paid_payment_id, paid_at, cancelled_at,
         expired_at, created_at, updated_at)
       select $1, $2, ${id("inv")}, ${STATE}, amount, case when ${STATE} = 'paid' then amount else 0 end,
         'NOK', 'Swimming gala, two tickets', 'ORDER-' || n, convert_to('order-' || n, 'UTF8'),
         '{card,carrier_billing}', 'en', case when n % 2 = 0 then ${CREATED} + interval '14 days' end,
         ${CREATED} + case when n % 10 = 7 then interval '400 days' else interval '30 days' end, '\\x00',
         sha256(convert_to((n % ($3 / 5))::text, 'UTF8')), lpad((n % 10000)::text, 4, '0'),
         case when n % 2 = 0 then jsonb_build_object('channel', 'web', 'customer', 'c' || n) else '{}'::jsonb end,
         1, 'native', case when n % 4 <> 0 then ${CREATED} + interval '5 minutes' end, (n % 3)::int, ${CREATED},
         case when n % 20 <> 0 then ${CREATED} end, case when n % 10 <> 7 then ${CREATED} + interval '30 minutes' end,
         case when ${STATE} = 'paid' then 'payment' end, case when ${STATE} = 'paid' then ${id("pay")} end,
         case when ${STATE} = 'paid' then ${CREATED} + interval '1 hour' end,
         case when ${STATE} = 'cancelled' then ${CREATED} + interval '1 hour' end,
         case when ${STATE} = 'expired' then ${CREATED} + interval '30 days' end, ${CREATED}, ${CREATED}
       from (select n, case when n % 3 = 0 then 24900 else 100 + n % 100000 end as amount
         from generate_series(1, $3::bigint) n) s`,
    ],
    [
      "invoice_metadata",
      `insert into invoice_metadata
       select $1, $2, substring(sha256(convert_to(key, 'UTF8') || '\\x00'::bytea || convert_to(value, 'UTF8')) for 16),
         ${CREATED}, ${id("inv")}
       from generate_series(2, $3::bigint, 2) n
       cross join lateral (values ('channel', 'web'), ('customer', 'c' || n)) pair(key, value)`,
    ],
    [
      "payments",
      `insert into payments (merchant_id, mode, id, invoice_id, method, rail_account_id, state, amount_minor, currency,
         disposition, rail_key, rail_request, rail_reference, rail_details, settlement_reference, decline_code,
         needs_review_at, completed_at, created_at, updated_at)
       select $1, $2, ${id("pay")}, ${id("inv")}, case when n % 2 = 0 then 'card' else 'carrier_billing' end, ${railOf},
         case when n % 10 < 7 then 'succeeded' when n % 20 = 8 then 'expired' else 'failed' end,
         case when n % 3 = 0 then 24900 else 100 + n % 100000 end, 'NOK',
         case when n % 10 < 7 then 'accepted' end, 'key-' || n, '{}', 'rail-' || n,
         jsonb_build_object('settlementReference', 'settled-' || n), 'settled-' || n,
         case when n % 10 >= 7 and n % 20 <> 8 then 'card_declined' end,
         case when n % 10000 = 0 then now() end, ${CREATED} + interval '1 hour', ${CREATED} + interval '30 minutes', now()
       from generate_series(1, $3::bigint) n where n % 10 <> 7`,
    ],
    [
      "sms_messages",
      `insert into sms_messages (merchant_id, mode, id, invoice_id, kind, state, template, link_counter, link_key_id,
         encoding, segments, send_at, provider_id, sent_at, final_at, created_at)
       select $1, $2, ${id("sms")}, ${id("inv")}, 'invoice', case when n % 20 = 0 then 'undelivered' else 'delivered' end,
         '', 1, 1, 'gsm7', 1 + (n % 2)::int, ${CREATED}, 'sms-' || n, ${CREATED}, ${CREATED}, ${CREATED}
       from generate_series(1, $3::bigint) n`,
    ],
    [
      "failed_callbacks",
      `insert into failed_callbacks (merchant_id, mode, delivery_id, event_id, invoice_id, failed_at)
       select $1, $2, ${id("dlv")}, ${id("evt")}, ${id("inv")}, ${CREATED} from generate_series(1, $3::bigint, 1000) n`,
    ],
    [
      "deliveries",
      `insert into deliveries (merchant_id, mode, id, event_id, invoice_id, state, created_at)
       select $1, $2, ${id("dlv")}, ${id("evt")}, ${id("inv")},
         case when n % 1000 = 1 then 'failed' else 'delivered' end, ${CREATED}
       from generate_series(1, $3::bigint) n`,
    ],
    [
      "ledger_transactions",
      `insert into ledger_transactions (merchant_id, mode, id, kind, payment_id, created_at)
       select $1, $2, ${id("ltx")}, 'payment_accepted', ${id("pay")}, ${CREATED} + interval '1 hour'
       from generate_series(1, $3::bigint) n where n % 10 < 7`,
    ],
    [
      "ledger_entries",
      `insert into ledger_entries (merchant_id, mode, id, transaction_id, account, currency, amount_minor, created_at)
       select $1, $2, 'ent_' || side || lpad(n::text, 21, '0'), ${id("ltx")},
         case side when 'd' then 'rail_clearing:' else 'merchant_pending:' end
           || case when n % 2 = 0 then 'card' else 'carrier_billing' end,
         'NOK', case side when 'd' then 1 else -1 end * case when n % 3 = 0 then 24900 else 100 + n % 100000 end,
         ${CREATED} + interval '1 hour'
       from generate_series(1, $3::bigint) n cross join (values ('d'), ('c')) sides(side) where n % 10 < 7`,
    ],
  ];
  for (const [name, statement] of tables) {
    const startedAt = performance.now();
    await client.query(statement, [merchantId, mode, count]);
    console.log(`${name.padEnd(22)}${((performance.now() - startedAt) / 1000).toFixed(1).padStart(8)} s`);
  }
  await client.query("commit");
  for (const [name] of tables) await client.query(`vacuum (analyze) ${name}`);
}
