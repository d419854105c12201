import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { DeliveryId } from "#lib/domain/ids.ts";
import { deleteCallbackEndpoint } from "#lib/services/callbacks/delete-endpoint.ts";
import { deliverCallback } from "#lib/services/callbacks/deliver.ts";
import {
  getDelivery,
  type ListDeliveriesInput,
  listDeliveries,
} from "#lib/services/callbacks/get-deliveries.ts";
import { type ResendInput, resendDeliveries, resendDelivery } from "#lib/services/callbacks/resend.ts";
import { updateCallbackEndpoint } from "#lib/services/callbacks/update-endpoint.ts";
import { until } from "../until.ts";
import {
  asTried,
  cancelOne,
  codeOf,
  copyAsFailed,
  deliveriesOf,
  deliverPending,
  endpointAt,
} from "./endpoints-helpers.ts";
import { closeReceivers, listen, listenWith } from "./receiver.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;

beforeAll(async () => {
  system = await openSystem();
});
afterAll(() => system.close());
afterEach(closeReceivers);

const list = async (merchant: TestMerchant, change: Partial<ListDeliveriesInput> = {}) =>
  listDeliveries(merchant.ctx, { filter: {}, eventType: null, cursor: null, limit: 100, ...change });
const idsOf = (page: { readonly items: readonly { readonly id: string }[] }) =>
  page.items.map(({ id }) => id);
const resendAll = (merchant: TestMerchant, change: Partial<ResendInput> = {}) =>
  resendDeliveries(merchant.ctx, {
    since: new Date(Date.now() - 3_600_000),
    until: null,
    state: null,
    endpointId: null,
    eventType: null,
    ...change,
  });
const firstOf = async (merchant: TestMerchant) => {
  const [first] = await deliveriesOf(system, merchant);
  if (first === undefined) throw new Error("There is no delivery.");
  return first;
};
const age = (merchant: TestMerchant, days: number) =>
  system.superuser.query(
    "update deliveries set created_at = created_at - $2 * interval '1 day' where merchant_id = $1",
    [merchant.merchantId, days],
  );

describe("deliveries", () => {
  it("are found by state, endpoint, event, invoice, type and time, and page by page", async () => {
    const merchant = await system.merchant();
    const [good, bad] = [await listen(), await listenWith(500)];
    const first = await endpointAt(merchant, good.url);
    const second = await endpointAt(merchant, bad.url, { eventTypes: ["invoice.cancelled"] });
    const invoiceId = await cancelOne(merchant);
    await cancelOne(merchant);
    await deliverPending(system, merchant);
    const all = await deliveriesOf(system, merchant);
    const idsWhere = (test: (one: (typeof all)[number]) => boolean) =>
      all
        .filter(test)
        .map(({ id }) => id)
        .sort();
    const found = async (change: Partial<ListDeliveriesInput>) => idsOf(await list(merchant, change)).sort();
    expect(await found({})).toEqual(idsWhere(() => true));
    expect(all).toHaveLength(4);
    expect(await found({ filter: { state: "delivered" } })).toEqual(
      idsWhere((one) => one.endpoint_id === first.endpoint.id),
    );
    expect(await found({ filter: { endpointId: second.endpoint.id } })).toEqual(
      idsWhere((one) => one.endpoint_id === second.endpoint.id),
    );
    expect(await found({ filter: { invoiceId } })).toEqual(idsWhere((one) => one.invoice_id === invoiceId));
    const eventId = all[0]?.event_id as never;
    expect(await found({ filter: { eventId } })).toEqual(idsWhere((one) => one.event_id === eventId));
    expect(await found({ eventType: "invoice.cancelled" })).toHaveLength(4);
    expect(await found({ eventType: "invoice.paid" })).toEqual([]);
    const now = Date.now();
    expect(await found({ filter: { createdFrom: new Date(now + 60_000) } })).toEqual([]);
    expect(await found({ filter: { createdTo: new Date(now - 60_000) } })).toEqual([]);
    const paged: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof list>> = await list(merchant, { cursor, limit: 1 });
      paged.push(...idsOf(page));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(paged).toEqual(idsOf(await list(merchant)));
    expect(new Set(paged).size).toBe(4);
  });

  it("tell of every try: where to, what was answered, how long it took", async () => {
    const merchant = await system.merchant();
    const receiver = await listen((response) =>
      receiver.received.length === 1
        ? response.writeHead(302, { location: "http://127.0.0.1:1/" }).end("x".repeat(5_000))
        : response.writeHead(200).end("thanks"),
    );
    await endpointAt(merchant, receiver.url);
    await cancelOne(merchant);
    await deliverPending(system, merchant);
    await deliverPending(system, merchant);
    const { delivery, attempts } = await getDelivery(merchant.ctx, (await firstOf(merchant)).id);
    expect(delivery).toMatchObject({ state: "delivered", attempts: 2, nextAttemptAt: null });
    expect(attempts).toMatchObject([
      { number: 1, url: receiver.url, status: 302, isDelivered: false, failure: null },
      { number: 2, status: 200, isDelivered: true, responseText: "thanks", resolvedIp: "127.0.0.1" },
    ]);
    expect(attempts[0]?.responseText).toHaveLength(2_048);
    expect(attempts.every((attempt) => attempt.durationMs >= 0)).toBe(true);
  });
});

