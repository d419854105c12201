import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCurrency } from "#lib/domain/currency.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import { billableMoney } from "#lib/domain/money.ts";
import { transact } from "#lib/services/context.ts";
import { cancelInvoice } from "#lib/services/invoices/cancel.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { getInvoice, listInvoices } from "#lib/services/invoices/get.ts";
import { listTimeline } from "#lib/services/invoices/timeline.ts";
import { openLink } from "#lib/services/payers/view.ts";
import { freshPhone, invoiceInput } from "./helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant();
});
afterAll(() => system.close());

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "none";
  } catch (error) {
    return error instanceof ServiceError ? error.code : String(error);
  }
}

const counts = async () => {
  const { rows } = await system.superuser.query(`
    select (select count(*) from invoices) as invoices, (select count(*) from events) as events,
      (select count(*) from sms_messages) as messages, (select count(*) from link_routes) as links,
      (select count(*) from pgboss.job where name = 'invoice.send_sms') as jobs`);
  return rows[0];
};

describe("creating an invoice", () => {
  it("makes the invoice, its event, its message, its job and its link together, or none of them", async () => {
    const before = await counts();
    await expect(
      transact(shop.ctx, async (inTx) => {
        await createInvoice(inTx, invoiceInput({ shouldSendSms: true }));
        throw new Error("the process dies here");
      }),
    ).rejects.toThrow("dies here");
    expect(await counts()).toEqual(before);
    await createInvoice(shop.ctx, invoiceInput({ shouldSendSms: true }));
    const after = await counts();
    expect(Number(after.invoices) - Number(before.invoices)).toBe(1);
    // invoice.created and sms.queued.
    expect(Number(after.events) - Number(before.events)).toBe(2);
    for (const name of ["messages", "links", "jobs"])
      expect(Number(after[name]) - Number(before[name])).toBe(1);
  });

  it("keeps the phone number and the link out of every table in the clear", async () => {
    const phone = freshPhone();
    const { payUrl } = await createInvoice(shop.ctx, invoiceInput({ phone, shouldSendSms: true }));
    const token = payUrl.slice(payUrl.lastIndexOf("/") + 1);
    const { rows: tables } = await system.superuser.query<{ name: string }>(
      "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'pgboss')",
    );
    for (const { name } of tables) {
      const { rows } = await system.superuser.query(`select to_jsonb(t)::text as row from ${name} t`);
      const found = rows.filter(({ row }) => row.includes(phone.slice(1)) || row.includes(token));
      expect(found, name).toEqual([]);
    }
  });

  it("gives a link that opens this invoice and no other", async () => {
    const { invoice, payUrl } = await createInvoice(shop.ctx, invoiceInput());
    const token = payUrl.slice(payUrl.lastIndexOf("/") + 1);
    expect((await openLink(system.deps, token, "req")).actor.id).toBe(invoice.id);
    const swapped = token.replace(/[a-zA-Z]/, (letter) =>
      letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
    );
    for (const wrong of [
      swapped,
      token.slice(1),
      `${token}x`,
      "",
      "../../etc",
      `${token.slice(0, -1)}\u0131`,
    ]) {
      expect(await codeOf(openLink(system.deps, wrong, "req")), wrong).toBe("link_not_found");
    }
  });

  it("uses the merchant's defaults, and 30 days after the due date as its end", async () => {
    const dueAt = new Date(Date.now() + 5 * 86_400_000);
    const { invoice } = await createInvoice(shop.ctx, invoiceInput({ dueAt }));
    expect(invoice.methods).toEqual(["carrier_billing", "card"]);
    expect(invoice.locale).toBe("en");
    expect(invoice.expiresAt.getTime() - dueAt.getTime()).toBe(30 * 86_400_000);
  });

  it.each([
    ["an end in the past", { expiresAt: new Date(0) }, "expiry_out_of_range"],
    [
      "an end in ten years",
      { expiresAt: new Date(Date.now() + 10 * 366 * 86_400_000) },
      "expiry_out_of_range",
    ],
    [
      "a due date in ten years",
      { dueAt: new Date(Date.now() + 10 * 366 * 86_400_000) },
      "expiry_out_of_range",
    ],
    ["a return address elsewhere", { returnUrl: "https://evil.example/x" }, "url_not_registered"],
    ["a landing address that is a script", { landingUrl: "javascript:alert(1)" }, "url_not_allowed"],
    ["a method the merchant has not", { methods: ["mobile_money" as const] }, "method_unavailable"],
    [
      "lines that do not add up",
      { lines: [{ description: "x", quantity: 1, unitAmountMinor: 1n, taxRateBasisPoints: null }] },
      "lines_mismatch",
    ],
    [
      "a text of three parts",
      { sms: { sender: null, text: "ç".repeat(150), sendAt: null }, shouldSendSms: true },
      "sms_text_too_long",
    ],
  ])("is refused with %s, and nothing is made", async (_what, change, code) => {
    const before = await counts();
    expect(await codeOf(createInvoice(shop.ctx, invoiceInput(change)))).toBe(code);
    expect(await counts()).toEqual(before);
  });

  it("does not offer a card below what the card company charges, and needs at least one method", async () => {
    const small = billableMoney(100n, parseCurrency("NOK"));
    const { invoice } = await createInvoice(shop.ctx, invoiceInput({ amount: small }));
    const detail = await getInvoice(shop.ctx, invoice.id);
    expect(detail.offers).toContainEqual({ method: "card", obstacle: "below_minimum" });
    expect(await codeOf(createInvoice(shop.ctx, invoiceInput({ amount: small, methods: ["card"] })))).toBe(
      "method_unavailable",
    );
    const cardOnly = await system.merchant({ methods: ["card"] });
    expect(await codeOf(createInvoice(cardOnly.ctx, invoiceInput({ amount: small })))).toBe(
      "no_method_available",
    );
  });

  it("needs the scope", async () => {
    const reader = {
      ...shop.ctx,
      actor: { kind: "api_key" as const, id: "key_x" as never, scopes: ["invoices:read" as const] },
    };
    expect(await codeOf(createInvoice(reader, invoiceInput()))).toBe("permission_denied");
  });
});

