import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inTenant, isInTransaction } from "#db/transaction.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import { serve } from "#lib/doors/door.ts";
import { nativeDialect } from "#lib/doors/native/errors.ts";
import { transact } from "#lib/services/context.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { invoiceInput } from "./helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;
const uncaught: unknown[] = [];

beforeAll(async () => {
  process.on("uncaughtException", (error) => uncaught.push(error));
  process.on("unhandledRejection", (error) => uncaught.push(error));
  system = await openSystem({ acquireTimeoutMs: 1_000 });
  shop = await system.merchant();
});
afterAll(() => system.close());

/** Ends backends of the web role, as a failing server would. */
const killBackends = (limit = 100) =>
  system.superuser.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'billtext-web' order by random() limit $1",
    [limit],
  );

describe("when database backends die", () => {
  it("every call settles with an answer, nothing is half done, and the pool is whole again", async () => {
    let isOver = false;
    const outcomes = { made: 0, unavailable: 0, other: [] as unknown[] };
    const made: string[] = [];
    const callers = Array.from({ length: 12 }, async () => {
      while (!isOver) {
        try {
          made.push((await createInvoice(shop.ctx, invoiceInput({ shouldSendSms: true }))).invoice.id);
          outcomes.made += 1;
        } catch (error) {
          if (error instanceof ServiceError && error.code === "service_unavailable")
            outcomes.unavailable += 1;
          else outcomes.other.push(error);
        }
      }
    });
    const deadline = performance.now() + 4_000;
    while (performance.now() < deadline) {
      await killBackends(1);
      await sleep(30);
    }
    isOver = true;
    const settled = await Promise.race([
      Promise.all(callers).then(() => true),
      sleep(8_000).then(() => false),
    ]);
    expect(settled).toBe(true);
    expect(outcomes.other).toEqual([]);
    expect(uncaught).toEqual([]);
    expect(outcomes.made).toBeGreaterThan(50);
    expect(outcomes.unavailable).toBeGreaterThan(0);
    const { rows } = await system.superuser.query(
      "select count(*)::int as n from invoices where id = any($1)",
      [made],
    );
    expect(rows[0].n).toBe(made.length);
    const { rows: halves } = await system.superuser.query(`
      select i.id from invoices i where
        (select count(*) from events e where e.invoice_id = i.id) <> 2 or
        (select count(*) from sms_messages s where s.invoice_id = i.id) <> 1 or
        (select count(*) from pgboss.job j where j.data->>'smsId' = (select id from sms_messages s where s.invoice_id = i.id)) <> 1`);
    expect(halves).toEqual([]);
    await Promise.all(Array.from({ length: 20 }, () => createInvoice(shop.ctx, invoiceInput())));
  });

  it("inside a transaction, nothing of it stays and the caller is told to repeat it", async () => {
    let id = "";
    const interrupted = transact(shop.ctx, async (inTx) => {
      id = (await createInvoice(inTx, invoiceInput())).invoice.id;
      await killBackends();
      await sleep(50);
      await inTx.tx.client.query("select 1");
    });
    await expect(interrupted).rejects.toMatchObject({ code: "service_unavailable", retryAfterSeconds: 2 });
    const { rows } = await system.superuser.query("select count(*)::int as n from invoices where id = $1", [
      id,
    ]);
    expect(rows[0].n).toBe(0);
  });

  it("at the commit, the caller is told that the outcome is not known", async () => {
    const cut = inTenant(system.deps.db, shop.tenant, async ({ client }) => {
      await client.query("select 1");
      await killBackends();
      await sleep(50);
    });
    await expect(cut).rejects.toMatchObject({ code: "service_unavailable" });
    expect(uncaught).toEqual([]);
  });
});

describe("a transaction", () => {
  it("that deadlocks is run again, and both come through", async () => {
    const a = (await createInvoice(shop.ctx, invoiceInput())).invoice.id;
    const b = (await createInvoice(shop.ctx, invoiceInput())).invoice.id;
    const lockBoth = (first: string, second: string) =>
      inTenant(system.deps.db, shop.tenant, async ({ client }) => {
        await client.query("select from invoices where id = $1 for update", [first]);
        await sleep(150);
        await client.query("select from invoices where id = $1 for update", [second]);
      });
    await expect(Promise.all([lockBoth(a, b), lockBoth(b, a)])).resolves.toBeDefined();
  });

  it("that takes too long is ended, and says so", async () => {
    const slow = inTenant(system.deps.db, shop.tenant, ({ client }) => client.query("select pg_sleep(10)"));
    await expect(slow).rejects.toMatchObject({ code: "service_unavailable" });
  }, 15_000);

  it("lets nobody call the network inside it", async () => {
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    const inside = transact(shop.ctx, (inTx) =>
      startPayment(inTx, { invoiceId: invoice.id, method: "card" }),
    );
    await expect(inside).rejects.toThrow("inside a transaction");
    expect(isInTransaction()).toBe(false);
  });
});

describe("when all connections are busy", () => {
  it("a request is refused within about a second instead of waiting for ever", async () => {
    const busy = Array.from({ length: 20 }, () =>
      inTenant(system.deps.db, shop.tenant, ({ client }) => client.query("select pg_sleep(3)")),
    );
    await sleep(300);
    const startedAt = performance.now();
    await expect(createInvoice(shop.ctx, invoiceInput())).rejects.toMatchObject({
      code: "service_unavailable",
    });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    await Promise.all(busy);
  });
});

describe("a value that only the database refuses", () => {
  const broken = () =>
    transact(shop.ctx, ({ tx }) => tx.client.query("select 'a' || chr(0), '+117954-01-01'::timestamptz"));

  it("is told as the request's fault, with its cause kept", async () => {
    await expect(broken()).rejects.toMatchObject({
      code: "invalid_request",
      cause: { code: expect.stringMatching(/^22/) },
    });
  });

  it("is an error in the log, since a rule of ours should have refused it", async () => {
    const logged: string[] = [];
    const log = { ...system.deps.log, error: (event: string) => void logged.push(event) };
    const response = await serve({ ...system.deps, log }, nativeDialect, "POST /x", async () => {
      await broken();
      return new Response();
    });
    expect(response.status).toBe(422);
    expect(logged).toEqual(["door.unexpected"]);
  });
});
