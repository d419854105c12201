import { createServer, type Server } from "node:http";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inTenant, type Tx } from "#db/transaction.ts";
import type { InvoiceId } from "#lib/domain/ids.ts";
import { CALLBACK_PAUSES_SECONDS } from "#lib/domain/schedule.ts";
import type { Tenant } from "#lib/domain/tenant.ts";
import { readCallbackSecret } from "#lib/services/callbacks/secret.ts";
import { purgeOld, sweepDeadlines } from "#lib/services/chores.ts";
import { transact } from "#lib/services/context.ts";
import { onceInPhases } from "#lib/services/idempotency/once.ts";
import { cancelInvoice } from "#lib/services/invoices/cancel.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { getInvoice } from "#lib/services/invoices/get.ts";
import { authenticateKey } from "#lib/services/keys/authenticate.ts";
import { createKey } from "#lib/services/keys/create.ts";
import { getPayment } from "#lib/services/payments/get.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { verifyCode } from "#lib/services/payments/verify-code.ts";
import { moveTestClock, readTestClock } from "#lib/services/simulation/clock.ts";
import { until } from "../until.ts";
import { addFault, answerPrompt, freshPhone, invoiceInput, messagesOn, payHosted } from "./helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

let system: TestSystem;
const servers: Server[] = [];

beforeAll(async () => {
  system = await openSystem();
  await system.startWorker();
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await system.close();
});

const ahead = (shop: TestMerchant, byMs: number) => moveTestClock(shop.ctx, { byMs });
const live = (shop: TestMerchant) => ({ ...shop.ctx, tenant: { ...shop.tenant, mode: "live" as const } });
const stateOf = async (shop: TestMerchant, id: InvoiceId) => (await getInvoice(shop.ctx, id)).invoice.state;
const sweep = async () => {
  const worker = await system.startWorker();
  return await sweepDeadlines(worker.deps);
};

/** A job that does no harm, an amount of the tenant's time ahead. */
const planIn = (tx: Tx, tenant: Tenant, invoiceId: InvoiceId, ms: number) =>
  system.deps.queue.enqueue(
    tx,
    "invoice.expire",
    { ...tenant, invoiceId },
    { startAfter: new Date(tx.now.getTime() + ms) },
  );
/** Until the first job about the invoice begins, in real time. */
const minutesUntil = async (invoiceId: InvoiceId, mode: string) => {
  const { rows } = await system.superuser.query(
    `select min(extract(epoch from start_after - now()) / 60)::float8 as minutes from pgboss.job
     where name = 'invoice.expire' and data->>'invoiceId' = $1 and data->>'mode' = $2`,
    [invoiceId, mode],
  );
  return rows[0].minutes;
};

describe("the clock of a test mode", () => {
  it("is real time until it is moved, and then keeps its distance", async () => {
    const shop = await system.merchant();
    expect((await readTestClock(shop.ctx)).aheadMs).toBe(0);
    const moved = await ahead(shop, 40 * DAY_MS);
    expect(moved.now.getTime() - moved.realNow.getTime()).toBe(40 * DAY_MS);
    const read = await readTestClock(shop.ctx);
    expect(read.aheadMs).toBe(40 * DAY_MS);
    expect(Math.abs(read.realNow.getTime() - Date.now())).toBeLessThan(5_000);
    await inTenant(system.deps.db, shop.tenant, async (tx) => {
      expect(tx.now.getTime() - Date.now()).toBeGreaterThan(40 * DAY_MS - 5_000);
    });
  });

  it("is moved to an instant, forward only, and 400 days at most in all", async () => {
    const shop = await system.merchant();
    const to = new Date(Date.now() + 3 * DAY_MS);
    const moved = await moveTestClock(shop.ctx, { to });
    expect(moved.now).toEqual(to);
    const refused = { code: "simulation_not_possible" };
    await expect(moveTestClock(shop.ctx, { to })).rejects.toMatchObject(refused);
    await expect(ahead(shop, 398 * DAY_MS)).rejects.toMatchObject(refused);
    await ahead(shop, 390 * DAY_MS);
    await expect(ahead(shop, 8 * DAY_MS)).rejects.toMatchObject(refused);
  });

  it("has no live counterpart", async () => {
    const shop = await system.merchant();
    await ahead(shop, DAY_MS);
    await expect(moveTestClock(live(shop), { byMs: 1_000 })).rejects.toMatchObject({
      code: "permission_denied",
    });
    await expect(readTestClock(live(shop))).rejects.toMatchObject({ code: "permission_denied" });
    await inTenant(system.deps.db, live(shop).tenant, async (tx) => {
      expect(tx.clockOffsetMs).toBe(0);
      expect(Math.abs(tx.now.getTime() - Date.now())).toBeLessThan(5_000);
    });
  });

  it("adds up when it is moved many times at once", async () => {
    const shop = await system.merchant();
    await Promise.all(Array.from({ length: 12 }, () => ahead(shop, HOUR_MS)));
    expect((await readTestClock(shop.ctx)).aheadMs).toBe(12 * HOUR_MS);
  });

  it("dates what is written, whoever gives the date", async () => {
    const shop = await system.merchant();
    const { now } = await ahead(shop, 40 * DAY_MS);
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" });
    const { rows } = await system.superuser.query(
      `select least((select created_at from invoices where id = $1),
                    (select created_at from payments where invoice_id = $1),
                    (select min(occurred_at) from events where invoice_id = $1),
                    (select min(at) from transitions where merchant_id = $2)) as first`,
      [invoice.id, shop.merchantId],
    );
    expect(rows[0].first.getTime()).toBeGreaterThanOrEqual(now.getTime() - 1);
  });
});

