import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { Webhook } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createCallbackSender } from "#lib/callbacks/sender.ts";
import type { CallbackRequest } from "#lib/domain/ports/callback.ts";
import { deliverCallback } from "#lib/services/callbacks/deliver.ts";
import { cancelInvoice } from "#lib/services/invoices/cancel.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { callbackSecretContext } from "#lib/services/merchants/create.ts";
import { updateMerchant } from "#lib/services/merchants/update.ts";
import { until } from "../until.ts";
import { invoiceInput } from "./helpers.ts";
import { closeReceivers, listen } from "./receiver.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;
let secret = "";

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant();
  const { rows } = await system.superuser.query(
    "select callback_secret from merchant_settings where merchant_id = $1 and mode = 'test'",
    [shop.merchantId],
  );
  secret = system.deps.vault.open(rows[0].callback_secret, callbackSecretContext(shop.tenant));
});
// One test skips tries, so as not to wait for days.
afterAll(() => system.close({ broken: ["I-08"] }));

afterEach(closeReceivers);

/** An event with one delivery to `url`: an invoice that was cancelled. */
async function cancelled(url: string, merchant = shop) {
  const callbackUrl = await system.deps.callbacks.vet(url, "test", "/callback_url");
  const { invoice } = await createInvoice(merchant.ctx, invoiceInput({ callbackUrl }));
  await cancelInvoice(merchant.ctx, invoice.id);
  const { rows } = await system.superuser.query("select id from deliveries where invoice_id = $1", [
    invoice.id,
  ]);
  return { invoice, deliveryId: rows[0].id };
}

const deliveryOf = async (id: string) => {
  const { rows } = await system.superuser.query(
    "select state, attempts, round(extract(epoch from next_attempt_at - now()))::int as pause from deliveries where id = $1",
    [id],
  );
  return rows[0];
};
const attemptsOf = async (id: string) => {
  const { rows } = await system.superuser.query(
    "select number, status, failure, is_delivered, response_text, duration_ms from delivery_attempts where delivery_id = $1 order by number",
    [id],
  );
  return rows;
};
const deliver = (deliveryId: string, attemptNumber = 1) =>
  deliverCallback(shop.system, { deliveryId: deliveryId as never, attemptNumber });

