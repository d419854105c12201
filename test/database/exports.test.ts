import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listInvoiceRows } from "#db/queries/invoices.ts";
import { inTenant } from "#db/transaction.ts";
import type { Role } from "#lib/domain/permissions.ts";
import { listDeliveries } from "#lib/services/callbacks/get-deliveries.ts";
import { contextFor, type ServiceContext } from "#lib/services/context.ts";
import type { CsvDownload } from "#lib/services/csv-download.ts";
import { type ExportInput, openExport } from "#lib/services/exports/open.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { updateMerchant } from "#lib/services/merchants/update.ts";
import { freshPhone, invoiceInput } from "./helpers.ts";
import { paidByCard, refundOf } from "./refund-helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;
let finance: ServiceContext;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant();
  finance = as(shop, "finance");
});
afterAll(() => system.close());

function as({ tenant }: TestMerchant, role: Role): ServiceContext {
  const actor = { kind: "user", id: "usr_0000000000000000000000" as never, role } as const;
  return contextFor(system.deps, tenant, actor, "req_test");
}

const ALL_INVOICES = { kind: "invoices", filter: {}, phone: null } as const;

async function textOf({ chunks }: CsvDownload): Promise<string> {
  let text = "";
  for await (const chunk of chunks) text += chunk;
  return text;
}

async function linesOf(ctx: ServiceContext, input: ExportInput): Promise<Record<string, string>[]> {
  const text = await textOf(await openExport(ctx, input));
  return parse(text, { bom: true, columns: true, record_delimiter: "\r\n" });
}

/** Copies an invoice as often as told, a second apart, the newest first. */
async function multiply(merchant: TestMerchant, count: number): Promise<void> {
  const { invoice } = await createInvoice(merchant.ctx, invoiceInput());
  await system.superuser.query(
    `insert into invoices select copy.* from invoices i, generate_series(1, $2::int) n,
       jsonb_populate_record(i, jsonb_build_object(
         'id', 'inv_' || lpad(n::text, 22, '0'), 'created_at', i.created_at - n * interval '1 second')) copy
     where i.id = $1`,
    [invoice.id, count - 1],
  );
  await system.superuser.query("analyze invoices");
}

