import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sweepDeadlines } from "#lib/services/chores.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { getInvoice } from "#lib/services/invoices/get.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { until } from "../until.ts";
import { invoiceInput } from "./helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant();
});
afterAll(() => system.close());

const soon = () => new Date(Date.now() + 700);

describe("an invoice whose time runs out", () => {
  it("expires by itself, once, with its event", async () => {
    const worker = await system.startWorker();
    const { invoice } = await createInvoice(shop.ctx, invoiceInput({ expiresAt: soon() }));
    await until("the sweep", async () => (await sweepDeadlines(worker.deps)).taken > 0);
    await until("the end", async () => (await getInvoice(shop.ctx, invoice.id)).invoice.state === "expired");
    const { rows } = await system.superuser.query(
      "select count(*)::int as n from events where invoice_id = $1 and type = 'invoice.expired'",
      [invoice.id],
    );
    expect(rows[0].n).toBe(1);
    await worker.close();
  });

  it("can be paid no more from that very moment, before any sweep", async () => {
    const { invoice } = await createInvoice(shop.ctx, invoiceInput({ expiresAt: soon() }));
    await until("its end", async () => invoice.expiresAt.getTime() < Date.now() - 50);
    await expect(startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" })).rejects.toMatchObject({
      code: "invoice_state_conflict",
    });
    const detail = await getInvoice(shop.ctx, invoice.id);
    expect(detail.invoice.state).toBe("open");
  });

  it("is handed out once, however many sweep at once", async () => {
    const many = await Promise.all(
      Array.from({ length: 12 }, () => createInvoice(shop.ctx, invoiceInput({ expiresAt: soon() }))),
    );
    await until("their end", async () =>
      many.every(({ invoice }) => invoice.expiresAt.getTime() < Date.now() - 100),
    );
    const worker = await system.startWorker();
    await worker.close();
    const sweeper = await system.startWorker();
    await Promise.all(Array.from({ length: 8 }, () => sweepDeadlines(sweeper.deps)));
    const ids = many.map(({ invoice }) => invoice.id);
    const { rows } = await system.superuser.query(
      "select data->>'invoiceId' as id, count(*)::int as n from pgboss.job where name = 'invoice.expire' and data->>'invoiceId' = any($1) group by 1",
      [ids],
    );
    expect(rows).toHaveLength(12);
    expect(rows.every((row) => row.n === 1)).toBe(true);
    await sweeper.close();
  });
});
