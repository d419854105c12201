import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inTenant } from "#db/transaction.ts";
import { DISPUTE_TRANSITIONS } from "#lib/domain/dispute.ts";
import { INVOICE_TRANSITIONS } from "#lib/domain/invoice.ts";
import { PAYMENT_TRANSITIONS } from "#lib/domain/payment.ts";
import { REFUND_TRANSITIONS } from "#lib/domain/refund.ts";
import { SMS_TRANSITIONS } from "#lib/domain/sms.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { invoiceInput } from "./helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant();
});
// One test books what no rail took.
afterAll(() => system.close({ broken: ["I-15"] }));

/** As a defect in our own code would do it: with the web role, inside a proper transaction. */
const run = (statements: string, values: unknown[] = []) =>
  inTenant(system.deps.db, shop.tenant, async ({ client }) => {
    await client.query(statements, values);
  });

describe("the database holds, even if the code above it is wrong:", () => {
  it("its edges are exactly those of the state tables", async () => {
    const { rows } = await system.superuser.query(
      "select machine, from_state, event, to_state from state_edges",
    );
    const stored = rows.map((row) => `${row.machine} ${row.from_state} ${row.event} ${row.to_state}`).sort();
    const tables = {
      invoice: INVOICE_TRANSITIONS,
      payment: PAYMENT_TRANSITIONS,
      refund: REFUND_TRANSITIONS,
      dispute: DISPUTE_TRANSITIONS,
      sms: SMS_TRANSITIONS,
    };
    const written = Object.entries(tables).flatMap(([machine, table]) =>
      table.map((edge) => `${machine} ${edge.from} ${edge.event} ${edge.to}`),
    );
    expect(stored).toEqual(written.sort());
  });

  it("no state changes without a recorded step", async () => {
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    const change = (version: string) =>
      run(`update invoices set state = 'cancelled', version = ${version} where id = $1`, [invoice.id]);
    await expect(change("version + 1")).rejects.toMatchObject({ code: "23514" });
    await expect(change("version")).rejects.toMatchObject({ code: "23514" });
  });

  it("no step is recorded that is no edge", async () => {
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    const step = run(
      `insert into transitions (merchant_id, mode, machine, subject_id, version, from_state, event, to_state, actor_kind, actor_id)
       values ($1, 'test', 'invoice', $2, 2, 'paid', 'reopened', 'open', 'x', 'x')`,
      [shop.merchantId, invoice.id],
    );
    await expect(step).rejects.toMatchObject({ code: "23503" });
  });

  it("no books are written that do not balance, however they are written", async () => {
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    const payment = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" });
    const unbalanced = { code: "23514" };
    const book = (amounts: readonly number[], currencies: readonly string[]) =>
      inTenant(system.deps.db, shop.tenant, async ({ client }) => {
        const id = `ltx_${Math.random()}`;
        await client.query(
          "insert into ledger_transactions (merchant_id, mode, id, kind, payment_id) values ($1, 'test', $2, 'payment_accepted', $3)",
          [shop.merchantId, id, payment.id],
        );
        for (const [index, amount] of amounts.entries()) {
          await client.query(
            "insert into ledger_entries (merchant_id, mode, id, transaction_id, account, currency, amount_minor) values ($1, 'test', $2, $3, 'rail_clearing:card', $4, $5)",
            [shop.merchantId, `ent_${id}${index}`, id, currencies[index], amount],
          );
        }
      });
    await expect(book([100], ["NOK"])).rejects.toMatchObject(unbalanced);
    await expect(book([100, -99], ["NOK", "NOK"])).rejects.toMatchObject(unbalanced);
    await expect(book([100, -100], ["NOK", "SEK"])).rejects.toMatchObject(unbalanced);
    await expect(book([100, -60, -40], ["NOK", "NOK", "NOK"])).resolves.toBeUndefined();
    const { rows } = await system.superuser.query(
      "select count(*)::int as n from ledger_entries where merchant_id = $1",
      [shop.merchantId],
    );
    expect(rows[0].n).toBe(3);
  });

  it("history is never changed, not even by the owner of the tables", async () => {
    for (const table of [
      "events",
      "transitions",
      "ledger_entries",
      "ledger_transactions",
      "delivery_attempts",
      "audit_entries",
      "state_edges",
    ]) {
      await expect(system.superuser.query(`delete from ${table}`), table).rejects.toMatchObject({
        code: "42501",
      });
    }
  });

  it("an invoice never takes more than is due, and has an amount in range", async () => {
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    for (const change of [
      "amount_paid_minor = 24901",
      "amount_paid_minor = -1",
      "amount_due_minor = 0",
      "amount_due_minor = 100000000",
    ]) {
      await expect(
        run(`update invoices set ${change} where id = $1`, [invoice.id]),
        change,
      ).rejects.toMatchObject({ code: "23514" });
    }
  });

  it("an invoice has one open attempt at most that is not superseded", async () => {
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" });
    const copy = run(
      `insert into payments (merchant_id, mode, id, invoice_id, method, rail_account_id, state, amount_minor, currency, rail_key, rail_request)
       select merchant_id, mode, id || 'x', invoice_id, method, rail_account_id, 'created', amount_minor, currency, rail_key || 'x', rail_request
       from payments where invoice_id = $1`,
      [invoice.id],
    );
    await expect(copy).rejects.toMatchObject({ code: "23505", constraint: "payments_one_open" });
  });

  it("live money cannot be pointed at the sandbox", async () => {
    const change = system.superuser.query("update rail_accounts set mode = 'live' where merchant_id = $1", [
      shop.merchantId,
    ]);
    await expect(change).rejects.toMatchObject({ code: "23514" });
  });
});
