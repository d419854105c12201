import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCurrency } from "#lib/domain/currency.ts";
import { billableMoney } from "#lib/domain/money.ts";
import type { Actor } from "#lib/domain/tenant.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { markPaid } from "#lib/services/invoices/mark-paid.ts";
import { updateMerchant } from "#lib/services/merchants/update.ts";
import { recordOpening } from "#lib/services/payers/record-opening.ts";
import { openLink } from "#lib/services/payers/view.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { getOverview, type Overview } from "#lib/services/reports/overview.ts";
import { until } from "../until.ts";
import { answerPrompt, freshPhone, invoiceInput } from "./helpers.ts";
import { paidByCard, paidByPhone, part, refundEnds, refundOf } from "./refund-helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;

const SEK = parseCurrency("SEK");
const bind = async () => undefined;

beforeAll(async () => {
  system = await openSystem();
  shop = await system.merchant();
  await system.merchant();
  await system.startWorker();
  await beBusy();
}, 120_000);
// Tests move what happened to other days, past the database's guards.
afterAll(() => system.close({ broken: ["I-04", "I-12"] }));

async function beBusy(): Promise<void> {
  const opened = await createInvoice(shop.ctx, invoiceInput({ shouldSendSms: true }));
  const token = opened.payUrl.slice(-22);
  await recordOpening(await openLink(system.deps, token, "req_1"), false);
  await recordOpening(await openLink(system.deps, token, "req_2"), true);
  const previewed = await createInvoice(shop.ctx, invoiceInput({ shouldSendSms: true }));
  await recordOpening(await openLink(system.deps, previewed.payUrl.slice(-22), "req_3"), true);
  await createInvoice(
    shop.ctx,
    invoiceInput({ amount: billableMoney(5_000n, SEK), dueAt: new Date(Date.now() + 1_000) }),
  );
  const outside = await createInvoice(shop.ctx, invoiceInput({ amount: billableMoney(7_000n, SEK) }));
  await markPaid(shop.ctx, outside.invoice.id, { reference: null, bind });
  const card = await paidByCard(shop);
  const refund = await refundOf(shop, card, part(900n));
  await refundEnds(shop, refund.id, "succeeded");
  await paidByPhone(system, shop, "00");
  const declined = await createInvoice(shop.ctx, invoiceInput({ phone: freshPhone("23") }));
  const attempt = await startPayment(shop.ctx, { invoiceId: declined.invoice.id, method: "carrier_billing" });
  await until("the decline", async () => {
    const { rows } = await system.superuser.query("select state from payments where id = $1", [attempt.id]);
    return rows[0].state === "failed";
  });
  // Paid in another way while the phone was asked: its money is surplus, and kept.
  await updateMerchant(shop.ctx, { profile: {}, settings: { onSurplus: "hold" } });
  const phone = freshPhone();
  const twice = await createInvoice(shop.ctx, invoiceInput({ phone }));
  await startPayment(shop.ctx, { invoiceId: twice.invoice.id, method: "carrier_billing" });
  await markPaid(shop.ctx, twice.invoice.id, { reference: null, bind });
  await answerPrompt(system.sandboxUrl, phone, "approve");
  await until("rest", async () => {
    const { rows } = await system.superuser.query(`
      select (select count(*) from payments where state in ('created', 'pending'))
        + (select count(*) from sms_messages where state not in ('delivered', 'undelivered', 'failed', 'skipped')) as n`);
    return rows[0].n === "0";
  });
}

const rowsOf = async (table: string, where = "true") =>
  (
    await system.superuser.query(
      `select * from ${table} where merchant_id = $1 and mode = 'test' and ${where}`,
      [shop.merchantId],
    )
  ).rows;

/** The same figures, added up row by row in the plainest way. */
async function recompute(from: Date, to: Date) {
  const isWithin = (at: Date | null) => at !== null && at >= from && at < to;
  const invoices = await rowsOf("invoices");
  const payments = await rowsOf("payments");
  const messages = await rowsOf("sms_messages");
  const sum = (rows: readonly Record<string, unknown>[], column: string) => {
    const sums: Record<string, number> = {};
    for (const row of rows) {
      const currency = String(row.currency);
      sums[currency] = (sums[currency] ?? 0) + Number(row[column]);
    }
    return sums;
  };
  const made = invoices.filter((row) => isWithin(row.created_at));
  const ofInvoice = (id: string) => messages.filter((row) => row.invoice_id === id && row.kind === "invoice");
  const paid = invoices.filter((row) => isWithin(row.paid_at));
  return {
    paid: sum(paid, "amount_paid_minor"),
    outside: sum(
      paid.filter((row) => row.paid_by === "outside"),
      "amount_paid_minor",
    ),
    refunds: sum(
      (await rowsOf("refunds", "state = 'succeeded' and origin <> 'surplus'")).filter((row) =>
        isWithin(row.completed_at),
      ),
      "amount_minor",
    ),
    surplus: sum(
      payments.filter((row) => row.disposition === "surplus" && isWithin(row.completed_at)),
      "amount_minor",
    ),
    funnel: {
      created: made.length,
      sent: made.filter((row) => ofInvoice(row.id).some((sms) => sms.sent_at !== null)).length,
      delivered: made.filter((row) => ofInvoice(row.id).some((sms) => sms.state === "delivered")).length,
      opened: made.filter((row) => row.opened_at !== null).length,
      openedByBotsOnly: made.filter((row) => row.opened_at === null && row.bot_openings > 0).length,
      methodChosen: made.filter((row) => payments.some((payment) => payment.invoice_id === row.id)).length,
      paid: made.filter((row) => row.state === "paid").length,
      paidOutside: made.filter((row) => row.paid_by === "outside").length,
    },
    attempts: payments
      .filter((row) => isWithin(row.created_at))
      .reduce<Record<string, number>>((counts, row) => {
        const key = `${row.method} ${row.rail_account_id} ${row.state}`;
        return Object.assign(counts, { [key]: (counts[key] ?? 0) + 1 });
      }, {}),
    parts: messages.filter((row) => isWithin(row.sent_at)).reduce((parts, row) => parts + row.segments, 0),
  };
}