describe("a delivery that is sent again", () => {
  it("is a new delivery of the same event with the same id, also where the first was delivered", async () => {
    const merchant = await system.merchant();
    const receiver = await listen();
    await endpointAt(merchant, receiver.url);
    await cancelOne(merchant);
    await deliverPending(system, merchant);
    const first = await firstOf(merchant);
    const again = await resendDelivery(merchant.ctx, first.id);
    expect(again).toMatchObject({
      resendOf: first.id,
      eventId: first.event_id,
      state: "pending",
      attempts: 0,
    });
    await deliverCallback(merchant.system, { deliveryId: again.id, attemptNumber: 1 });
    expect(new Set(receiver.received.map((call) => call.headers["webhook-id"])).size).toBe(1);
    expect(new Set(receiver.received.map((call) => call.body)).size).toBe(1);
    expect(receiver.received).toHaveLength(2);
    expect(await firstOf(merchant)).toMatchObject({ id: first.id, state: "delivered", attempts: 1 });
  });

  it("goes to an invoice's own address too", async () => {
    const merchant = await system.merchant();
    const receiver = await listen();
    const callbackUrl = await system.deps.callbacks.vet(receiver.url, "test", "/callback_url");
    await cancelOne(merchant, { callbackUrl });
    await deliverPending(system, merchant);
    await resendDelivery(merchant.ctx, (await firstOf(merchant)).id);
    await deliverPending(system, merchant);
    expect(receiver.received).toHaveLength(2);
  });

  it("is on its way once: not while the first is, and not by many at once", async () => {
    const merchant = await system.merchant();
    const receiver = await listenWith(500);
    await endpointAt(merchant, receiver.url);
    await cancelOne(merchant);
    const { id } = await firstOf(merchant);
    expect(await codeOf(resendDelivery(merchant.ctx, id))).toBe("delivery_in_progress");
    await asTried(system, id, 10);
    await deliverCallback(merchant.system, { deliveryId: id, attemptNumber: 11 });
    expect((await firstOf(merchant)).state).toBe("failed");
    const codes = await Promise.all(
      Array.from({ length: 5 }, () => codeOf(resendDelivery(merchant.ctx, id))),
    );
    expect(codes.sort()).toEqual([...Array(4).fill("delivery_in_progress"), "found"]);
    expect(await deliveriesOf(system, merchant)).toHaveLength(2);
  });

  it("is refused after 30 days, and where its endpoint is off", async () => {
    const merchant = await system.merchant();
    const receiver = await listen();
    const { endpoint } = await endpointAt(merchant, receiver.url);
    await cancelOne(merchant);
    await deliverPending(system, merchant);
    const { id } = await firstOf(merchant);
    await updateCallbackEndpoint(merchant.ctx, endpoint.id, { isEnabled: false }, null);
    expect(await codeOf(resendDelivery(merchant.ctx, id))).toBe("endpoint_disabled");
    await updateCallbackEndpoint(merchant.ctx, endpoint.id, { isEnabled: true }, null);
    await age(merchant, 31);
    await expect(resendDelivery(merchant.ctx, id)).rejects.toMatchObject({
      code: "delivery_not_found",
      message: "A delivery can be sent again for 30 days.",
    });
    expect(await resendAll(merchant, { since: new Date(0) })).toMatchObject({ resent: 0, hasMore: false });
  });

  it("is done by the worker", async () => {
    const merchant = await system.merchant();
    const receiver = await listen();
    await endpointAt(merchant, receiver.url);
    await cancelOne(merchant);
    await deliverPending(system, merchant);
    const { id } = await resendDelivery(merchant.ctx, (await firstOf(merchant)).id);
    const worker = await system.startWorker();
    await until("the delivery", async () => {
      const { delivery } = await getDelivery(merchant.ctx, id);
      return delivery.state === "delivered";
    });
    await worker.close();
    expect(receiver.received).toHaveLength(2);
  });
});

