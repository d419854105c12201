import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCurrency } from "#lib/domain/currency.ts";
import type { AccountKind } from "#lib/domain/ledger.ts";
import type { Payment } from "#lib/domain/records.ts";
import {
  type EntryPage,
  getBalances,
  getStatement,
  type ListEntriesInput,
  listBalanceEntries,
} from "#lib/services/ledger/balances.ts";
import { getCarrierReports } from "#lib/services/ledger/carrier-report.ts";
import { paidByCard, paidByPhone, part, refundEnds, refundOf } from "./refund-helpers.ts";
import { asFinance, decideDispute, disputedByCard, lineOf, settleRows, today } from "./settlement-helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;
let early: Payment;

const NOK = parseCurrency("NOK");
const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);

beforeAll(async () => {
  system = await openSystem();
  await system.startWorker();
  shop = await system.merchant({ timeZone: "UTC" });
  await system.superuser.query(
    "update rail_accounts set fee_basis_points = 250, fee_fixed_minor = 7 where merchant_id = $1",
    [shop.merchantId],
  );
  early = await paidByCard(shop);
  await moveBack(early);
  const refunded = await paidByCard(shop);
  await refundEnds(shop, (await refundOf(shop, refunded, part(1_234n))).id, "succeeded");
  const lost = await disputedByCard(shop);
  await decideDispute(system, shop, lost.dispute, "lose");
  await disputedByCard(shop);
  const bill = await paidByPhone(system, shop, "00");
  const other = await paidByPhone(system, shop, "00");
  await refundEnds(shop, (await refundOf(shop, other, part(900n))).id, "succeeded");
  await settleRows(shop, early.railAccountId, [lineOf(early), lineOf(refunded)]);
  await settleRows(shop, bill.railAccountId, [{ ...lineOf(bill), fee: "12.34" }]);
}, 120_000);
afterAll(() => system.close());

/** As if it had been paid forty days ago. */
async function moveBack({ id }: Payment): Promise<void> {
  const client = await system.superuser.connect();
  await client.query("begin; set local session_replication_role = replica");
  await client.query(
    `update ledger_entries set created_at = created_at - interval '40 days'
     where transaction_id in (select id from ledger_transactions where payment_id = $1)`,
    [id],
  );
  await client.query("commit");
  client.release();
}

/** What a rail holds for the merchant, added up from payments, refunds and disputes themselves. */
async function recompute(method: string): Promise<number> {
  const { rows } = await system.superuser.query(
    `select coalesce(sum(p.amount_minor - p.fee_minor), 0)
       - (select coalesce(sum(r.amount_minor), 0) from refunds r join payments q on q.id = r.payment_id
          where q.merchant_id = $1 and q.method = $2 and r.state = 'succeeded')
       - (select coalesce(sum(d.fee_minor + case when d.state = 'lost' then d.amount_minor else 0 end), 0)
          from disputes d join payments q on q.id = d.payment_id where q.merchant_id = $1 and q.method = $2)
       - (select coalesce(sum(e.amount_minor), 0) from ledger_entries e join ledger_transactions t on t.id = e.transaction_id
          where e.merchant_id = $1 and t.kind = 'rail_cost' and e.account = 'merchant_pending:' || $2) as held
     from payments p where p.merchant_id = $1 and p.method = $2 and p.disposition = 'accepted'`,
    [shop.merchantId, method],
  );
  return Number(rows[0].held);
}

const finance = () => asFinance(shop);

async function balanceOf(method: string) {
  const balance = (await getBalances(finance())).find((one) => one.method === method);
  if (balance === undefined) throw new Error(`There is no balance of ${method}.`);
  return balance;
}

describe("balances", () => {
  it.each(["card", "carrier_billing"])(
    "of %s are what payments, refunds, disputes and costs leave",
    async (method) => {
      const { pendingMinor, availableMinor } = await balanceOf(method);
      expect(Number(pendingMinor + availableMinor)).toBe(await recompute(method));
      expect(availableMinor).not.toBe(0n);
      expect(pendingMinor).not.toBe(0n);
    },
  );

  it("show what banks hold until they decide, and the platform's fees", async () => {
    expect(await balanceOf("card")).toMatchObject({
      currency: "NOK",
      disputedMinor: 24_900n,
      surplusMinor: 0n,
      feesMinor: 4n * 630n,
    });
    expect(await getBalances(asFinance(await system.merchant()))).toEqual([]);
  });

  it("are behind no other door than that of the people who may see them", async () => {
    const range = { from: daysAgo(1), to: today() };
    const account = { kind: "merchant_pending", method: "card", currency: NOK } as const;
    const developer = { kind: "user", id: "usr_x" as never, role: "support" } as const;
    for (const ctx of [shop.ctx, { ...shop.ctx, actor: developer }]) {
      for (const attempt of [
        getBalances(ctx),
        getStatement(ctx, { ...account, range }),
        listBalanceEntries(ctx, { ...account, range, cursor: null, limit: 10 }),
        getCarrierReports(ctx, today().slice(0, 7)),
      ]) {
        await expect(attempt).rejects.toMatchObject({ code: "permission_denied" });
      }
    }
  });
});