describe("moving the clock", () => {
  it("past an invoice's end expires it, and nobody else's", async () => {
    const shop = await system.merchant();
    const other = await system.merchant();
    const expiresAt = new Date(Date.now() + 30 * DAY_MS);
    const ours = await createInvoice(shop.ctx, invoiceInput({ expiresAt }));
    const theirs = await createInvoice(other.ctx, invoiceInput({ expiresAt }));
    await ahead(shop, 29 * DAY_MS);
    await sweep();
    expect(await stateOf(shop, ours.invoice.id)).toBe("open");
    await ahead(shop, DAY_MS + HOUR_MS);
    expect((await sweep()).taken).toBe(1);
    await until("its end", async () => (await stateOf(shop, ours.invoice.id)) === "expired");
    expect(await stateOf(other, theirs.invoice.id)).toBe("open");
  });

  it("waits for nobody and holds up nobody: it says that the test mode is busy, and reaches what was planned then", async () => {
    const shop = await system.merchant();
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    const gate = Promise.withResolvers<void>();
    const isPlanned = Promise.withResolvers<void>();
    const planning = inTenant(system.deps.db, shop.tenant, async (tx) => {
      await planIn(tx, shop.tenant, invoice.id, HOUR_MS);
      isPlanned.resolve();
      await gate.promise;
    });
    await isPlanned.promise;
    const moving = ahead(shop, 2 * HOUR_MS).then(
      () => "moved",
      (error: { code?: string }) => error.code,
    );
    let isOver = false;
    const answered = moving.finally(() => {
      isOver = true;
    });
    while (!isOver) await inTenant(system.deps.db, shop.tenant, async () => undefined);
    expect(await answered).toBe("clock_busy");
    gate.resolve();
    await planning;
    await ahead(shop, 2 * HOUR_MS);
    expect(await minutesUntil(invoice.id, "test")).toBeLessThanOrEqual(0);
  });

  it("is done 60 times a minute at most", async () => {
    const shop = await system.merchant();
    for (let moved = 0; moved < 60; moved += 1) await ahead(shop, 1_000);
    await expect(ahead(shop, 1_000)).rejects.toMatchObject({ code: "rate_limited" });
    const aheadMs = 60 * 1_000;
    expect((await readTestClock(shop.ctx)).aheadMs).toBe(aheadMs);
    await system.superuser.query(
      `update test_clocks set jumps = (select jsonb_agg(jsonb_set(jump, '{atMs}', to_jsonb((jump ->> 'atMs')::bigint - 60000)))
         from jsonb_array_elements(jumps) jump) where merchant_id = $1`,
      [shop.merchantId],
    );
    expect((await ahead(shop, 1_000)).aheadMs).toBe(aheadMs + 1_000);
  });

  it("leaves live mode's jobs and other merchants' where they are", async () => {
    const shop = await system.merchant();
    const other = await system.merchant();
    const mine = await createInvoice(shop.ctx, invoiceInput());
    const theirs = await createInvoice(other.ctx, invoiceInput());
    const plans = [
      [shop.tenant, mine.invoice.id],
      [live(shop).tenant, mine.invoice.id],
      [other.tenant, theirs.invoice.id],
    ] as const;
    for (const [tenant, id] of plans)
      await inTenant(system.deps.db, tenant, (tx) => planIn(tx, tenant, id, 3 * HOUR_MS));
    await ahead(shop, HOUR_MS);
    expect(await minutesUntil(mine.invoice.id, "test")).toBeCloseTo(120, 0);
    expect(await minutesUntil(mine.invoice.id, "live")).toBeCloseTo(180, 0);
    expect(await minutesUntil(theirs.invoice.id, "test")).toBeCloseTo(180, 0);
    // What is planned from now on is planned by the new time.
    await inTenant(system.deps.db, shop.tenant, (tx) =>
      planIn(tx, shop.tenant, theirs.invoice.id, 2 * HOUR_MS),
    );
    expect(await minutesUntil(theirs.invoice.id, "test")).toBeCloseTo(120, 0);
  });

  it("lets every retry of a callback happen, each once, signed with the real time", async () => {
    const shop = await system.merchant();
    const received: { headers: Record<string, string>; body: string }[] = [];
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      received.push({
        headers: request.headers as Record<string, string>,
        body: Buffer.concat(chunks).toString("utf8"),
      });
      response.writeHead(503).end();
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const url = `http://127.0.0.1:${port}/hook`;
    const callbackUrl = await system.deps.callbacks.vet(url, "test", "/callback_url");
    const { invoice } = await createInvoice(shop.ctx, invoiceInput({ callbackUrl }));
    await cancelInvoice(shop.ctx, invoice.id);
    const tries = CALLBACK_PAUSES_SECONDS.length + 1;
    const delivery = async () => {
      const { rows } = await system.superuser.query(
        "select state, attempts, next_attempt_at from deliveries where invoice_id = $1",
        [invoice.id],
      );
      return rows[0];
    };
    for (let made = 1; made < tries; made += 1) {
      const { next_attempt_at: next } = await until(`try ${made}`, async () => {
        const row = await delivery();
        return row.attempts === made ? row : null;
      });
      await moveTestClock(shop.ctx, { to: next }).catch((error: { code?: string }) => {
        // The shortest pauses may be over already.
        if (error.code !== "simulation_not_possible") throw error;
      });
    }
    await until("the end of the schedule", async () => (await delivery()).state === "failed");
    expect(received).toHaveLength(tries);
    expect((await readTestClock(shop.ctx)).aheadMs).toBeGreaterThan(75 * HOUR_MS);
    const webhook = new Webhook(await readCallbackSecret(shop.ctx));
    // The library refuses what is more than five minutes from this machine's own clock.
    for (const { headers, body } of received) expect(() => webhook.verify(body, headers)).not.toThrow();
  });

  it("brings questions to a rail forward, which finds a charge whose answer was lost", async () => {
    const shop = await system.merchant();
    await ahead(shop, 10 * DAY_MS);
    const clear = await addFault(system.sandboxUrl, shop.sandboxName, {
      service: "carrier",
      fault: "lost_answer",
      path: "/payments$",
      method: "POST",
      times: 1,
    });
    const silence = await addFault(system.sandboxUrl, shop.sandboxName, {
      service: "carrier",
      fault: "never_notify",
    });
    const { invoice } = await createInvoice(shop.ctx, invoiceInput({ phone: freshPhone("26") }));
    const { id } = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "carrier_billing" });
    expect((await getPayment(shop.ctx, id)).payment.unknownSince).not.toBeNull();
    await ahead(shop, 2 * HOUR_MS);
    const found = await until("the carrier's record", async () => {
      const { payment } = await getPayment(shop.ctx, id);
      return payment.railReference === null ? null : payment;
    });
    expect(found.unknownSince).toBeNull();
    await clear();
    await silence();
  });

  it("never makes a text go out twice whose answer was lost", async () => {
    const shop = await system.merchant();
    await ahead(shop, 10 * DAY_MS);
    const clear = await addFault(system.sandboxUrl, shop.sandboxName, {
      service: "twilio",
      fault: "lost_answer",
      method: "POST",
      times: 1,
    });
    const silence = await addFault(system.sandboxUrl, shop.sandboxName, {
      service: "twilio",
      fault: "never_notify",
    });
    const phone = freshPhone();
    const { invoice } = await createInvoice(shop.ctx, invoiceInput({ phone, shouldSendSms: true }));
    await until("the text", async () => (await messagesOn(system.sandboxUrl, phone)).length === 1);
    await until("our doubt", async () => {
      const { messages } = await getInvoice(shop.ctx, invoice.id);
      return messages[0]?.unknownSince != null;
    });
    await ahead(shop, DAY_MS);
    await until("its being found", async () => {
      const { messages } = await getInvoice(shop.ctx, invoice.id);
      return messages[0]?.state === "sent";
    });
    expect(await messagesOn(system.sandboxUrl, phone)).toHaveLength(1);
    await clear();
    await silence();
  });

  it("ends a code that nobody typed", async () => {
    const shop = await system.merchant({ carrierAsksPayer: false });
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    const { id } = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "carrier_billing" });
    await ahead(shop, 11 * 60_000);
    const verified = await verifyCode(shop.ctx, { paymentId: id, code: "000000" });
    expect(verified).toMatchObject({ isAccepted: false, payment: { state: "failed" } });
  });

  it("forgets no Idempotency-Key, and takes no request for interrupted that is still running", async () => {
    const shop = await system.merchant();
    const request = { route: "POST /x", key: "k", fingerprint: new Uint8Array(32) };
    let isRunAgain = false;
    const first = onceInPhases(shop.ctx, request, async (bind) => {
      await transact(shop.ctx, (inTx) => bind(inTx, "x"));
      await ahead(shop, 40 * DAY_MS);
      const worker = await system.startWorker();
      await purgeOld(worker.deps);
      const second = onceInPhases(shop.ctx, request, async () => {
        isRunAgain = true;
        return { status: 200, body: "second" };
      });
      await expect(second).rejects.toMatchObject({ code: "idempotency_in_progress" });
      return { status: 200, body: "first" };
    });
    expect(await first).toMatchObject({ body: "first", isReplay: false });
    expect(isRunAgain).toBe(false);
  });
});

