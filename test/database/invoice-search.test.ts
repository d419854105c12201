import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCurrency } from "#lib/domain/currency.ts";
import type { InvoiceId } from "#lib/domain/ids.ts";
import { billableMoney } from "#lib/domain/money.ts";
import { cancelInvoice } from "#lib/services/invoices/cancel.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { markPaid } from "#lib/services/invoices/mark-paid.ts";
import { type SearchInvoicesInput, searchInvoices } from "#lib/services/invoices/search.ts";
import { searchText } from "#lib/services/invoices/search-text.ts";
import { applyOutcome } from "#lib/services/payments/apply-outcome.ts";
import { searchPayments } from "#lib/services/payments/search.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { freshPhone, invoiceInput } from "./helpers.ts";
import { paidByCard } from "./refund-helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;
let theirs: TestMerchant;

const NOK = parseCurrency("NOK");
const SEK = parseCurrency("SEK");
const DAY_MS = 86_400_000;

/** Invoices by what they are for in these tests. */
const ids: Record<string, InvoiceId> = {};
const phone = freshPhone("11");

async function make(name: string, overrides: Parameters<typeof invoiceInput>[0], at = shop) {
  const made = await createInvoice(at.ctx, invoiceInput(overrides));
  ids[name] = made.invoice.id;
  return made;
}

const bind = async () => undefined;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant();
  theirs = await system.merchant();
  await make("plain", { merchantReference: "ORDER-7001", phone });
  await make("dear", { amount: billableMoney(99_000n, NOK), merchantReference: "order-70", phone });
  await make("swedish", {
    amount: billableMoney(24_900n, SEK),
    metadata: { channel: "web", customer: "c7" },
  });
  await make("due", { dueAt: new Date(Date.now() + 3 * DAY_MS), metadata: { channel: "web" } });
  await make("cancelled", { merchantReference: "XORDER-70" });
  await cancelInvoice(shop.ctx, ids.cancelled as InvoiceId);
  await make("outside", { merchantReference: "Ørdre 12%_" });
  await markPaid(shop.ctx, ids.outside as InvoiceId, { reference: null, bind });
  ids.card = (await paidByCard(shop, undefined, { merchantReference: "7002" })).invoiceId;
  await make("doubtful", {});
  const doubtful = await startPayment(shop.ctx, { invoiceId: ids.doubtful as InvoiceId, method: "card" });
  await applyOutcome(shop.system, doubtful.id, { kind: "contradiction", reason: "other mode" });
  await make("theirs", { merchantReference: "ORDER-7001", phone, metadata: { channel: "web" } }, theirs);
});
afterAll(() => system.close());

const BASE: SearchInvoicesInput = { filter: {}, phone: null, sort: null, cursor: null, limit: 100 };

async function found(input: Partial<SearchInvoicesInput>): Promise<string[]> {
  const { items } = await searchInvoices(shop.ctx, { ...BASE, ...input });
  return items.map(({ invoice }) => nameOf(invoice.id));
}

const nameOf = (id: InvoiceId) => Object.keys(ids).find((name) => ids[name] === id) ?? id;
const filtered = (filter: SearchInvoicesInput["filter"]) => found({ filter });

