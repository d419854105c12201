import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inTenant, withoutTenant } from "#db/transaction.ts";
import { cancelInvoice } from "#lib/services/invoices/cancel.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { getInvoice, listInvoices } from "#lib/services/invoices/get.ts";
import { sendInvoice } from "#lib/services/invoices/send.ts";
import { listTimeline } from "#lib/services/invoices/timeline.ts";
import { getPayment, listPayments } from "#lib/services/payments/get.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { createFullKey } from "../../scripts/stack/merchant.ts";
import { invoiceInput } from "./helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let ours: TestMerchant;
let theirs: TestMerchant;

beforeAll(async () => {
  system = await openSystem();
  ours = await system.merchant();
  theirs = await system.merchant();
});
afterAll(() => system.close());

const NO_FILTER = { filter: {}, phone: null, cursor: null, limit: 100 };

/** Tables without row-level security: look-ups before the tenant is known, people, and the edges of the machines. */
const UNGUARDED = [
  "api_key_routes",
  "event_order",
  "invoice_deadlines",
  "link_routes",
  "mailed_tokens",
  "mails",
  "memberships",
  "rail_account_routes",
  "rate_limits",
  "recovery_codes",
  "sms_counters",
  "state_edges",
  "test_clocks",
  "user_identities",
  "user_sessions",
  "users",
];

describe("another merchant's objects", () => {
  it("read as if they did not exist, for every verb that takes an id", async () => {
    const { invoice } = await createInvoice(theirs.ctx, invoiceInput());
    const payment = await startPayment(theirs.ctx, { invoiceId: invoice.id, method: "card" });
    const code = (work: Promise<unknown>) =>
      work.then(
        () => "found",
        (error: { code?: string }) => error.code,
      );
    expect(await code(getInvoice(ours.ctx, invoice.id))).toBe("invoice_not_found");
    expect(await code(cancelInvoice(ours.ctx, invoice.id))).toBe("invoice_not_found");
    expect(await code(sendInvoice(ours.ctx, invoice.id))).toBe("invoice_not_found");
    expect(await code(listTimeline(ours.ctx, invoice.id, 0, 10))).toBe("invoice_not_found");
    expect(await code(startPayment(ours.ctx, { invoiceId: invoice.id, method: "card" }))).toBe(
      "invoice_not_found",
    );
    expect(await code(getPayment(ours.ctx, payment.id))).toBe("payment_not_found");
    expect((await getInvoice(theirs.ctx, invoice.id)).invoice.state).toBe("open");
  });

  it("are in no list", async () => {
    await createInvoice(theirs.ctx, invoiceInput());
    const { invoice } = await createInvoice(ours.ctx, invoiceInput());
    const listed = await listInvoices(ours.ctx, NO_FILTER);
    expect(listed.items.map((item) => item.invoice.id)).toContain(invoice.id);
    expect(new Set(listed.items.map((item) => item.invoice.merchantId))).toEqual(new Set([ours.merchantId]));
    const payments = await listPayments(ours.ctx, { filter: {}, cursor: null, limit: 100 });
    expect(payments.items.every((payment) => payment.merchantId === ours.merchantId)).toBe(true);
  });

  it("of the other mode are as far away", async () => {
    const { invoice } = await createInvoice(ours.ctx, invoiceInput());
    const live = { ...ours.ctx, tenant: { ...ours.tenant, mode: "live" as const } };
    await expect(getInvoice(live, invoice.id)).rejects.toMatchObject({ code: "invoice_not_found" });
  });
});

describe("the database", () => {
  it("shows the web role no tenant's row without a tenant, and only that tenant's with one", async () => {
    await createInvoice(ours.ctx, invoiceInput());
    const count = "select count(*)::int as n, count(distinct merchant_id)::int as merchants from invoices";
    const none = await withoutTenant(
      system.deps.db,
      async ({ client }) => (await client.query(count)).rows[0],
    );
    expect(none).toEqual({ n: 0, merchants: 0 });
    const own = await inTenant(
      system.deps.db,
      ours.tenant,
      async ({ client }) => (await client.query(count)).rows[0],
    );
    expect(own.merchants).toBe(1);
  });

  it("refuses to write a row for another tenant", async () => {
    const attempt = inTenant(system.deps.db, ours.tenant, ({ client }) =>
      client.query(
        "insert into api_keys (merchant_id, mode, id, name, hint) values ($1, 'test', 'key_x', 'x', 'x')",
        [theirs.merchantId],
      ),
    );
    await expect(attempt).rejects.toMatchObject({ code: "42501" });
  });

  it("forgets the tenant with the transaction, so that a connection carries nothing over", async () => {
    const read = "select current_setting('app.merchant_id', true) as merchant";
    for (let round = 0; round < 20; round += 1) {
      await inTenant(system.deps.db, ours.tenant, async () => undefined);
      const { rows } = await system.deps.db.pool.query(read);
      expect(rows[0].merchant ?? "").toBe("");
    }
  });

  it("forces row-level security with a policy on every tenant table, and on every new one", async () => {
    const { rows } = await system.superuser.query<{ name: string; forced: boolean; policies: string }>(`
      select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced,
        (select count(*) from pg_policy p where p.polrelid = c.oid) as policies
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and c.relkind = 'r' order by 1`);
    expect(rows.filter((row) => !row.forced || row.policies === "0").map((row) => row.name)).toEqual(
      UNGUARDED,
    );
  });

  it("leads the key of every tenant table with the merchant", async () => {
    const { rows } = await system.superuser.query<{ name: string }>(`
      select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_index i on i.indrelid = c.oid and i.indisprimary
      join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
      where n.nspname = 'public' and c.relrowsecurity and a.attname <> 'merchant_id' order by 1`);
    expect(rows.map((row) => row.name)).toEqual(["merchants"]);
  });

  it("gives the processes roles that own nothing, bypass nothing, and cannot rewrite history", async () => {
    const { rows } = await system.superuser.query(`
      select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
        (select count(*)::int from pg_class c where c.relowner = r.oid) as owned
      from pg_roles r where rolname like 'billtext%' order by 1`);
    expect(rows.length).toBeGreaterThanOrEqual(4);
    for (const row of rows.filter(({ rolname }) => rolname !== "billtext")) {
      expect(row).toMatchObject({
        rolsuper: false,
        rolbypassrls: false,
        rolcreaterole: false,
        rolcreatedb: false,
        owned: 0,
      });
    }
    for (const statement of [
      "update events set type = 'x'",
      "delete from events",
      "update ledger_entries set amount_minor = 0",
      "delete from transitions",
      "delete from invoices",
      "truncate payments",
      "delete from rate_limits",
      "update event_order set ahead = 0",
      "alter table invoices disable row level security",
      "insert into state_edges values ('payment', 'failed', 'x', 'succeeded')",
    ]) {
      const attempt = inTenant(system.deps.db, ours.tenant, ({ client }) => client.query(statement));
      await expect(attempt, statement).rejects.toMatchObject({ code: "42501" });
    }
  });
});

describe("API keys", () => {
  it("are found by their hash alone, and the key itself is stored nowhere", async () => {
    const key = await createFullKey(ours.system, "another");
    const { rows } = await system.superuser.query(
      "select to_jsonb(t)::text as row from api_keys t union all select to_jsonb(t)::text from api_key_routes t",
    );
    expect(rows.some(({ row }) => String(row).includes(key.slice(14)))).toBe(false);
  });
});