describe("40 days ahead", () => {
  it("a key's end is still judged by real time", async () => {
    const shop = await system.merchant();
    await ahead(shop, 40 * DAY_MS);
    const expiresAt = new Date(Date.now() + HOUR_MS);
    const input = { name: "Short", scopes: ["invoices:read"], allowedNetworks: null } as const;
    const { secret } = await createKey(shop.system, { ...input, expiresAt });
    const used = { key: secret, clientAddress: null, correlationId: "req_test" };
    expect((await authenticateKey(system.deps, used)).tenant.merchantId).toBe(shop.merchantId);
    await expect(
      createKey(shop.system, { ...input, expiresAt: new Date(Date.now() - HOUR_MS) }),
    ).rejects.toMatchObject({ code: "expiry_out_of_range" });
  });

  it("a card is charged on a page that lives as long as Stripe lets it", async () => {
    const shop = await system.merchant();
    await ahead(shop, 40 * DAY_MS);
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    const payment = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" });
    expect(payment.state).toBe("pending");
    const again = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" });
    expect(again.id).toBe(payment.id);
    expect(await payHosted(payment.redirectUrl ?? "")).toBe(303);
    await until("the receipt", async () => (await stateOf(shop, invoice.id)) === "paid");
  });

  it("a page that was open when the clock moved still takes the money", async () => {
    const shop = await system.merchant();
    const { invoice } = await createInvoice(
      shop.ctx,
      invoiceInput({ expiresAt: new Date(Date.now() + 100 * DAY_MS) }),
    );
    const payment = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" });
    await ahead(shop, 40 * DAY_MS);
    const again = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "card" });
    expect(again).toMatchObject({ id: payment.id, state: "pending", redirectUrl: payment.redirectUrl });
    expect(await payHosted(payment.redirectUrl ?? "")).toBe(303);
    await until("the receipt", async () => (await stateOf(shop, invoice.id)) === "paid");
  });

  it("a carrier's notification still proves itself", async () => {
    const shop = await system.merchant();
    await ahead(shop, 40 * DAY_MS);
    const phone = freshPhone();
    const { invoice } = await createInvoice(shop.ctx, invoiceInput({ phone }));
    const { id } = await startPayment(shop.ctx, { invoiceId: invoice.id, method: "carrier_billing" });
    await answerPrompt(system.sandboxUrl, phone, "approve");
    await until("the receipt", async () => (await getPayment(shop.ctx, id)).payment.state === "succeeded");
    const { rows } = await system.superuser.query(
      "select state from notifications where merchant_id = $1 and payment_id = $2",
      [shop.merchantId, id],
    );
    expect(rows.length).toBeGreaterThan(0);
  });
});
