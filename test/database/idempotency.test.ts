import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCallbackSender } from "#lib/callbacks/sender.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { PaymentId } from "#lib/domain/ids.ts";
import { createInvoiceOperation } from "#lib/doors/native/invoices.ts";
import { createPaymentOperation } from "#lib/doors/native/payments.ts";
import { purgeOld } from "#lib/services/chores.ts";
import type { ServiceContext } from "#lib/services/context.ts";
import { once, onceInPhases } from "#lib/services/idempotency/once.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { resumeMerchantPayment, startMerchantPayment } from "#lib/services/payments/start-for-merchant.ts";
import { addFault, invoiceInput, requestsOf } from "./helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant();
});
afterAll(() => system.close());

const request = (key: string, body = "{}", route = "POST /x") => ({
  route,
  key,
  fingerprint: createHash("sha256").update(body).digest(),
});

const create = (ctx: ServiceContext, key: string, body = "{}") =>
  once(ctx, request(key, body), async (inTx) => {
    const { invoice } = await createInvoice(inTx, invoiceInput());
    return { status: 201, body: JSON.stringify({ id: invoice.id }) };
  });

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "none",
    (error: unknown) => (error instanceof ServiceError ? error.code : String(error)),
  );

describe("the same key", () => {
  it("with the same body gives the first answer again, marked as a replay", async () => {
    const first = await create(shop.ctx, "a");
    const second = await create(shop.ctx, "a");
    expect(first.isReplay).toBe(false);
    expect(second).toEqual({ ...first, isReplay: true });
  });

  it("with another body is refused, and makes nothing", async () => {
    await create(shop.ctx, "b");
    expect(await codeOf(create(shop.ctx, "b", '{"other":1}'))).toBe("idempotency_key_reused");
  });

  it("used 50 times at once makes one invoice; the others get that answer or are told to wait", async () => {
    const before = await system.superuser.query("select count(*)::int as n from invoices");
    const results = await Promise.all(
      Array.from({ length: 50 }, () =>
        create(shop.ctx, "c").then(
          (answer) => answer.body,
          (error: ServiceError) => error.code,
        ),
      ),
    );
    const after = await system.superuser.query("select count(*)::int as n from invoices");
    expect(after.rows[0].n - before.rows[0].n).toBe(1);
    const bodies = new Set(results.filter((result) => result.startsWith("{")));
    expect(bodies.size).toBe(1);
    expect(results.every((result) => result.startsWith("{") || result === "idempotency_in_progress")).toBe(
      true,
    );
  });

  it("of another merchant, another mode or another route is another key", async () => {
    const other = await system.merchant();
    const [mine, theirs] = [await create(shop.ctx, "d"), await create(other.ctx, "d")];
    expect(mine.body).not.toBe(theirs.body);
    const elsewhere = await once(shop.ctx, request("d", "{}", "POST /y"), async () => ({
      status: 200,
      body: "1",
    }));
    expect(elsewhere.isReplay).toBe(false);
  });

  it("is free again when the request was refused", async () => {
    const refused = once(shop.ctx, request("e"), async (inTx) => {
      await createInvoice(inTx, invoiceInput({ expiresAt: new Date(0) }));
      return { status: 201, body: "{}" };
    });
    expect(await codeOf(refused)).toBe("expiry_out_of_range");
    expect((await create(shop.ctx, "e")).isReplay).toBe(false);
  });

  it("is forgotten after 72 hours, and not before", async () => {
    const worker = await system.startWorker();
    await create(shop.ctx, "old");
    await create(shop.ctx, "young");
    await system.superuser.query(
      "update idempotency_keys set created_at = now() - interval '73 hours' where key = 'old'",
    );
    await system.superuser.query(
      "update idempotency_keys set created_at = now() - interval '71 hours' where key = 'young'",
    );
    await purgeOld(worker.deps);
    const { rows } = await system.superuser.query(
      "select key from idempotency_keys where key in ('old', 'young')",
    );
    expect(rows).toEqual([{ key: "young" }]);
  });
});

