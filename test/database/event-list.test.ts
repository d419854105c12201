import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { continueEventOrder } from "#db/event-order.ts";
import type { InvoiceId, PaymentId } from "#lib/domain/ids.ts";
import { renderNativeCallback } from "#lib/doors/native/callback-view.ts";
import { transact } from "#lib/services/context.ts";
import { getEvent, type ListEventsInput, listEvents } from "#lib/services/events/list.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { until } from "../until.ts";
import { cancelOne, codeOf } from "./endpoints-helpers.ts";
import { invoiceInput } from "./helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;

beforeAll(async () => {
  system = await openSystem();
});
// Events are copied as a restore does it, but for the order of the tests.
afterAll(() => system.close({ broken: ["I-04"] }));

const list = (merchant: TestMerchant, change: Partial<ListEventsInput> = {}) =>
  listEvents(merchant.ctx, { filter: {}, types: null, after: null, limit: 100, ...change });

/** Every event that is there by now; other tests of the same server may hold the newest back for a moment. */
const listAll = (merchant: TestMerchant, count: number, change: Partial<ListEventsInput> = {}) =>
  until(`${count} events`, async () => {
    const page = await list(merchant, change);
    return page.items.length >= count && page;
  });
const invoicesOf = (page: Awaited<ReturnType<typeof list>>) => page.items.map((event) => event.invoiceId);

/** The place just behind every event of one transaction. */
const END = 2n ** 63n - 1n;
const isBehind = (cursor: string, transaction: bigint) => {
  const [place = "", position = ""] = Buffer.from(cursor, "base64url").toString().split(".");
  return BigInt(place) > transaction || (BigInt(place) === transaction && BigInt(position) === END);
};
const cursorAt = (place: bigint) => Buffer.from(`${place}.0`).toString("base64url");
const lastPlaceOf = async (merchant: TestMerchant) => {
  const { rows } = await system.superuser.query(
    "select written_by::text as place from events where merchant_id = $1 order by written_by desc limit 1",
    [merchant.merchantId],
  );
  return BigInt(rows[0].place);
};

/** As if as many more events had happened, of no invoice: copies of one of this invoice's. */
const copyEvent = (invoiceId: InvoiceId, count: number, type: string, writtenBy: string | null = null) =>
  system.superuser.query(
    `insert into events (merchant_id, mode, id, type, invoice_id, sequence, data, actor_kind, actor_id, correlation_id, written_by)
     select merchant_id, mode, 'evt_' || substr(md5($3 || n || clock_timestamp()), 1, 22), $3, null, 0, data, actor_kind, actor_id,
       correlation_id, coalesce($4::xid8, next_event_place())
     from events, generate_series(1, $2::int) n where invoice_id = $1 and sequence = 1`,
    [invoiceId, count, type, writtenBy],
  );