function asPlain({ figures }: Pick<Overview, "figures">) {
  const sums = (rows: readonly { currency: string; amountMinor: bigint }[]) =>
    Object.fromEntries(rows.map((row) => [row.currency, Number(row.amountMinor)]));
  return {
    paid: sums(figures.paid),
    outside: Object.fromEntries(
      figures.paid
        .filter((row) => row.outsideMinor > 0n)
        .map((row) => [row.currency, Number(row.outsideMinor)]),
    ),
    refunds: sums(figures.refunds),
    surplus: sums(figures.surplus),
    funnel: figures.funnel,
    attempts: Object.fromEntries(
      figures.accounts.flatMap(({ method, account, succeeded, failed, cancelled, expired }) =>
        Object.entries({ succeeded, failed, cancelled, expired })
          .filter(([, count]) => count > 0)
          .map(([state, count]) => [`${method} ${account?.id} ${state}`, count]),
      ),
    ),
    parts: figures.messages.reduce((parts, row) => parts + row.parts, 0),
  };
}

describe("the figures", () => {
  it("are the sums and counts of their rows, each of which has some", async () => {
    const overview = await getOverview(shop.ctx, "today");
    const { from, to } = overview.range;
    const expected = await recompute(from, to);
    expect(asPlain(overview)).toEqual(expected);
    expect(Object.keys(expected.paid).sort()).toEqual(["NOK", "SEK"]);
    expect(expected.outside).toEqual({ NOK: 24_900, SEK: 7_000 });
    expect(expected.surplus).toEqual({ NOK: 24_900 });
    expect(expected.refunds).toEqual({ NOK: 900 });
    expect(Object.values(expected.funnel).every((count) => count > 0)).toBe(true);
    expect(overview.paidByDay.every(({ day }) => day === overview.range.lastDay)).toBe(true);
  });

  it("say how often a method succeeds, and why it does not", async () => {
    const { figures } = await getOverview(shop.ctx, "7d");
    const phoneBill = figures.methods.find(({ method }) => method === "carrier_billing");
    expect(phoneBill?.declines.map(({ count }) => count)).toEqual([1]);
    expect(phoneBill?.declines[0]?.code).toEqual(expect.any(String));
    expect(phoneBill?.rate).toBe((phoneBill?.succeeded ?? 0) / ((phoneBill?.succeeded ?? 0) + 1));
    expect(figures.methods.find(({ method }) => method === "card")?.rate).toBe(1);
  });

  it("tell what is open, and what of it is overdue", async () => {
    await system.superuser.query(
      "update invoices set due_at = now() - interval '1 minute' where currency = 'SEK' and state = 'open'",
    );
    const { open } = await getOverview(shop.ctx, "today");
    const rows = await rowsOf("invoices", "state = 'open'");
    const of = (currency: string) => rows.filter((row) => row.currency === currency);
    const total = (currency: string) =>
      of(currency).reduce((sum, row) => sum + Number(row.amount_due_minor), 0);
    expect(open).toEqual([
      {
        currency: "NOK",
        count: of("NOK").length,
        amountMinor: BigInt(total("NOK")),
        overdueCount: 0,
        overdueMinor: 0n,
      },
      { currency: "SEK", count: 1, amountMinor: 5_000n, overdueCount: 1, overdueMinor: 5_000n },
    ]);
    // Nobody has noted yet that its time has run out; it is not open all the same.
    await system.superuser.query(
      "update invoices set expires_at = now() where currency = 'SEK' and state = 'open'",
    );
    expect((await getOverview(shop.ctx, "today")).open.map(({ currency }) => currency)).toEqual(["NOK"]);
  });

  it("name the callback endpoints that fail", async () => {
    expect((await getOverview(shop.ctx, "today")).failingEndpoints).toEqual([]);
    const { rows } = await system.superuser.query(
      `insert into callback_endpoints (merchant_id, mode, id, url, failing_since) values
         ($1, 'test', 'cbe_failing', 'https://shop.example/a', now()), ($1, 'test', 'cbe_well', 'https://shop.example/b', null)
       returning id`,
      [shop.merchantId],
    );
    const { failingEndpoints } = await getOverview(shop.ctx, "today");
    expect(failingEndpoints.map(({ id }) => id)).toEqual(["cbe_failing"]);
    await system.superuser.query("delete from callback_endpoints where id = any ($1)", [
      rows.map(({ id }) => id),
    ]);
  });
});