describe("cancelling", () => {
  it("ends an open invoice once, and is no error the second time", async () => {
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    expect((await cancelInvoice(shop.ctx, invoice.id)).invoice.state).toBe("cancelled");
    expect((await cancelInvoice(shop.ctx, invoice.id)).invoice.version).toBe(2);
    const { entries } = await listTimeline(shop.ctx, invoice.id, 0, 100);
    expect(entries.filter((entry) => entry.event.type === "invoice.cancelled")).toHaveLength(1);
  });
});

describe("lists", () => {
  it("page through every invoice once, while others are added", async () => {
    const busy = await system.merchant();
    const made: string[] = [];
    for (let index = 0; index < 25; index += 1)
      made.push((await createInvoice(busy.ctx, invoiceInput())).invoice.id);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof listInvoices>> = await listInvoices(busy.ctx, {
        filter: {},
        phone: null,
        cursor,
        limit: 7,
      });
      seen.push(...page.items.map((item) => item.invoice.id));
      cursor = page.nextCursor;
      await createInvoice(busy.ctx, invoiceInput());
    } while (cursor !== null);
    expect(new Set(seen).size).toBe(seen.length);
    expect([...seen].sort()).toEqual([...made].sort());
  });

  it("find by whole number, last four digits, reference, state and currency", async () => {
    const busy = await system.merchant();
    const phone = freshPhone("17");
    const { invoice } = await createInvoice(busy.ctx, invoiceInput({ phone, merchantReference: "R-1" }));
    await createInvoice(busy.ctx, invoiceInput());
    const find = async (filter: object, number: typeof phone | null = null) =>
      (await listInvoices(busy.ctx, { filter, phone: number, cursor: null, limit: 10 })).items.map(
        (item) => item.invoice.id,
      );
    expect(await find({}, phone)).toEqual([invoice.id]);
    expect(await find({ phoneLast4: phone.slice(-4) })).toEqual([invoice.id]);
    expect(await find({ merchantReference: "R-1" })).toEqual([invoice.id]);
    expect(await find({ states: ["paid"] })).toEqual([]);
    expect(await find({ currency: parseCurrency("SEK") })).toEqual([]);
  });

  it("refuse a cursor that is not ours", async () => {
    for (const cursor of ["x", "eyJ9", "../", Buffer.from("1.inv_x").toString("base64url")]) {
      expect(await codeOf(listInvoices(shop.ctx, { filter: {}, phone: null, cursor, limit: 10 }))).toBe(
        "invalid_request",
      );
    }
  });
});

describe("the timeline", () => {
  it("numbers the events of an invoice without gaps, also when they come at once", async () => {
    const { invoice } = await createInvoice(shop.ctx, invoiceInput());
    await Promise.all(Array.from({ length: 20 }, () => cancelInvoice(shop.ctx, invoice.id)));
    const { entries } = await listTimeline(shop.ctx, invoice.id, 0, 100);
    expect(entries.map((entry) => entry.event.sequence)).toEqual(entries.map((_, index) => index + 1));
    const rest = await listTimeline(shop.ctx, invoice.id, 1, 1);
    expect(rest.entries[0]?.event.sequence).toBe(2);
  });
});
