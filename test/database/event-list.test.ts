import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { InvoiceId } from "#lib/domain/ids.ts";
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
afterAll(() => system.close());

const list = (merchant: TestMerchant, change: Partial<ListEventsInput> = {}) =>
  listEvents(merchant.ctx, { filter: {}, types: null, after: null, limit: 100, ...change });

/** Every event that is there by now; other tests of the same server may hold the newest back for a moment. */
const listAll = (merchant: TestMerchant, count: number, change: Partial<ListEventsInput> = {}) =>
  until(`${count} events`, async () => {
    const page = await list(merchant, change);
    return page.items.length >= count && page;
  });
const invoicesOf = (page: Awaited<ReturnType<typeof list>>) => page.items.map((event) => event.invoiceId);

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
    expect(end).toEqual({ items: [], hasMore: false, nextCursor: second.nextCursor });
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
});