describe("a filter of invoices", () => {
  it("without anything gives all of the merchant's own, newest first", async () => {
    expect(await filtered({})).toEqual([
      "doubtful",
      "card",
      "outside",
      "cancelled",
      "due",
      "swedish",
      "dear",
      "plain",
    ]);
  });

  it("takes one state or several", async () => {
    expect(await filtered({ states: ["cancelled"] })).toEqual(["cancelled"]);
    expect(await filtered({ states: ["paid", "cancelled"] })).toEqual(["card", "outside", "cancelled"]);
    expect(await filtered({ states: ["open", "paid", "cancelled", "expired"] })).toHaveLength(8);
  });

  it("takes a method that was tried", async () => {
    expect(await filtered({ method: "card" })).toEqual(["doubtful", "card"]);
    expect(await filtered({ method: "card", states: ["paid", "cancelled"] })).toEqual(["card"]);
    expect(await filtered({ method: "mobile_money" })).toEqual([]);
  });

  it("takes dates of creation, of payment and due dates, the end excluded", async () => {
    const { items } = await searchInvoices(shop.ctx, BASE);
    const card = items.find(({ invoice }) => invoice.id === ids.card)?.invoice;
    const paidAt = card?.paidAt ?? new Date(0);
    expect(await filtered({ paid: { from: paidAt } })).toEqual(["card"]);
    expect(await filtered({ paid: { to: paidAt } })).toEqual(["outside"]);
    expect(await filtered({ created: { to: card?.createdAt ?? new Date(0) } })).toHaveLength(6);
    expect(await filtered({ due: { from: new Date(), to: new Date(Date.now() + 4 * DAY_MS) } })).toEqual([
      "due",
    ]);
    expect(await filtered({ due: { to: new Date() } })).toEqual([]);
  });

  it("takes amounts in one currency, both ends included, and no amount without one", async () => {
    expect(await filtered({ currency: NOK, amount: { fromMinor: 99_000n } })).toEqual(["dear"]);
    expect(await filtered({ currency: SEK, amount: { fromMinor: 24_900n, toMinor: 24_900n } })).toEqual([
      "swedish",
    ]);
    expect(await filtered({ currency: SEK })).toEqual(["swedish"]);
    await expect(filtered({ amount: { fromMinor: 1n } })).rejects.toMatchObject({
      code: "invalid_request",
      pointer: "?currency",
    });
  });

  it("takes a whole phone number or its last four digits", async () => {
    expect(await found({ phone })).toEqual(["dear", "plain"]);
    expect(await filtered({ phoneLast4: phone.slice(-4) })).toEqual(["dear", "plain"]);
    expect(await found({ phone, filter: { states: ["paid"] } })).toEqual([]);
  });

  it("takes a reference exactly, and its beginning in any case of letters, with nothing in it that means more", async () => {
    expect(await filtered({ merchantReference: "ORDER-7001" })).toEqual(["plain"]);
    expect(await filtered({ merchantReference: "order-7001" })).toEqual([]);
    expect(await filtered({ referencePrefix: "Order-70" })).toEqual(["dear", "plain"]);
    expect(await filtered({ referencePrefix: "Ørdre 12%" })).toEqual(["outside"]);
    expect(await filtered({ referencePrefix: "%" })).toEqual([]);
    await expect(
      found({ filter: { referencePrefix: "O" }, sort: { by: "created_at", isDescending: true } }),
    ).rejects.toMatchObject({ code: "invalid_request", pointer: "?sort" });
  });

  it("takes a pair of metadata, as the invoice has it now", async () => {
    expect(await filtered({ metadata: { key: "channel", value: "web" } })).toEqual(["due", "swedish"]);
    expect(await filtered({ metadata: { key: "customer", value: "c7" } })).toEqual(["swedish"]);
    expect(await filtered({ metadata: { key: "customer", value: "c" } })).toEqual([]);
    await system.superuser.query(`update invoices set metadata = '{"channel": "shop"}' where id = $1`, [
      ids.due,
    ]);
    expect(await filtered({ metadata: { key: "channel", value: "web" } })).toEqual(["swedish"]);
    expect(await filtered({ metadata: { key: "channel", value: "shop" } })).toEqual(["due"]);
  });

  it("takes what needs a person: doubtful records, and callbacks that were given up and not sent again", async () => {
    expect(await filtered({ attention: "review" })).toEqual(["doubtful"]);
    expect(await filtered({ attention: "dispute" })).toEqual([]);
    const { rows } = await system.superuser.query(
      `insert into deliveries (merchant_id, mode, id, event_id, invoice_id, state)
       select merchant_id, mode, 'dlv_' || substr(id, 5), id, invoice_id, 'pending' from events
       where invoice_id = $1 and sequence = 1 returning id`,
      [ids.plain],
    );
    await system.superuser.query(
      "update deliveries set state = 'failed', completed_at = now() where id = $1",
      [rows[0].id],
    );
    expect(await filtered({ attention: "callback" })).toEqual(["plain"]);
    expect(await filtered({ attention: "any" })).toEqual(["doubtful", "plain"]);
    expect(await filtered({ attention: "any", states: ["paid"] })).toEqual([]);
    await system.superuser.query("update deliveries set state = 'delivered' where id = $1", [rows[0].id]);
    expect(await filtered({ attention: "any" })).toEqual(["doubtful"]);
    await system.superuser.query("delete from failed_callbacks");
    await system.superuser.query("delete from deliveries where id = $1", [rows[0].id]);
  });

  it("needs a person's right or a key's scope", async () => {
    const blind = { ...shop.ctx, actor: { kind: "api_key", id: "key_x" as never, scopes: [] } as const };
    await expect(searchInvoices(blind, BASE)).rejects.toMatchObject({ code: "permission_denied" });
    await expect(searchText(blind, "x")).rejects.toMatchObject({ code: "permission_denied" });
  });
});