describe("many deliveries that are sent again", () => {
  /** Two endpoints that failed for good, one that took everything; two invoices. */
  async function failedAndDelivered() {
    const merchant = await system.merchant();
    const [good, bad, off] = [await listen(), await listenWith(500), await listenWith(500)];
    const ok = await endpointAt(merchant, good.url);
    const failing = await endpointAt(merchant, bad.url);
    const closed = await endpointAt(merchant, off.url);
    await cancelOne(merchant);
    await cancelOne(merchant);
    await deliverPending(system, merchant);
    await system.superuser.query(
      "update deliveries set state = 'failed', next_attempt_at = null, completed_at = now() where merchant_id = $1 and state = 'pending'",
      [merchant.merchantId],
    );
    await updateCallbackEndpoint(merchant.ctx, closed.endpoint.id, { isEnabled: false }, null);
    bad.state.status = 200;
    return { merchant, ok, failing, closed, good, bad, off };
  }

  it("are those that match, once each, however often and by however many they are asked for at once", async () => {
    const { merchant, failing, bad, good, off } = await failedAndDelivered();
    const results = await Promise.all([1, 2, 3].map(() => resendAll(merchant, { state: "failed" })));
    expect(results.map(({ resent }) => resent).sort()).toEqual([0, 0, 2]);
    await deliverPending(system, merchant);
    expect([bad.received.length, good.received.length, off.received.length]).toEqual([4, 2, 2]);
    expect(new Set(bad.received.map((call) => call.headers["webhook-id"])).size).toBe(2);
    // What has arrived since is no longer among what failed.
    expect((await resendAll(merchant, { state: "failed" })).resent).toBe(0);
    const again = (await deliveriesOf(system, merchant)).filter((one) => one.resend_of !== null);
    expect(again.every((one) => one.endpoint_id === failing.endpoint.id && one.state === "delivered")).toBe(
      true,
    );
  });

  it("are chosen by endpoint, type and time", async () => {
    const { merchant, ok, closed } = await failedAndDelivered();
    expect((await resendAll(merchant, { eventType: "invoice.paid" })).resent).toBe(0);
    expect((await resendAll(merchant, { since: new Date(Date.now() + 60_000) })).resent).toBe(0);
    expect((await resendAll(merchant, { until: new Date(Date.now() - 60_000) })).resent).toBe(0);
    expect(await codeOf(resendAll(merchant, { endpointId: closed.endpoint.id }))).toBe("endpoint_disabled");
    expect((await resendAll(merchant, { endpointId: ok.endpoint.id })).resent).toBe(2);
    expect((await resendAll(merchant, { eventType: "invoice.cancelled" })).resent).toBe(2);
    await deleteCallbackEndpoint(merchant.ctx, closed.endpoint.id);
    expect(await codeOf(resendAll(merchant, { endpointId: closed.endpoint.id }))).toBe("endpoint_not_found");
    await expect(resendAll(merchant, { eventType: "invoice.payed" })).rejects.toMatchObject({
      code: "event_type_unknown",
      pointer: "/event_type",
    });
  });

  it("are of this merchant alone", async () => {
    const { merchant, ok } = await failedAndDelivered();
    const other = await system.merchant();
    expect(await codeOf(resendAll(other, { endpointId: ok.endpoint.id }))).toBe("endpoint_not_found");
    expect((await resendAll(other)).resent).toBe(0);
    expect(await deliveriesOf(system, merchant)).toHaveLength(6);
  });

  it("are at most 1,000 at once, and the answer tells how to go on to the end", async () => {
    const merchant = await system.merchant();
    const receiver = await listen();
    await endpointAt(merchant, receiver.url);
    await cancelOne(merchant);
    await deliverPending(system, merchant);
    const { id } = await firstOf(merchant);
    await copyAsFailed(system, id, 1_204);
    const first = await resendAll(merchant, { state: "failed" });
    expect(first).toMatchObject({ resent: 1_000, hasMore: true });
    const second = await resendAll(merchant, { state: "failed", until: first.until });
    expect(second).toMatchObject({ resent: 204, hasMore: false });
    const { rows } = await system.superuser.query(
      `select count(*)::int as n, count(distinct resend_of)::int as originals from deliveries
       where merchant_id = $1 and resend_of is not null`,
      [merchant.merchantId],
    );
    expect(rows[0]).toEqual({ n: 1_204, originals: 1_204 });
    const jobs = await system.superuser.query(
      "select count(*)::int as n from pgboss.job where name like 'callback.%' and state = 'created' and data ->> 'merchantId' = $1 and data ->> 'deliveryId' <> $2",
      [merchant.merchantId, id as DeliveryId],
    );
    expect(jobs.rows[0].n).toBe(1_204);
  });
});
