import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createCallbackSender } from "#lib/callbacks/sender.ts";
import type { EndpointId } from "#lib/domain/ids.ts";
import { deliverCallback } from "#lib/services/callbacks/deliver.ts";
import { getCallbackEndpoint } from "#lib/services/callbacks/get-endpoints.ts";
import { resendDeliveries } from "#lib/services/callbacks/resend.ts";
import { testEndpoint } from "#lib/services/callbacks/test-endpoint.ts";
import { updateCallbackEndpoint } from "#lib/services/callbacks/update-endpoint.ts";
import { until } from "../until.ts";
import { cancelOne, copyAsFailed, deliveriesOf, deliverPending, endpointAt } from "./endpoints-helpers.ts";
import { closeReceivers, listen, listenWith, type Receiver } from "./receiver.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;

beforeAll(async () => {
  system = await openSystem();
});
afterAll(() => system.close());
afterEach(closeReceivers);

/** As if that much time had passed since the endpoint's first failure. */
const moveFailure = (id: EndpointId, hours: number) =>
  system.superuser.query(
    `update callback_endpoints set failing_since = failing_since - $2 * interval '1 hour',
       failing_notice_at = failing_notice_at - $2 * interval '1 hour' where id = $1`,
    [id, hours],
  );
const endpointOf = async (merchant: TestMerchant, id: EndpointId) =>
  (await getCallbackEndpoint(merchant.ctx, id)).endpoint;
const typesAt = ({ received }: Receiver) =>
  received.map(({ body }) => (JSON.parse(body) as { type: string }).type);
const eventsAbout = async (id: EndpointId) => {
  const { rows } = await system.superuser.query(
    "select type, invoice_id, sequence, data, actor_kind from events where subject_id = $1 order by position",
    [id],
  );
  return rows;
};
/** As a live installation waits: longer than this file's other tests. */
const patientSender = () =>
  createCallbackSender({
    isLoopbackAllowed: true,
    ports: [443],
    own: { names: [], loopbackPorts: [] },
    resolve: async () => [],
    timeoutMs: 10_000,
    connectTimeoutMs: 5_000,
  });
/** One more callback, and one more try of all that are still to be delivered. */
const oneMore = async (merchant: TestMerchant) => {
  await cancelOne(merchant);
  await deliverPending(system, merchant);
};

describe("an endpoint that takes nothing", () => {
  it("is told of after a day to the others, off after five days, and tried no more", async () => {
    const merchant = await system.merchant();
    const [dead, watcher] = [await listenWith(500), await listen()];
    const { endpoint } = await endpointAt(merchant, dead.url);
    await endpointAt(merchant, watcher.url, { eventTypes: ["endpoint.failing", "endpoint.disabled"] });
    await oneMore(merchant);
    const since = (await endpointOf(merchant, endpoint.id)).failingSince;
    expect(since).not.toBeNull();

    await moveFailure(endpoint.id, 23);
    await oneMore(merchant);
    expect(await eventsAbout(endpoint.id)).toEqual([]);

    await moveFailure(endpoint.id, 1);
    await oneMore(merchant);
    await oneMore(merchant);
    await deliverPending(system, merchant);
    expect(typesAt(watcher)).toEqual(["endpoint.failing"]);

    await moveFailure(endpoint.id, 95);
    await oneMore(merchant);
    expect((await endpointOf(merchant, endpoint.id)).isEnabled).toBe(true);
    await moveFailure(endpoint.id, 1);
    await oneMore(merchant);
    await deliverPending(system, merchant);
    expect(typesAt(watcher)).toEqual(["endpoint.failing", "endpoint.disabled"]);
    expect(await eventsAbout(endpoint.id)).toMatchObject([
      { type: "endpoint.failing", invoice_id: null, sequence: 0, actor_kind: "system" },
      {
        type: "endpoint.disabled",
        data: { endpoint: { id: endpoint.id, isEnabled: false, disabledReason: "failing" } },
      },
    ]);
    const off = await endpointOf(merchant, endpoint.id);
    expect(off).toMatchObject({ isEnabled: false, disabledReason: "failing", version: 2 });
    expect(off.disabledAt).not.toBeNull();
    const { rows } = await system.superuser.query(
      "select actor_kind, detail from audit_entries where subject_id = $1 and act = 'endpoint.disabled'",
      [endpoint.id],
    );
    expect(rows).toEqual([{ actor_kind: "system", detail: { reason: "failing" } }]);

    const calls = dead.received.length;
    await oneMore(merchant);
    expect(dead.received).toHaveLength(calls);
    const left = (await deliveriesOf(system, merchant)).filter((one) => one.endpoint_id === endpoint.id);
    expect(new Set(left.map((one) => one.state))).toEqual(new Set(["failed"]));
  });

  it("and is switched on again begins anew", async () => {
    const merchant = await system.merchant();
    const receiver = await listenWith(410);
    const { endpoint } = await endpointAt(merchant, receiver.url);
    await oneMore(merchant);
    await updateCallbackEndpoint(merchant.ctx, endpoint.id, { isEnabled: true }, null);
    expect(await endpointOf(merchant, endpoint.id)).toMatchObject({
      isEnabled: true,
      failingSince: null,
      failingNoticeAt: null,
      disabledAt: null,
      disabledReason: null,
    });
    receiver.state.status = 200;
    await oneMore(merchant);
    expect((await endpointOf(merchant, endpoint.id)).lastDeliveredAt).not.toBeNull();
  });

  it("is told of once, also where many of its tries fail at the same moment", async () => {
    const merchant = await system.merchant();
    const dead = await listenWith(503);
    const { endpoint } = await endpointAt(merchant, dead.url);
    await oneMore(merchant);
    await moveFailure(endpoint.id, 25);
    for (let made = 0; made < 6; made += 1) await cancelOne(merchant);
    const pending = (await deliveriesOf(system, merchant)).filter((one) => one.attempts === 0);
    await Promise.all(
      pending.map(({ id }) => deliverCallback(merchant.system, { deliveryId: id, attemptNumber: 1 })),
    );
    expect(dead.received).toHaveLength(7);
    expect((await eventsAbout(endpoint.id)).map((event) => event.type)).toEqual(["endpoint.failing"]);
  });
});