describe("pages", () => {
  const SORTS = [
    { by: "created_at", isDescending: true },
    { by: "created_at", isDescending: false },
    { by: "amount", isDescending: true },
    { by: "amount", isDescending: false },
    { by: "reference", isDescending: false },
    { by: "paid_at", isDescending: true },
    { by: "due_at", isDescending: false },
  ] as const;

  it.each(SORTS)("by $by ($isDescending) hold every row once, forwards and back", async (sort) => {
    const filter = { currency: NOK };
    const whole = await found({ filter, sort });
    expect(whole.length).toBeGreaterThan(0);
    for (const limit of [1, 2, 3]) {
      const forwards: string[][] = [];
      const backwards: string[][] = [];
      let cursor: string | null = null;
      let last = await searchInvoices(shop.ctx, { ...BASE, filter, sort, limit });
      for (;;) {
        forwards.push(last.items.map(({ invoice }) => nameOf(invoice.id)));
        cursor = last.nextCursor;
        if (cursor === null) break;
        last = await searchInvoices(shop.ctx, { ...BASE, filter, sort, limit, cursor });
      }
      expect(forwards.flat()).toEqual(whole);
      for (;;) {
        backwards.unshift(last.items.map(({ invoice }) => nameOf(invoice.id)));
        if (last.previousCursor === null) break;
        last = await searchInvoices(shop.ctx, { ...BASE, filter, sort, limit, cursor: last.previousCursor });
      }
      expect(backwards.flat()).toEqual(whole);
    }
  });

  it("of many with one amount go on within it", async () => {
    const many = await system.merchant();
    for (let n = 0; n < 7; n += 1) await make(`same ${n}`, {}, many);
    const sort = { by: "amount", isDescending: true } as const;
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof searchInvoices>> = await searchInvoices(many.ctx, {
        ...BASE,
        filter: { currency: NOK },
        sort,
        cursor,
        limit: 2,
      });
      seen.push(...page.items.map(({ invoice }) => nameOf(invoice.id)));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].map((n) => `same ${n}`));
  });

  it("of several states are in one order", async () => {
    const page = await searchInvoices(shop.ctx, {
      ...BASE,
      filter: { states: ["paid", "cancelled", "expired"] },
      limit: 2,
    });
    expect(page.items.map(({ invoice }) => nameOf(invoice.id))).toEqual(["card", "outside"]);
    const next = await searchInvoices(shop.ctx, {
      ...BASE,
      filter: { states: ["paid", "cancelled", "expired"] },
      cursor: page.nextCursor,
    });
    expect(next.items.map(({ invoice }) => nameOf(invoice.id))).toEqual(["cancelled"]);
  });

  it("look at a bounded number of rows, say so where they are short, and go on", async () => {
    const large = await system.merchant();
    await make("old", { metadata: { rare: "yes" } }, large);
    await startPayment(large.ctx, { invoiceId: ids.old as InvoiceId, method: "card" });
    const client = await system.superuser.connect();
    await client.query("begin; set local session_replication_role = replica");
    await client.query(
      `insert into invoices (merchant_id, mode, id, state, amount_due_minor, currency, description, methods, locale,
         expires_at, phone, phone_hash, phone_last4, link_key_id, door, created_at)
       select $1, 'test', 'inv_' || lpad(n::text, 22, '0'), 'cancelled', 100, 'NOK', 'x', '{card}', 'en', now(), '', '',
         '0000', 1, 'native', now() + n * interval '1 millisecond'
       from generate_series(1, 12000) n`,
      [large.merchantId],
    );
    await client.query("commit");
    client.release();
    const first = await searchInvoices(large.ctx, { ...BASE, filter: { method: "card" } });
    expect(first).toMatchObject({ items: [], isWhole: false });
    const second = await searchInvoices(large.ctx, {
      ...BASE,
      filter: { method: "card" },
      cursor: first.nextCursor,
    });
    expect(second.items.map(({ invoice }) => nameOf(invoice.id))).toEqual(["old"]);
    expect(second).toMatchObject({ nextCursor: null, isWhole: true });
    const cleaner = await system.superuser.connect();
    await cleaner.query("begin; set local session_replication_role = replica");
    await cleaner.query("delete from invoices where merchant_id = $1 and state = 'cancelled'", [
      large.merchantId,
    ]);
    await cleaner.query("commit");
    cleaner.release();
  });

  it("are not begun by a cursor of another order, or by one that is none", async () => {
    const { nextCursor } = await searchInvoices(shop.ctx, { ...BASE, limit: 1 });
    const sort = { by: "amount", isDescending: true } as const;
    for (const cursor of [
      nextCursor ?? "",
      "",
      "x",
      Buffer.from("created_at.dn..9.inv_x").toString("base64url"),
    ]) {
      await expect(
        searchInvoices(shop.ctx, { ...BASE, filter: { currency: NOK }, sort, cursor }),
      ).rejects.toMatchObject({ code: "invalid_request", pointer: "?cursor" });
    }
  });
});