describe("a repeat", () => {
  it.each([
    ["/invoices", createInvoiceOperation, { send_sms: false }],
    ["/payments", createPaymentOperation, { method: "card" }],
  ])(
    "of POST %s gives the first answer, also where the callback's name leads elsewhere by now",
    async (path, operation, fields) => {
      let address = "93.184.216.34";
      const callbacks = createCallbackSender({
        isLoopbackAllowed: false,
        ports: [443],
        own: { names: [], loopbackPorts: [] },
        resolve: async () => [address],
        timeoutMs: 1_000,
        connectTimeoutMs: 500,
      });
      const send = async (amount = 24_900) => {
        const request = new Request(`http://localhost/api/v1${path}`, {
          method: "POST",
          headers: { "content-type": "application/json", "idempotency-key": "moved" },
          body: JSON.stringify({
            ...fields,
            amount,
            currency: "NOK",
            payer: { phone: "+4790000000" },
            description: "x",
            callback_url: "https://merchant.example.com/hook",
          }),
        });
        return await operation.handle({ ...shop.ctx, callbacks }, request, {});
      };
      const first = await send();
      expect(first.status).toBe(201);
      address = "10.0.0.1";
      const second = await send();
      expect(second.headers.get("idempotent-replayed")).toBe("true");
      expect(await second.json()).toEqual(await first.json());
      expect(await codeOf(send(100))).toBe("idempotency_key_reused");
    },
  );
});

describe("an answer that holds a link", () => {
  it("is stored sealed", async () => {
    await once(shop.ctx, request("f"), async () => ({
      status: 201,
      body: '{"pay_url":"https://secret-link"}',
    }));
    const { rows } = await system.superuser.query(
      "select octet_length(answer) as bytes, position('secret-link'::bytea in answer) as found from idempotency_keys where key = 'f'",
    );
    expect(rows[0].bytes).toBeGreaterThan(0);
    expect(rows[0].found).toBe(0);
  });
});

describe("starting a payment under a key", () => {
  const start = async (key: string, invoiceId: string) =>
    await onceInPhases(shop.ctx, request(key), async (bind, interrupted) => {
      const detail =
        interrupted === null
          ? await startMerchantPayment(shop.ctx, { invoice: invoiceId as never, method: "card", bind })
          : await resumeMerchantPayment(shop.ctx, interrupted as PaymentId);
      return { status: 201, body: JSON.stringify({ id: detail.payment.id, state: detail.payment.state }) };
    });

  it("is answered once, and asked of the rail once", async () => {
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    const first = await start("p1", invoice.id);
    expect(await start("p1", invoice.id)).toEqual({ ...first, isReplay: true });
    const created = (await requestsOf(system.sandboxUrl, shop.sandboxName)).filter(
      (entry) =>
        entry.method === "POST" &&
        entry.path === "/v1/checkout/sessions" &&
        entry.idempotency_key === `${JSON.parse(first.body).id}:begin`,
    );
    expect(created).toHaveLength(1);
  });

  it("goes on with what an interrupted request began, and never begins a second time", async () => {
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    const remove = await addFault(system.sandboxUrl, shop.sandboxName, {
      service: "stripe",
      fault: "lost_answer",
      times: 3,
    });
    const interrupted = onceInPhases(shop.ctx, request("p2"), async (bind) => {
      await startMerchantPayment(shop.ctx, { invoice: invoice.id, method: "card", bind });
      throw new Error("the process dies here");
    });
    await expect(interrupted).rejects.toThrow("dies here");
    await remove();
    expect(await codeOf(start("p2", invoice.id))).toBe("idempotency_in_progress");
    await system.superuser.query(
      "update idempotency_keys set created_at = now() - interval '1 minute' where key = 'p2'",
    );
    await system.superuser.query("update payments set asked_at = null");
    const resumed = await start("p2", invoice.id);
    expect(JSON.parse(resumed.body).state).toBe("pending");
    const { rows } = await system.superuser.query(
      "select count(*)::int as n, max(rail_reference) as session from payments where invoice_id = $1",
      [invoice.id],
    );
    expect(rows[0].n).toBe(1);
    expect(rows[0].session).toMatch(/^cs_test_/);
  });

  it("has one answer, also where two calls went on with it", async () => {
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    const answer = (body: string) => ({ status: 201, body });
    const slow = await onceInPhases(shop.ctx, request("p3"), async (bind) => {
      await startMerchantPayment(shop.ctx, { invoice: invoice.id, method: "card", bind });
      await system.superuser.query(
        "update idempotency_keys set created_at = now() - interval '1 minute' where key = 'p3'",
      );
      const quick = await onceInPhases(shop.ctx, request("p3"), async () => answer("quick"));
      expect(quick).toEqual({ ...answer("quick"), isReplay: false });
      return answer("slow");
    });
    expect(slow).toEqual({ ...answer("quick"), isReplay: true });
    const later = await onceInPhases(shop.ctx, request("p3"), async () => answer("later"));
    expect(later).toEqual({ ...answer("quick"), isReplay: true });
  });
});