describe("an endpoint that failed once, long ago", () => {
  it("is not switched off by its next failure, since nothing is known of the time between", async () => {
    const merchant = await system.merchant();
    const receiver = await listenWith(500);
    const { endpoint } = await endpointAt(merchant, receiver.url);
    const { id } = await testEndpoint(merchant.ctx, endpoint.id);
    await deliverCallback(merchant.system, { deliveryId: id, attemptNumber: 1 });
    await moveFailure(endpoint.id, 150);
    await system.superuser.query(
      "update callback_endpoints set last_failed_at = last_failed_at - interval '150 hours' where id = $1",
      [endpoint.id],
    );
    await oneMore(merchant);
    const { isEnabled, failingSince } = await endpointOf(merchant, endpoint.id);
    expect(isEnabled).toBe(true);
    expect(Date.now() - (failingSince?.getTime() ?? 0)).toBeLessThan(3_600_000);
    expect(await eventsAbout(endpoint.id)).toMatchObject([{ type: "endpoint.test" }]);
  });
});

describe("an endpoint that answers 410", () => {
  it("is off at once, the others are told, and the event is kept", async () => {
    const merchant = await system.merchant();
    const [gone, watcher] = [await listenWith(410), await listen()];
    const { endpoint } = await endpointAt(merchant, gone.url);
    await endpointAt(merchant, watcher.url);
    await oneMore(merchant);
    await deliverPending(system, merchant);
    expect(await endpointOf(merchant, endpoint.id)).toMatchObject({
      isEnabled: false,
      disabledReason: "gone",
    });
    expect(typesAt(watcher)).toEqual(["invoice.cancelled", "endpoint.disabled"]);
    await oneMore(merchant);
    expect(gone.received).toHaveLength(1);
  });

  it("stays on where it has another address by then", async () => {
    const merchant = await system.merchant();
    const elsewhere = await listen();
    const url = await system.deps.callbacks.vet(elsewhere.url, "test", "/url");
    const gone = await listen((response) => {
      void updateCallbackEndpoint(merchant.ctx, endpoint.id, { url }, null).then(() =>
        response.writeHead(410).end(),
      );
    });
    const { endpoint } = await endpointAt(merchant, gone.url);
    await oneMore(merchant);
    expect(await endpointOf(merchant, endpoint.id)).toMatchObject({ isEnabled: true, failingSince: null });
  });
});