describe("an export", () => {
  it("has a line for every row, times by the merchant's clock with the zone named, and decimal amounts", async () => {
    const merchant = await system.merchant();
    const dueAt = new Date("2027-07-01T21:59:59Z");
    const { invoice } = await createInvoice(
      merchant.ctx,
      invoiceInput({ dueAt, merchantReference: "A-1", metadata: { class: "5b" } }),
    );
    const file = await openExport(as(merchant, "owner"), ALL_INVOICES);
    expect(file.fileName).toMatch(/^invoices-test-\d{4}-\d{2}-\d{2}\.csv$/);
    const [line, ...more] = await linesOf(as(merchant, "owner"), ALL_INVOICES);
    expect(more).toEqual([]);
    expect(line).toMatchObject({
      id: invoice.id,
      state: "open",
      amount: "249.00",
      amount_paid: "0.00",
      currency: "NOK",
      description: "Swimming gala, two tickets",
      merchant_reference: "A-1",
      phone_last4: invoice.phoneLast4,
      metadata: '{"class":"5b"}',
      "due_at (Europe/Oslo)": "2027-07-01 23:59:59",
      "paid_at (Europe/Oslo)": "",
    });
    await updateMerchant(merchant.ctx, { profile: { timeZone: "America/New_York" }, settings: {} });
    const [moved] = await linesOf(as(merchant, "owner"), ALL_INVOICES);
    expect(moved?.["due_at (America/New_York)"]).toBe("2027-07-01 17:59:59");
  });

  it("holds no formula, no whole number and no link, whatever people wrote", async () => {
    const merchant = await system.merchant();
    const phone = freshPhone();
    const evil = ["=1+1", "+47", "-2+3", "@SUM(A1)", '=HYPERLINK("https://x.example";"y")', "＝1"];
    for (const text of evil) {
      await createInvoice(
        merchant.ctx,
        invoiceInput({ phone, description: text, merchantReference: text, metadata: { k: text } }),
      );
    }
    const text = await textOf(await openExport(as(merchant, "owner"), ALL_INVOICES));
    expect(text).not.toContain(phone.slice(1));
    expect(text).not.toContain("/i/");
    const cells = (await linesOf(as(merchant, "owner"), ALL_INVOICES)).flatMap((line) => Object.values(line));
    expect(cells.filter((cell) => /^\s*[=+\-@＝]/.test(cell))).toEqual([]);
    for (const each of evil) expect(cells).toContain(`'${each}`);
  });

  it("of payments, refunds, deliveries and the books has what each list has", async () => {
    const merchant = await system.merchant();
    const owner = as(merchant, "owner");
    const payment = await paidByCard(merchant);
    const refund = await refundOf(merchant, payment);
    const lines = (kind: Exclude<ExportInput["kind"], "invoices">) =>
      linesOf(owner, { kind, filter: {} } as ExportInput);
    expect(await lines("payments")).toMatchObject([
      { id: payment.id, amount: "249.00", refunded: "249.00", currency: "NOK", state: "succeeded" },
    ]);
    expect(await lines("refunds")).toMatchObject([{ id: refund.id, payment: payment.id, amount: "249.00" }]);
    expect(await lines("disputes")).toEqual([]);
    const deliveries = await listDeliveries(merchant.ctx, {
      filter: {},
      eventType: null,
      cursor: null,
      limit: 100,
    });
    expect((await lines("deliveries")).map(({ id }) => id)).toEqual(deliveries.items.map(({ id }) => id));
    const entries = await lines("ledger_entries");
    expect(entries.length).toBeGreaterThanOrEqual(4);
    const sum = entries.reduce((total, { amount }) => total + Math.round(Number(amount) * 100), 0);
    expect(sum).toBe(0);
    expect(entries.some(({ amount }) => amount?.startsWith("-"))).toBe(true);
    expect(new Set(entries.map(({ kind }) => kind))).toContain("payment_accepted");
  });

  it("has what the filter lets through, and nothing else", async () => {
    const merchant = await system.merchant();
    const owner = as(merchant, "owner");
    const phone = freshPhone();
    const { invoice } = await createInvoice(merchant.ctx, invoiceInput({ phone, merchantReference: "R-7" }));
    await createInvoice(merchant.ctx, invoiceInput());
    const ids = async (input: Partial<Extract<ExportInput, { kind: "invoices" }>>) =>
      (await linesOf(owner, { ...ALL_INVOICES, ...input })).map(({ id }) => id);
    expect(await ids({})).toHaveLength(2);
    expect(await ids({ phone })).toEqual([invoice.id]);
    expect(await ids({ filter: { merchantReference: "R-7" } })).toEqual([invoice.id]);
    expect(await ids({ filter: { states: ["paid"] } })).toEqual([]);
    expect(await ids({ filter: { createdTo: invoice.createdAt } })).toEqual([]);
  });

  it("stands in the audit log with its filter, and without the number that was sought", async () => {
    const merchant = await system.merchant();
    const phone = freshPhone();
    const createdFrom = new Date("2027-01-01T00:00:00Z");
    await openExport(as(merchant, "finance"), {
      kind: "invoices",
      filter: { states: ["open"], createdFrom },
      phone,
    });
    const { rows } = await system.superuser.query(
      "select subject_id, actor_kind, detail from audit_entries where merchant_id = $1 and act = 'export.made'",
      [merchant.merchantId],
    );
    expect(rows).toEqual([
      {
        subject_id: "invoices",
        actor_kind: "user",
        detail: {
          filter: { states: ["open"], createdFrom: createdFrom.toISOString(), phoneLast4: phone.slice(-4) },
        },
      },
    ]);
  });

  it.each([
    ["owner", "ledger_entries", true],
    ["finance", "deliveries", true],
    ["support", "payments", false],
    ["viewer", "refunds", false],
  ] as const)("is %s's to make of %s: %s", async (role, kind, isAllowed) => {
    const attempt = openExport(as(shop, role), { kind, filter: {} });
    if (isAllowed) await expect(attempt).resolves.toBeDefined();
    else await expect(attempt).rejects.toMatchObject({ code: "permission_denied" });
  });

  it("is not a key's to make", async () => {
    await expect(openExport(shop.ctx, ALL_INVOICES)).rejects.toMatchObject({ code: "permission_denied" });
  });

  it("holds nothing of another merchant's or the other mode's", async () => {
    const other = await system.merchant();
    await createInvoice(other.ctx, invoiceInput());
    const ours = await linesOf(finance, ALL_INVOICES);
    const { rows } = await system.superuser.query("select id from invoices where merchant_id = $1", [
      other.merchantId,
    ]);
    expect(ours.map(({ id }) => id)).not.toContain(rows[0].id);
    const live = { ...as(other, "owner"), tenant: { ...other.tenant, mode: "live" as const } };
    expect(await linesOf(live, ALL_INVOICES)).toEqual([]);
  });
});