describe("a callback", () => {
  it("is signed as Standard Webhooks say, and carries the whole state with its sequence", async () => {
    const { url, received } = await listen();
    const { invoice, deliveryId } = await cancelled(url);
    await deliver(deliveryId);
    const [call] = received;
    const headers = {
      "webhook-id": String(call?.headers["webhook-id"]),
      "webhook-timestamp": String(call?.headers["webhook-timestamp"]),
      "webhook-signature": String(call?.headers["webhook-signature"]),
    };
    const event = new Webhook(secret).verify(call?.body ?? "", headers) as {
      id: string;
      type: string;
      sequence: number;
      data: { invoice: object };
    };
    expect(event).toMatchObject({
      id: headers["webhook-id"],
      type: "invoice.cancelled",
      sequence: 2,
      data: { invoice: { id: invoice.id, state: "cancelled", amount: 24_900 } },
    });
    expect(call?.headers).toMatchObject({
      "content-type": "application/json",
      "user-agent": "Billtext-Callback/1",
    });
    expect(call?.headers.cookie).toBeUndefined();
    expect(call?.body).not.toContain("pay_url");
    expect(await deliveryOf(deliveryId)).toMatchObject({ state: "delivered", attempts: 1 });
  });

  it("is one delivery, however often its job runs", async () => {
    const { url, received } = await listen();
    const { deliveryId } = await cancelled(url);
    await deliver(deliveryId);
    await deliver(deliveryId);
    expect(received).toHaveLength(1);
  });

  it("is the same event with the same id and body at every try, with a fresh time", async () => {
    const { url, received } = await listen((response) =>
      response.writeHead(received.length < 3 ? 500 : 200).end(),
    );
    const { deliveryId } = await cancelled(url);
    for (const attempt of [1, 2, 3]) await deliver(deliveryId, attempt);
    expect(new Set(received.map((call) => call.headers["webhook-id"])).size).toBe(1);
    expect(new Set(received.map((call) => call.body)).size).toBe(1);
    expect(await deliveryOf(deliveryId)).toMatchObject({ state: "delivered", attempts: 3 });
  });

  it.each([
    [500, null, 5, 7],
    [503, "120", 120, 121],
    [429, "7200", 7_200, 7_201],
    [404, null, 5, 7],
    [408, "0", 5, 7],
    [302, null, 5, 7],
    [304, null, 5, 7],
  ])(
    "answered with %s (Retry-After %s) is tried again in %s seconds or a little more",
    async (status, retryAfter, least, most) => {
      const { url } = await listen((response) =>
        response.writeHead(status, retryAfter === null ? {} : { "retry-after": retryAfter }).end(),
      );
      const { deliveryId } = await cancelled(url);
      await deliver(deliveryId);
      const after = await deliveryOf(deliveryId);
      expect(after).toMatchObject({ state: "pending", attempts: 1 });
      expect(after.pause).toBeGreaterThanOrEqual(least - 1);
      expect(after.pause).toBeLessThanOrEqual(most);
    },
  );

  it("follows no redirect", async () => {
    const target = await listen();
    for (const status of [301, 302, 303, 307, 308]) {
      const { url } = await listen((response) => response.writeHead(status, { location: target.url }).end());
      const { deliveryId } = await cancelled(url);
      await deliver(deliveryId);
      expect((await attemptsOf(deliveryId))[0]).toMatchObject({ status, is_delivered: false });
    }
    expect(target.received).toHaveLength(0);
  });

  it("is not tried again when the receiver says 410", async () => {
    const { url } = await listen((response) => response.writeHead(410).end());
    const { deliveryId } = await cancelled(url);
    await deliver(deliveryId);
    expect(await deliveryOf(deliveryId)).toMatchObject({ state: "failed", attempts: 1 });
  });

  it("is given up after the last try of the schedule", async () => {
    const { url } = await listen((response) => response.writeHead(500).end());
    const { deliveryId } = await cancelled(url);
    await system.superuser.query("update deliveries set attempts = 10 where id = $1", [deliveryId]);
    await deliver(deliveryId, 11);
    expect(await deliveryOf(deliveryId)).toMatchObject({ state: "failed", attempts: 11 });
  });

  it("to a receiver that hangs, or trickles, is cut off and has failed", async () => {
    const hanging = await listen(() => undefined);
    const trickling = await listen((response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write("x"), 200);
      response.on("close", () => clearInterval(timer));
    });
    for (const { url } of [hanging, trickling]) {
      const { deliveryId } = await cancelled(url);
      const startedAt = performance.now();
      await deliver(deliveryId);
      expect(performance.now() - startedAt).toBeLessThan(4_000);
      expect((await attemptsOf(deliveryId))[0]).toMatchObject({
        is_delivered: false,
        failure: "No answer in time.",
      });
    }
  });

  it("is delivered to a receiver that answers 200 with an endless body, which is not read on", async () => {
    let written = 0;
    const { url } = await listen((response) => {
      response.writeHead(200);
      const push = () => {
        while (!response.destroyed && response.write(Buffer.alloc(64 * 1024, "x"))) written += 64 * 1024;
        if (!response.destroyed) response.once("drain", push);
      };
      push();
    });
    const { deliveryId } = await cancelled(url);
    await deliver(deliveryId);
    const [attempt] = await attemptsOf(deliveryId);
    expect(attempt).toMatchObject({ is_delivered: true, status: 200 });
    expect(attempt.response_text).toHaveLength(2_048);
    expect(written).toBeLessThan(20 * 1024 * 1024);
  });

  it("to a receiver with enormous headers, or that breaks off, has failed and harms nothing", async () => {
    const headers = await listen((response) =>
      response.writeHead(200, { "x-big": "y".repeat(100_000) }).end(),
    );
    const broken = await listen((response) => response.socket?.destroy());
    for (const { url } of [headers, broken]) {
      const { deliveryId } = await cancelled(url);
      await deliver(deliveryId);
      expect((await attemptsOf(deliveryId))[0]).toMatchObject({ is_delivered: false, status: null });
    }
  });

  it("to nobody has failed with the cause", async () => {
    const { deliveryId } = await cancelled("http://127.0.0.1:1/hook");
    await deliver(deliveryId);
    expect((await attemptsOf(deliveryId))[0]).toMatchObject({ failure: "ECONNREFUSED", is_delivered: false });
  });
});