describe("an endpoint that takes callbacks again", () => {
  it("has recovered, and the others are told where they were told of the failure", async () => {
    const merchant = await system.merchant();
    const [receiver, watcher] = [await listenWith(500), await listen()];
    const { endpoint } = await endpointAt(merchant, receiver.url);
    await endpointAt(merchant, watcher.url, { eventTypes: ["endpoint.failing", "endpoint.recovered"] });
    await oneMore(merchant);
    receiver.state.status = 200;
    await oneMore(merchant);
    expect(await eventsAbout(endpoint.id)).toEqual([]);
    receiver.state.status = 500;
    await oneMore(merchant);
    await moveFailure(endpoint.id, 24);
    await oneMore(merchant);
    receiver.state.status = 204;
    await oneMore(merchant);
    await deliverPending(system, merchant);
    expect(typesAt(watcher)).toEqual(["endpoint.failing", "endpoint.recovered"]);
    expect(typesAt(receiver).some((type) => type.startsWith("endpoint."))).toBe(false);
    expect(await endpointOf(merchant, endpoint.id)).toMatchObject({
      failingSince: null,
      failingNoticeAt: null,
    });
  });

  it("may show it by a test", async () => {
    const merchant = await system.merchant();
    const receiver = await listenWith(500);
    const { endpoint } = await endpointAt(merchant, receiver.url);
    await oneMore(merchant);
    receiver.state.status = 200;
    const { id } = await testEndpoint(merchant.ctx, endpoint.id);
    await deliverCallback(merchant.system, { deliveryId: id, attemptNumber: 1 });
    expect((await endpointOf(merchant, endpoint.id)).failingSince).toBeNull();
  });
});

const EVERYTHING = { since: new Date(0), until: null, endpointId: null, eventType: null };

const jobOf = async (deliveryId: string | undefined) => {
  const { rows } = await system.superuser.query(
    "select name from pgboss.job where data ->> 'deliveryId' = $1 and state = 'created' order by created_on desc",
    [deliveryId],
  );
  return rows.map(({ name }) => String(name));
};

describe("endpoints that take callbacks, but slowly", () => {
  it("wait with those that fail, also for what was planned before it was known", async () => {
    const merchant = await system.merchant();
    const slow = await listen((response) => void setTimeout(() => response.writeHead(200).end(), 2_100));
    const quickSystem = { ...merchant.system, callbacks: patientSender() };
    const { endpoint } = await endpointAt(merchant, slow.url);
    for (let made = 0; made < 4; made += 1) await cancelOne(merchant);
    const planned = await deliveriesOf(system, merchant);
    for (const { id } of planned.slice(0, 3))
      await deliverCallback(quickSystem, { deliveryId: id, attemptNumber: 1, isQuickLane: true });
    expect(slow.received).toHaveLength(3);
    expect((await endpointOf(merchant, endpoint.id)).failingSince).toBeNull();
    const before = planned[3];
    expect(await jobOf(before?.id)).toEqual(["callback.deliver"]);
    await deliverCallback(quickSystem, {
      deliveryId: before?.id as never,
      attemptNumber: 1,
      isQuickLane: true,
    });
    expect(slow.received).toHaveLength(3);
    expect((await jobOf(before?.id)).sort()).toEqual(["callback.deliver", "callback.retry"]);
    await cancelOne(merchant);
    const later = (await deliveriesOf(system, merchant))[4];
    expect(await jobOf(later?.id)).toEqual(["callback.retry"]);
    await deliverCallback(quickSystem, { deliveryId: before?.id as never, attemptNumber: 1 });
    expect((await deliveriesOf(system, merchant))[3]).toMatchObject({ state: "delivered", attempts: 1 });
  });
});

describe("endpoints that hang", () => {
  it("hold up no callback to those that answer", async () => {
    const [hanging, healthy] = [await system.merchant(), await system.merchant()];
    const [silent, quick] = [await listen(() => undefined), await listen()];
    const { endpoint } = await endpointAt(hanging, silent.url);
    await endpointAt(healthy, quick.url);
    await oneMore(hanging);
    expect((await endpointOf(hanging, endpoint.id)).failingSince).not.toBeNull();
    await cancelOne(hanging);
    const [dead, waiting] = await deliveriesOf(system, hanging);
    const { rows } = await system.superuser.query(
      "select name from pgboss.job where data ->> 'deliveryId' = $1 and state = 'created'",
      [waiting?.id],
    );
    expect(rows).toEqual([{ name: "callback.retry" }]);
    // More than a worker can try at once; each takes two seconds to be given up.
    await copyAsFailed(system, dead?.id as never, 160);
    await resendDeliveries(hanging.ctx, { ...EVERYTHING, state: "failed" });
    const worker = await system.startWorker();
    await until("the worker to be busy", async () => silent.received.length > 16);
    const startedAt = performance.now();
    await cancelOne(healthy);
    await until("the callback", async () => quick.received.length === 1, 5_000);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(silent.received.length).toBeLessThan(160);
    closeReceivers();
    await worker.close();
  });
});