describe("the entries behind a balance", () => {
  const entriesOf = async (input: Partial<ListEntriesInput> & Pick<ListEntriesInput, "kind" | "method">) => {
    const items: EntryPage["items"][number][] = [];
    let cursor: string | null = null;
    do {
      const page: EntryPage = await listBalanceEntries(finance(), {
        currency: NOK,
        range: null,
        limit: 3,
        ...input,
        cursor,
      });
      items.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return items;
  };
  const sum = (items: readonly { readonly amountMinor: bigint }[]) =>
    items.reduce((total, { amountMinor }) => total + amountMinor, 0n);

  it.each([
    ["merchant_pending", "pendingMinor"],
    ["merchant_available", "availableMinor"],
    ["disputed", "disputedMinor"],
    ["platform_fees", "feesMinor"],
  ] as const)("of %s add up to it, over pages, each once", async (kind: AccountKind, field) => {
    for (const method of ["card", "carrier_billing"] as const) {
      const items = await entriesOf({ kind, method });
      expect(sum(items)).toBe((await balanceOf(method))[field]);
      expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
      expect(items.map(({ createdAt }) => createdAt.getTime())).toEqual(
        items.map(({ createdAt }) => createdAt.getTime()).toSorted((a, b) => b - a),
      );
    }
  });

  it("of a range are those of its days, and name what they are about", async () => {
    const range = { from: daysAgo(45), to: daysAgo(35) };
    const items = await entriesOf({ kind: "merchant_pending", method: "card", range });
    expect(items.map(({ paymentId }) => paymentId)).toEqual(items.map(() => early.id));
    expect(items.map(({ kind }) => kind)).toContain("payment_accepted");
  });

  it("of an account or a place that does not exist are refused", async () => {
    const input = { kind: "merchant_pending", method: "card", currency: NOK, range: null, limit: 3 } as const;
    await expect(listBalanceEntries(finance(), { ...input, cursor: "x" })).rejects.toMatchObject({
      pointer: "?cursor",
    });
    const odd = { ...input, kind: "bank" as never, cursor: null };
    await expect(listBalanceEntries(finance(), odd)).rejects.toMatchObject({ pointer: "?account" });
  });
});

describe("a statement", () => {
  const statement = (kind: AccountKind, method: "card" | "carrier_billing", from: string, to: string) =>
    getStatement(finance(), { kind, method, currency: NOK, range: { from, to } });

  it.each(["card", "carrier_billing"] as const)(
    "of %s goes from opening to closing by its lines, to the unit",
    async (method) => {
      for (const kind of ["merchant_pending", "merchant_available", "platform_fees"] as const) {
        const { openingMinor, closingMinor, lines } = await statement(kind, method, daysAgo(10), today());
        expect(openingMinor + lines.reduce((sum, line) => sum + line.amountMinor, 0n)).toBe(closingMinor);
        const balance = await balanceOf(method);
        const field = {
          merchant_pending: "pendingMinor",
          merchant_available: "availableMinor",
          platform_fees: "feesMinor",
        } as const;
        expect(closingMinor).toBe(balance[field[kind]]);
      }
    },
  );

  it("opens with what was there before its first day", async () => {
    const before = await statement("merchant_pending", "card", daysAgo(50), daysAgo(41));
    expect(before).toMatchObject({ openingMinor: 0n, lines: [], closingMinor: 0n });
    const then = await statement("merchant_pending", "card", daysAgo(45), daysAgo(35));
    const now = await statement("merchant_pending", "card", daysAgo(10), today());
    expect(then.openingMinor).toBe(0n);
    expect(then.closingMinor).toBeGreaterThan(0n);
    expect(now.openingMinor).toBe(then.closingMinor);
  });

  it("names each kind with what its rows say", async () => {
    const { lines } = await statement("merchant_pending", "card", daysAgo(10), today());
    const of = (kind: string) => lines.find((line) => line.kind === kind);
    expect(of("payment_accepted")).toMatchObject({ count: 3, amountMinor: 3n * (24_900n - 630n) });
    expect(of("refund")).toMatchObject({ count: 1, amountMinor: -1_234n });
    expect(of("dispute_lost")).toMatchObject({ count: 1, amountMinor: -24_900n });
    expect(of("dispute_fee")).toMatchObject({ count: 2, amountMinor: -3_000n });
    expect(of("settlement")?.count).toBe(2);
    expect(-(of("settlement")?.amountMinor ?? 0n)).toBe((await balanceOf("card")).availableMinor);
  });
});

describe("the report of a carrier", () => {
  it("has what the month brought, what of it is the merchant's, and what was settled", async () => {
    const { reports } = await getCarrierReports(finance(), today().slice(0, 7));
    expect(reports).toHaveLength(1);
    const [report] = reports;
    const balance = await balanceOf("carrier_billing");
    expect(report?.account?.target).toBe("sandbox");
    expect(report).toMatchObject({
      currency: "NOK",
      // Two bills, less what was sent back and what the carrier kept.
      atCarrierMinor: 2n * 24_900n - 900n - 1_234n,
      earnedMinor: balance.pendingMinor + balance.availableMinor,
      settledMinor: balance.availableMinor,
    });
    const count = (kind: string) => report?.lines.find((line) => line.kind === kind)?.count;
    expect([count("payment_accepted"), count("refund"), count("settlement")]).toEqual([2, 1, 1]);
  });

  it("is empty of a month without phone bills, and refused of what is none", async () => {
    expect((await getCarrierReports(finance(), "2020-02")).reports).toEqual([]);
    expect((await getCarrierReports(finance(), "2024-02")).range).toMatchObject({ lastDay: "2024-02-29" });
    for (const month of ["2024-13", "2024-2", "x", "2024-00"]) {
      await expect(getCarrierReports(finance(), month)).rejects.toMatchObject({ pointer: "?month" });
    }
  });
});