describe("where callbacks go", () => {
  it("is the invoice's own address, else the merchant's default, and the default is read at each try", async () => {
    const [first, second, own] = [await listen(), await listen(), await listen()];
    const merchant = await system.merchant();
    const set = async (url: string) =>
      updateMerchant(merchant.ctx, {
        profile: {},
        settings: {},
        callbackUrl: await system.deps.callbacks.vet(url, "test", "/callback_url"),
      });
    await set(first.url);
    const { invoice } = await createInvoice(merchant.ctx, invoiceInput());
    await cancelInvoice(merchant.ctx, invoice.id);
    await set(second.url);
    const { rows } = await system.superuser.query("select id from deliveries where invoice_id = $1", [
      invoice.id,
    ]);
    await deliverCallback(merchant.system, { deliveryId: rows[0].id, attemptNumber: 1 });
    expect([first.received.length, second.received.length]).toEqual([0, 1]);
    const { deliveryId } = await cancelled(own.url, merchant);
    await deliverCallback(merchant.system, { deliveryId, attemptNumber: 1 });
    expect([second.received.length, own.received.length]).toEqual([1, 1]);
  });

  it("is nowhere for a merchant that has no address, and that is no failure", async () => {
    const merchant = await system.merchant();
    const { invoice } = await createInvoice(merchant.ctx, invoiceInput());
    await cancelInvoice(merchant.ctx, invoice.id);
    const { rows } = await system.superuser.query(
      "select count(*)::int as n from deliveries where invoice_id = $1",
      [invoice.id],
    );
    expect(rows[0].n).toBe(0);
  });

  it("is reached by the worker by itself, soon after the change", async () => {
    const worker = await system.startWorker();
    const { url, received } = await listen();
    await cancelled(url);
    await until("the callback", async () => received.length > 0, 5_000);
    await worker.close();
  });
});

describe("the sender", () => {
  const request = (url: string): CallbackRequest => ({
    url,
    mode: "live",
    eventId: "evt_1",
    body: "{}",
    secrets: [secret],
    now: new Date(),
  });

  it("opens no connection to an address that is not public, whatever the name says at the moment", async () => {
    let connections = 0;
    const trap = createTcpServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => trap.listen(0, "127.0.0.1", resolve));
    const address = trap.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    for (const answer of [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::1"], ["169.254.169.254"]]) {
      const sender = createCallbackSender({
        isLoopbackAllowed: false,
        ports: [port],
        own: { names: [], loopbackPorts: [] },
        resolve: async () => answer,
        timeoutMs: 1_000,
        connectTimeoutMs: 500,
      });
      const result = await sender.post(request(`https://merchant.example.com:${port}/hook`));
      expect(result).toMatchObject({ isDelivered: false, isBlocked: true });
    }
    await new Promise((resolve) => trap.close(resolve));
    expect(connections).toBe(0);
  });

  it("connects to the address that was checked, and to no other that the name has by then", async () => {
    const asked: string[] = [];
    const sender = createCallbackSender({
      isLoopbackAllowed: false,
      ports: [443],
      own: { names: [], loopbackPorts: [] },
      resolve: async (name) => {
        asked.push(name);
        return ["192.0.2.1".replace("192.0.2", "93.184.216")];
      },
      timeoutMs: 600,
      connectTimeoutMs: 300,
    });
    const result = await sender.post(request("https://merchant.example.com/hook"));
    expect(asked).toEqual(["merchant.example.com"]);
    expect(result).toMatchObject({ isDelivered: false, resolvedIp: "93.184.216.1" });
  });

  it("never sends in the clear what was meant for TLS", async () => {
    let seen = "";
    const plain = createTcpServer((socket) => {
      socket.on("data", (chunk) => {
        seen += chunk.toString("latin1");
        socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
      });
      socket.on("error", () => undefined);
    });
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    const address = plain.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const sender = createCallbackSender({
      isLoopbackAllowed: true,
      ports: [443],
      own: { names: [], loopbackPorts: [] },
      resolve: async () => [],
      timeoutMs: 1_000,
      connectTimeoutMs: 500,
    });
    const result = await sender.post({ ...request(`https://127.0.0.1:${port}/hook`), mode: "test" });
    await new Promise((resolve) => plain.close(resolve));
    expect(result.isDelivered).toBe(false);
    expect(seen).not.toContain("webhook-id");
  });

  it("uses no proxy of the environment", async () => {
    let proxied = 0;
    const proxy = createServer((_request, response) => {
      proxied += 1;
      response.end();
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const address = proxy.address();
    process.env.HTTP_PROXY = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
    const { url, received } = await listen();
    const { deliveryId } = await cancelled(url);
    await deliver(deliveryId);
    delete process.env.HTTP_PROXY;
    await new Promise((resolve) => proxy.close(resolve));
    expect([received.length, proxied]).toEqual([1, 0]);
  });
});