describe("the search box", () => {
  const meant = async (text: string) => {
    const answer = await searchText(shop.ctx, text);
    if (answer.kind !== "list") return answer.kind === "invoice" ? nameOf(answer.id) : answer.kind;
    return [answer.as, ...(await found({ filter: answer.filter, phone: answer.phone }))];
  };

  it("knows ids of invoices and of what belongs to them, and links", async () => {
    const { items } = await searchInvoices(shop.ctx, BASE);
    const card = items.find(({ invoice }) => invoice.id === ids.card);
    expect(await meant(` ${ids.card} `)).toBe("card");
    expect(await meant(card?.invoice.paidPaymentId ?? "")).toBe("card");
    expect(await meant(card?.payUrl ?? "")).toBe("card");
    expect(await meant(card?.payUrl.slice(-22) ?? "")).toBe("card");
  });

  it("knows phone numbers in every writing, references, last digits and amounts", async () => {
    const national = phone.slice(3);
    expect(await meant(phone)).toEqual(["phone", "dear", "plain"]);
    expect(await meant(`0047 ${national.slice(0, 3)} ${national.slice(3)}`)).toEqual([
      "phone",
      "dear",
      "plain",
    ]);
    expect(await meant(national)).toEqual(["phone", "dear", "plain"]);
    expect(await meant(phone.slice(-4))).toEqual(["last4", "dear", "plain"]);
    expect(await meant("7002")).toEqual(["reference", "card"]);
    expect(await meant("ORDER-7001")).toEqual(["reference", "plain"]);
    expect(await meant("order-7")).toEqual(["reference_prefix", "dear", "plain"]);
    expect(await meant("990")).toEqual(["amount", "dear"]);
    expect(await meant("990,00 nok")).toEqual(["amount", "dear"]);
    expect(await meant("SEK 249")).toEqual(["amount", "swedish"]);
  });

  it("finds nothing where there is nothing, and nothing of others'", async () => {
    expect(await meant("")).toBe("nothing");
    expect(await meant("no such thing")).toBe("nothing");
    expect(await meant(ids.theirs ?? "")).toBe("nothing");
    const link = (await searchInvoices(theirs.ctx, BASE)).items[0]?.payUrl ?? "";
    expect(await meant(link)).toBe("nothing");
    expect(await meant("\u0000'; drop table invoices --")).toBe("nothing");
    expect(await meant("+4799999999999999")).toBe("nothing");
    expect(await meant("9".repeat(30))).toBe("nothing");
  });
});

describe("payments", () => {
  const BASE_PAYMENTS = { filter: {}, sort: null, cursor: null, limit: 100 } as const;
  const names = async (input: Partial<Parameters<typeof searchPayments>[1]>) =>
    (await searchPayments(shop.ctx, { ...BASE_PAYMENTS, ...input })).items.map(({ invoiceId }) =>
      nameOf(invoiceId),
    );

  it("are found by state, method, end, amount, reference and doubt", async () => {
    expect(await names({})).toEqual(["doubtful", "card"]);
    expect(await names({ filter: { states: ["succeeded"] } })).toEqual(["card"]);
    expect(await names({ filter: { states: ["succeeded", "pending"], method: "card" } })).toEqual([
      "doubtful",
      "card",
    ]);
    expect(await names({ filter: { method: "carrier_billing" } })).toEqual([]);
    expect(await names({ filter: { completed: { from: new Date(0) } } })).toEqual(["card"]);
    expect(await names({ filter: { currency: NOK, amount: { toMinor: 24_900n } } })).toEqual([
      "doubtful",
      "card",
    ]);
    expect(await names({ filter: { needsReview: true } })).toEqual(["doubtful"]);
    expect(await names({ filter: { disposition: "accepted" } })).toEqual(["card"]);
    const [card] = (await searchPayments(shop.ctx, { ...BASE_PAYMENTS, filter: { states: ["succeeded"] } }))
      .items;
    expect(await names({ filter: { railReference: card?.railReference ?? "" } })).toEqual(["card"]);
    expect(await names({ filter: { railReference: card?.railDetails.settlementReference ?? "" } })).toEqual([
      "card",
    ]);
  });

  it("go both ways, page by page", async () => {
    const first = await searchPayments(shop.ctx, { ...BASE_PAYMENTS, limit: 1 });
    const second = await searchPayments(shop.ctx, { ...BASE_PAYMENTS, limit: 1, cursor: first.nextCursor });
    const back = await searchPayments(shop.ctx, {
      ...BASE_PAYMENTS,
      limit: 1,
      cursor: second.previousCursor,
    });
    expect(second.nextCursor).toBeNull();
    expect(back.items).toEqual(first.items);
    expect(back.previousCursor).toBeNull();
  });
});