describe("days", () => {
  const at = (text: string) => new Date(text);

  /** Marks the outside-paid invoice as paid at another time. */
  const paidAt = (text: string) =>
    system.superuser.query(
      "update invoices set paid_at = $2, created_at = $2 where merchant_id = $1 and currency = 'SEK' and paid_by = 'outside'",
      [shop.merchantId, text],
    );

  it("are the merchant's: half an hour before its midnight is the day before, whatever UTC says", async () => {
    await paidAt("2025-01-31T22:59:59.999Z");
    const january = await getOverview(shop.ctx, { from: "2025-01-31", to: "2025-01-31" });
    expect(january.paidByDay).toMatchObject([{ day: "2025-01-31", currency: "SEK", amountMinor: 7_000n }]);
    await paidAt("2025-01-31T23:00:00.000Z");
    const february = await getOverview(shop.ctx, { from: "2025-02-01", to: "2025-02-28" });
    expect(february.paidByDay).toMatchObject([{ day: "2025-02-01", amountMinor: 7_000n }]);
    expect((await getOverview(shop.ctx, { from: "2025-01-31", to: "2025-01-31" })).paidByDay).toEqual([]);
  });

  it("of 23 and of 25 hours are whole days", async () => {
    const spring = await getOverview(shop.ctx, { from: "2025-03-30", to: "2025-03-30" });
    expect(spring.range).toMatchObject({ from: at("2025-03-29T23:00:00Z"), to: at("2025-03-30T22:00:00Z") });
    const autumn = await getOverview(shop.ctx, { from: "2025-10-26", to: "2025-10-26" });
    expect(autumn.range).toMatchObject({ from: at("2025-10-25T22:00:00Z"), to: at("2025-10-26T23:00:00Z") });
    await paidAt("2025-10-26T22:30:00Z");
    const { paidByDay } = await getOverview(shop.ctx, { from: "2025-10-20", to: "2025-10-31" });
    expect(paidByDay).toMatchObject([{ day: "2025-10-26" }]);
  });

  it("before are as many, and as long where today is not over", async () => {
    const march = await getOverview(shop.ctx, { from: "2025-03-01", to: "2025-03-31" });
    expect(march.range.before).toEqual({ from: at("2025-01-28T23:00:00Z"), to: at("2025-02-28T23:00:00Z") });
    const { range } = await getOverview(shop.ctx, "7d");
    const wall = (instant: Date) => instant.toLocaleTimeString("sv", { timeZone: "Europe/Oslo" });
    expect(Math.abs(range.to.getTime() - Date.now())).toBeLessThan(60_000);
    expect(wall(range.before.to)).toBe(wall(range.to));
    expect(wall(range.before.from)).toBe("00:00:00");
    await paidAt("2025-02-10T12:00:00Z");
    const compared = await getOverview(shop.ctx, { from: "2025-03-01", to: "2025-03-31" });
    expect(asPlain({ figures: compared.before })).toEqual(
      await recompute(compared.range.before.from, compared.range.before.to),
    );
    expect(compared.before.paid).toMatchObject([{ currency: "SEK", amountMinor: 7_000n }]);
  });

  it.each([
    [{ from: "2025-02-30", to: "2025-03-01" }, "?from"],
    [{ from: "2025-02-01", to: "1.3.2025" }, "?to"],
    [{ from: "2025-02-02", to: "2025-02-01" }, "?to"],
    [{ from: "2024-01-01", to: "2025-01-01" }, "?to"],
    [{ from: "0001-01-01", to: "0001-01-02" }, "?from"],
  ])("%j are refused", async (asked, pointer) => {
    await expect(getOverview(shop.ctx, asked)).rejects.toMatchObject({ code: "invalid_request", pointer });
  });

  it("of a year are a range", async () => {
    const year = await getOverview(shop.ctx, { from: "2024-01-01", to: "2024-12-31" });
    expect(year.range.firstDay).toBe("2024-01-01");
  });
});

it("figures are for whoever may see invoices, and of the own merchant alone", async () => {
  const person = (role: "viewer" | "support"): Actor => ({ kind: "user", id: "usr_x" as never, role });
  for (const role of ["viewer", "support"] as const) {
    const overview = await getOverview({ ...shop.ctx, actor: person(role) }, "90d");
    expect(overview.figures.funnel.created).toBeGreaterThan(0);
  }
  const blind = { kind: "api_key", id: "key_x" as never, scopes: [] } as const;
  await expect(getOverview({ ...shop.ctx, actor: blind }, "today")).rejects.toMatchObject({
    code: "permission_denied",
  });
  const other = await system.merchant();
  const theirs = await getOverview(other.ctx, "90d");
  expect(theirs).toMatchObject({ open: [], figures: { paid: [], funnel: { created: 0 }, messages: [] } });
});