describe("the list of events", () => {
  it("misses nothing, whatever commits late: a reader who goes on sees every event once, in one order", async () => {
    const merchant = await system.merchant();
    const seen: (InvoiceId | null)[] = [];
    let after: string | null = null;
    const read = async () => {
      const page: Awaited<ReturnType<typeof list>> = await list(merchant, { after });
      after = page.nextCursor;
      seen.push(...invoicesOf(page));
    };
    let finishEarly: () => void = () => undefined;
    const mayFinish = new Promise<void>((resolve) => {
      finishEarly = resolve;
    });
    let early: InvoiceId | null = null;
    const slow = transact(merchant.ctx, async (inTx) => {
      early = (await createInvoice(inTx, invoiceInput())).invoice.id;
      await mayFinish;
    });
    await until("the first to have written", async () => early !== null);
    const late = (await createInvoice(merchant.ctx, invoiceInput())).invoice.id;
    // The later one is committed and can be read by its id, but giving it out now would lose the earlier one.
    const { rows } = await system.superuser.query("select id from events where invoice_id = $1", [late]);
    expect((await getEvent(merchant.ctx, rows[0].id)).invoiceId).toBe(late);
    await read();
    expect(seen).toEqual([]);
    finishEarly();
    await slow;
    await until("both", async () => {
      await read();
      return seen.length === 2;
    });
    expect(seen).toEqual([early, late]);
    await read();
    expect(seen).toHaveLength(2);
  });

  it("misses nothing while many write at once and one reads on", async () => {
    const merchant = await system.merchant();
    const seen: string[] = [];
    let after: string | null = null;
    let isWriting = true;
    const read = async () => {
      const page: Awaited<ReturnType<typeof list>> = await list(merchant, { after, limit: 7 });
      after = page.nextCursor;
      seen.push(...page.items.map((event) => event.id));
      return page.hasMore;
    };
    const reader = (async () => {
      while (isWriting) await read();
    })();
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        for (let made = 0; made < 8; made += 1) await cancelOne(merchant);
      }),
    );
    isWriting = false;
    await reader;
    await until("the rest", async () => {
      await read();
      return seen.length >= 96;
    });
    expect(new Set(seen).size).toBe(96);
    const whole = await list(merchant);
    expect(whole.items.map((event) => event.id)).toEqual(seen);
  });

  it("is in the order in which things happened, for each invoice by its sequence", async () => {
    const merchant = await system.merchant();
    const [first, second] = [await cancelOne(merchant), await cancelOne(merchant)];
    const page = await listAll(merchant, 4);
    expect(page.items.map((event) => [event.invoiceId, event.type, event.sequence])).toEqual([
      [first, "invoice.created", 1],
      [first, "invoice.cancelled", 2],
      [second, "invoice.created", 1],
      [second, "invoice.cancelled", 2],
    ]);
  });

  it("is filtered by types, invoice and payment", async () => {
    const merchant = await system.merchant();
    const invoiceId = await cancelOne(merchant);
    const { invoice } = await createInvoice(merchant.ctx, invoiceInput());
    const payment = await startPayment(merchant.ctx, { invoiceId: invoice.id, method: "card" });
    const typesOf = async (change: Partial<ListEventsInput>, count: number) =>
      (await listAll(merchant, count, change)).items.map((event) => event.type);
    expect(await typesOf({ filter: { invoiceId } }, 2)).toEqual(["invoice.created", "invoice.cancelled"]);
    expect(await typesOf({ filter: { paymentId: payment.id } }, 1)).toEqual(["payment.started"]);
    expect(await typesOf({ types: ["payment.started", "invoice.cancelled"] }, 2)).toEqual([
      "invoice.cancelled",
      "payment.started",
    ]);
    expect(await codeOf(list(merchant, { types: ["invoice.payed"] }))).toBe("event_type_unknown");
  });

  it("has a place to go on from, also at the end and where there is nothing yet", async () => {
    const merchant = await system.merchant();
    const empty = await list(merchant);
    expect(empty).toMatchObject({ items: [], hasMore: false });
    await cancelOne(merchant);
    await listAll(merchant, 2);
    const first = await list(merchant, { after: empty.nextCursor, limit: 1 });
    expect(first).toMatchObject({ items: [{ type: "invoice.created" }], hasMore: true });
    const second = await list(merchant, { after: first.nextCursor, limit: 1 });
    expect(second).toMatchObject({ items: [{ type: "invoice.cancelled" }], hasMore: false });
    const end = await list(merchant, { after: second.nextCursor });
    expect(end).toMatchObject({ items: [], hasMore: false });
    for (const cursor of ["x", "MC4", "OTk5OTk5OTk5OTk5OTk5OTk5OTkuMQ", "LTEuMA"]) {
      expect(await codeOf(list(merchant, { after: cursor })), cursor).toBe("invalid_request");
    }
  });

  it("is one merchant's and one mode's, and needs its scope", async () => {
    const [ours, theirs] = [await system.merchant(), await system.merchant()];
    await cancelOne(theirs);
    const { items } = await listAll(theirs, 2);
    const [event] = items;
    if (event === undefined) throw new Error("There is no event.");
    const live = { ...theirs.ctx, tenant: { ...theirs.tenant, mode: "live" as const } };
    for (const ctx of [ours.ctx, live]) {
      expect(await codeOf(getEvent(ctx, event.id))).toBe("event_not_found");
      expect((await list({ ...ours, ctx })).items).toEqual([]);
    }
    const other: TestMerchant["ctx"] = {
      ...theirs.ctx,
      actor: { kind: "api_key", id: "key_0000000000000000000000" as never, scopes: ["invoices:read"] },
    };
    expect(await codeOf(list({ ...theirs, ctx: other }))).toBe("permission_denied");
    expect(await codeOf(getEvent(other, event.id))).toBe("permission_denied");
    expect(renderNativeCallback(await getEvent(theirs.ctx, event.id))).toMatchObject({
      id: event.id,
      object: "event",
      type: "invoice.created",
      sequence: 1,
    });
  });

  it("goes on behind all that was looked at, so that whoever waits for a rare event looks at nothing twice", async () => {
    const merchant = await system.merchant();
    const invoiceId = await cancelOne(merchant);
    await listAll(merchant, 2);
    const types = ["dispute.opened"];
    const page = await until("the end", async () => {
      const found = await list(merchant, { types, after: null });
      return isBehind(found.nextCursor, await lastPlaceOf(merchant)) && found;
    });
    expect(page).toMatchObject({ items: [], hasMore: false });
    for (const filter of [{ invoiceId: null }, { paymentId: "pay_0000000000000000000000" as PaymentId }]) {
      const { nextCursor } = await list(merchant, { filter });
      expect(isBehind(nextCursor, await lastPlaceOf(merchant))).toBe(true);
    }
    await copyEvent(invoiceId, 1, "dispute.opened");
    const next = await until("the rare one", async () => {
      const found = await list(merchant, { types, after: page.nextCursor });
      return found.items.length > 0 && found;
    });
    expect(next.items.map((event) => event.type)).toEqual(types);
  });

  it("looks at so many events for one page of a rare type, and says that there may be more", async () => {
    const merchant = await system.merchant();
    const invoiceId = await cancelOne(merchant);
    await copyEvent(invoiceId, 5_000, "invoice.updated");
    await copyEvent(invoiceId, 1, "dispute.opened");
    await until("all of them", async () => {
      const { items } = await list(merchant, {
        types: ["dispute.opened"],
        after: cursorAt(await lastPlaceOf(merchant)),
      });
      return items.length === 1;
    });
    const pages: number[] = [];
    let after: string | null = null;
    let hasMore = true;
    while (hasMore) {
      const page: Awaited<ReturnType<typeof list>> = await list(merchant, {
        types: ["dispute.opened"],
        after,
      });
      expect(page.nextCursor).not.toBe(after);
      pages.push(page.items.length);
      ({ nextCursor: after, hasMore } = page);
    }
    expect(pages).toEqual([0, 0, 1]);
  });

  it("finds the events of a payment by it, not among all of the merchant's", async () => {
    const merchant = await system.merchant();
    const { rows } = await system.superuser.query(
      `explain (format text) select * from events where merchant_id = $1 and mode = 'test' and payment_id = 'pay_x'
         and (written_by, position) > ('0'::xid8, 0) order by written_by, position limit 21`,
      [merchant.merchantId],
    );
    expect(JSON.stringify(rows)).toContain("events_by_payment");
  });
});

describe("events that were brought to a server that has counted less", () => {
  it("are listed after the next start, new ones after them, and a reader's place stays good", async () => {
    const merchant = await system.merchant();
    const invoiceId = await cancelOne(merchant);
    const written = await listAll(merchant, 2);
    const owner = await system.superuser.connect();
    // As a restore writes them: with what another server has counted.
    await copyEvent(invoiceId, 3, "invoice.updated", "1000000000");
    const stuck = await list(merchant, { after: written.nextCursor });
    expect(stuck.items).toEqual([]);
    await continueEventOrder(owner);
    const restored = await listAll(merchant, 3, { after: written.nextCursor });
    expect(restored.items.map((event) => event.type)).toEqual(Array(3).fill("invoice.updated"));
    await cancelOne(merchant);
    const fresh = await listAll(merchant, 2, { after: restored.nextCursor });
    expect(fresh.items.map((event) => event.type)).toEqual(["invoice.created", "invoice.cancelled"]);
    const { rows: before } = await system.superuser.query("select ahead, changed_at from event_order");
    await continueEventOrder(owner);
    const { rows: after } = await system.superuser.query("select ahead, changed_at from event_order");
    expect(after).toEqual(before);
    owner.release();
  });
});