describe("an export of many rows", () => {
  const MANY = 50_000;
  let merchant: TestMerchant;
  let owner: ServiceContext;

  beforeAll(async () => {
    merchant = await system.merchant();
    owner = as(merchant, "owner");
    await multiply(merchant, MANY);
  });
  // Copies have neither links nor events, which the audit would find. Nothing refers to them, so no key is checked.
  afterAll(() =>
    system.superuser.query(
      `set session_replication_role = replica;
       delete from invoices where id like 'inv\\_0000000000%';
       set session_replication_role = default`,
    ),
  );

  it("has each of them once, newest first, also while others are added, in pages of a transaction each", async () => {
    const { chunks } = await openExport(owner, ALL_INVOICES);
    const ids: string[] = [];
    let pages = 0;
    let held = 0;
    for await (const chunk of chunks) {
      ids.push(...[...chunk.matchAll(/^(inv_\w+),/gm)].map((match) => match[1] ?? ""));
      pages += 1;
      if (pages % 10 === 0) await createInvoice(merchant.ctx, invoiceInput());
      const { rows } = await system.superuser.query(
        "select count(*)::int as n from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'",
      );
      held += rows[0].n;
    }
    expect(ids).toHaveLength(MANY);
    expect(new Set(ids).size).toBe(MANY);
    expect(ids.slice(1)).toEqual(ids.slice(1).sort());
    expect(pages).toBe(MANY / 1_000 + 1);
    // Nothing is held open between two pages, however slowly they are read.
    expect(held).toBe(0);
  });

  it("needs no more memory for the last page than for the first", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const used = () => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const { chunks } = await openExport(owner, ALL_INVOICES);
    for (let page = 0; page < 5; page += 1) await chunks.next();
    const early = used();
    let most = 0;
    let pages = 0;
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      pages += 1;
      if (pages % 5 === 0) most = Math.max(most, used() - early);
    }
    expect(bytes).toBeGreaterThan(6_000_000);
    expect(most).toBeLessThan(2_500_000);
  });

  it("reads no more rows for the deepest page than the page has", async () => {
    const page = { createdAt: new Date(), id: "inv_zzzzzzzzzzzzzzzzzzzzzz" };
    const { rows: oldest } = await system.superuser.query<{ at: Date }>(
      "select created_at as at from invoices where merchant_id = $1 order by 1 limit 1 offset 1500",
      [merchant.merchantId],
    );
    const readFor = (after: typeof page) =>
      inTenant(system.deps.db, merchant.tenant, async (tx) => {
        const readSoFar = async () => {
          const { rows } = await tx.client.query(
            "select (seq_tup_read + idx_tup_fetch)::int as n from pg_stat_xact_user_tables where relname = 'invoices'",
          );
          return rows[0].n as number;
        };
        const before = await readSoFar();
        expect(await listInvoiceRows(tx, merchant.tenant, { after }, 1_000)).toHaveLength(1_000);
        return (await readSoFar()) - before;
      });
    expect(await readFor(page)).toBeLessThan(1_100);
    expect(await readFor({ ...page, createdAt: oldest[0]?.at ?? new Date() })).toBeLessThan(1_100);
  });

  it("ends with its reader, and leaves nothing open", async () => {
    const { chunks } = await openExport(owner, ALL_INVOICES);
    await chunks.next();
    await chunks.next();
    await chunks.return(undefined);
    expect(await chunks.next()).toEqual({ value: undefined, done: true });
    expect(system.deps.db.pool.idleCount).toBe(system.deps.db.pool.totalCount);
  });
});
