import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PaymentId } from "#lib/domain/ids.ts";
import type { Payment } from "#lib/domain/records.ts";
import { createInvoice } from "#lib/services/invoices/create.ts";
import { getBalances } from "#lib/services/ledger/balances.ts";
import { updateMerchant } from "#lib/services/merchants/update.ts";
import { acceptSurplus } from "#lib/services/payments/accept-surplus.ts";
import { startPayment } from "#lib/services/payments/start.ts";
import { confirmSettlementFile } from "#lib/services/settlements/confirm.ts";
import {
  getSettlementFile,
  listSettlementFiles,
  listSettlementLines,
} from "#lib/services/settlements/get.ts";
import { uploadSettlementFile } from "#lib/services/settlements/upload.ts";
import { until } from "../until.ts";
import { answerPrompt, freshPhone, invoiceInput } from "./helpers.ts";
import { currentPayment, paidByCard, paidByPhone, part, refundEnds, refundOf } from "./refund-helpers.ts";
import {
  asFinance,
  decideDispute,
  disputedByCard,
  lineOf,
  linesOf,
  settleRows,
  toCsv,
  upload,
} from "./settlement-helpers.ts";
import { openSystem, type TestMerchant, type TestSystem } from "./system.ts";

let system: TestSystem;
let shop: TestMerchant;

beforeAll(async () => {
  system = await openSystem();
  await system.startWorker();
  shop = await system.merchant();
  await system.superuser.query("update rail_accounts set fee_basis_points = 250 where merchant_id = $1", [
    shop.merchantId,
  ]);
});
afterAll(() => system.close());

/** What the books have of one payment and all that belongs to it, as the merchant counts. */
async function held(id: PaymentId) {
  const { rows } = await system.superuser.query(
    `select split_part(e.account, ':', 1) as account, -sum(e.amount_minor)::int as sum
     from ledger_entries e join ledger_transactions t on t.id = e.transaction_id
     where t.payment_id = $1 and e.account like 'merchant_%' group by 1`,
    [id],
  );
  const of = (account: string) => rows.find((row) => row.account === account)?.sum ?? 0;
  return { pending: of("merchant_pending"), available: of("merchant_available") };
}

async function costOf(id: PaymentId): Promise<number> {
  const { rows } = await system.superuser.query(
    `select coalesce(sum(e.amount_minor), 0)::int as cost from ledger_entries e
     join ledger_transactions t on t.id = e.transaction_id
     where t.payment_id = $1 and t.kind = 'rail_cost' and e.account like 'merchant_pending:%'`,
    [id],
  );
  return rows[0].cost;
}

const bookings = async () =>
  (await system.superuser.query("select count(*)::int as n from ledger_transactions")).rows[0].n;

const accountOf = (payment: Payment) => payment.railAccountId;

describe("a settled line", () => {
  it("moves all that is pending of a payment, after the platform's fee and the rail's cost, to available", async () => {
    const payment = await paidByCard(shop);
    const before = await held(payment.id);
    expect(before).toEqual({ pending: 24_900 - 623 - (await costOf(payment.id)), available: 0 });
    const { confirmation, lines } = await settleRows(shop, accountOf(payment), [lineOf(payment)]);
    expect(confirmation).toEqual({ settled: 1, different: 0 });
    expect(lines).toEqual([`settled ${before.pending}`]);
    expect(await held(payment.id)).toEqual({ pending: 0, available: before.pending });
    const balances = await getBalances(asFinance(shop));
    expect(balances.find(({ method }) => method === "card")).toMatchObject({
      availableMinor: BigInt(before.pending),
    });
  });

  it("books the cost that nobody had told of, and takes it from what becomes available", async () => {
    const payment = await paidByPhone(system, shop, "00");
    expect(await costOf(payment.id)).toBe(0);
    const pending = (await held(payment.id)).pending;
    const { lines } = await settleRows(shop, accountOf(payment), [{ ...lineOf(payment), fee: "50.00" }]);
    expect(lines).toEqual([`settled ${pending - 5_000}`]);
    expect(await costOf(payment.id)).toBe(5_000);
    expect(await held(payment.id)).toEqual({ pending: 0, available: pending - 5_000 });
  });

  it("of a refund takes back what it had made available, each of several alike once", async () => {
    const payment = await paidByCard(shop);
    const made = [await refundOf(shop, payment, part(1_000n))];
    await refundEnds(shop, made[0]?.id as never, "succeeded");
    made.push(await refundOf(shop, await currentPayment(shop, payment.id), part(1_000n)));
    await refundEnds(shop, made[1]?.id as never, "succeeded");
    const { pending } = await held(payment.id);
    // The rail names them by their payment.
    const refund = { ...lineOf(payment), kind: "refund", amountMinor: 1_000n } as const;
    const { lines } = await settleRows(shop, accountOf(payment), [lineOf(payment), refund, refund]);
    expect(lines).toEqual([`settled ${pending + 2_000}`, "settled -1000", "settled -1000"]);
    expect(await held(payment.id)).toEqual({ pending: 0, available: pending });
  });

  it("of a lost dispute takes the money and its fee, and gives back the money when it is won after all", async () => {
    const { payment, dispute } = await disputedByCard(shop);
    const line = {
      reference: dispute.railReference,
      kind: "dispute",
      amountMinor: 24_900n,
      fee: "15.00",
    } as const;
    expect((await settleRows(shop, accountOf(payment), [line])).lines).toEqual(["different not_final"]);
    await decideDispute(system, shop, dispute, "lose");
    const { lines } = await settleRows(shop, accountOf(payment), [
      lineOf(payment),
      { ...line, date: "2026-01-01" },
    ]);
    expect(lines.at(-1)).toBe("settled -26400");
    expect((await held(payment.id)).pending).toBe(0);
    await decideDispute(system, shop, dispute, "overturn");
    const reversal = { ...line, kind: "dispute_reversal", fee: "" } as const;
    const back = await settleRows(shop, accountOf(payment), [reversal]);
    expect(back.lines).toEqual(["settled 24900"]);
    expect((await held(payment.id)).pending).toBe(0);
  });
});

describe("the same again", () => {
  it("changes nothing: the same file, its lines in another file, and a line that is there twice", async () => {
    const payment = await paidByCard(shop);
    const rows = [lineOf(payment), lineOf(payment)];
    const first = await settleRows(shop, accountOf(payment), rows);
    expect(first.lines.map((line) => line.split(" ")[0])).toEqual(["settled", "different"]);
    expect(first.lines[1]).toBe("different repeated");
    const count = await bookings();
    const again = await upload(shop, accountOf(payment), rows);
    expect(again).toMatchObject({ isKnown: true, file: { id: first.file.id } });
    expect(await confirmSettlementFile(asFinance(shop), first.file.id)).toEqual({ settled: 0, different: 1 });
    const other = await settleRows(shop, accountOf(payment), [{ ...lineOf(payment), date: "2026-02-01" }]);
    expect(other.lines).toEqual(["different already_settled"]);
    expect(await bookings()).toBe(count);
  });

  it("confirmed ten times at once is posted once", async () => {
    const payments = [await paidByCard(shop), await paidByCard(shop), await paidByCard(shop)];
    const [first] = payments;
    const { file } = await upload(shop, accountOf(first as Payment), payments.map(lineOf));
    const results = await Promise.all(
      Array.from({ length: 10 }, () => confirmSettlementFile(asFinance(shop), file.id)),
    );
    expect(results.reduce((sum, { settled }) => sum + settled, 0)).toBe(3);
    for (const { id } of payments) expect((await held(id)).pending).toBe(0);
    const { rows } = await system.superuser.query(
      "select count(*)::int as n from ledger_transactions where kind = 'settlement' and payment_id = any ($1)",
      [payments.map(({ id }) => id)],
    );
    expect(rows[0].n).toBe(3);
  });

  it("waits for whoever is changing the payment, and posts what that leaves", async () => {
    const payment = await paidByCard(shop);
    const { file } = await upload(shop, accountOf(payment), [lineOf(payment)]);
    const holder = await system.superuser.connect();
    await holder.query("begin");
    await holder.query("select from payments where id = $1 for update", [payment.id]);
    const confirming = confirmSettlementFile(asFinance(shop), file.id);
    await until("the confirmation to wait", async () => {
      const { rows } = await system.superuser.query(
        "select from pg_stat_activity where wait_event_type = 'Lock' and query like '%for update%'",
      );
      return rows.length > 0;
    });
    await holder.query(
      `insert into ledger_transactions (merchant_id, mode, id, kind, payment_id, step)
       select merchant_id, mode, 'ltx_late', 'rail_cost', id, 2 from payments where id = $1`,
      [payment.id],
    );
    await holder.query(
      `insert into ledger_entries (merchant_id, mode, id, transaction_id, account, currency, amount_minor)
       select $1, 'test', 'ent_late' || amount, 'ltx_late', account, 'NOK', amount
       from (values ('merchant_pending:card', 10), ('rail_clearing:card', -10)) late(account, amount)`,
      [shop.merchantId],
    );
    await holder.query("commit");
    holder.release();
    expect(await confirming).toEqual({ settled: 1, different: 0 });
    expect((await held(payment.id)).pending).toBe(0);
  });

  it("in two files that are confirmed at once is posted once", async () => {
    const payments = [await paidByCard(shop), await paidByCard(shop)];
    const rows = payments.map(lineOf);
    const railAccountId = accountOf(payments[0] as Payment);
    const files = [
      await upload(shop, railAccountId, rows),
      await upload(shop, railAccountId, rows.toReversed()),
    ];
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        confirmSettlementFile(asFinance(shop), (files[n % 2] ?? files[0])?.file.id as never),
      ),
    );
    expect(results.reduce((sum, { settled }) => sum + settled, 0)).toBe(2);
    for (const { id } of payments) expect((await held(id)).pending).toBe(0);
  });
});

describe("a line that differs", () => {
  it("is listed with what stands in its way, and nothing of it is posted", async () => {
    const payment = await paidByCard(shop);
    const count = await bookings();
    const right = lineOf(payment);
    const cases = [
      [{ ...right, reference: "pi_nobody" }, "unknown"],
      [{ ...right, amountMinor: 24_901n }, "amount_differs"],
      [{ ...right, currency: "SEK" }, "currency_differs"],
      [{ ...right, fee: "0.01" }, "fee_differs"],
      [{ ...right, kind: "refund" }, "unknown"],
    ] as const;
    for (const [row, problem] of cases) {
      const { lines, file } = await settleRows(shop, accountOf(payment), [row]);
      expect(lines).toEqual([`different ${problem}`]);
      expect(file.confirmedAt).toBeNull();
    }
    expect(await bookings()).toBe(count);
  });

  it("because it is surplus can be posted once the surplus pays", async () => {
    const held = await system.merchant();
    await updateMerchant(held.ctx, { profile: {}, settings: { onSurplus: "hold" } });
    const phone = freshPhone();
    const { invoice } = await createInvoice(held.ctx, invoiceInput({ phone }));
    const charge = await startPayment(held.ctx, { invoiceId: invoice.id, method: "carrier_billing" });
    // While the money comes, the invoice asks for something else.
    const asksFor = (amount: number) =>
      system.superuser.query("update invoices set amount_due_minor = $2 where id = $1", [invoice.id, amount]);
    await asksFor(30_000);
    await answerPrompt(system.sandboxUrl, phone, "approve");
    const surplus = await until("the surplus", async () => {
      const found = await currentPayment(held, charge.id);
      return found.disposition === "surplus" ? found : null;
    });
    await asksFor(24_900);
    const { file, lines } = await settleRows(held, accountOf(surplus), [lineOf(surplus)]);
    expect(lines).toEqual(["different is_surplus"]);
    const balance = async () => (await getBalances(asFinance(held)))[0];
    expect(await balance()).toMatchObject({ surplusMinor: 24_900n, pendingMinor: 0n, availableMinor: 0n });
    await acceptSurplus(held.ctx, { paymentId: surplus.id, note: "It was meant so" });
    expect(await confirmSettlementFile(asFinance(held), file.id)).toEqual({ settled: 1, different: 0 });
    expect(await balance()).toMatchObject({ surplusMinor: 0n, pendingMinor: 0n, availableMinor: 24_900n });
  });

  it("because it cannot be read names its line, its column and why", async () => {
    const payment = await paidByCard(shop);
    const { reference } = lineOf(payment);
    const text = [
      "Reference;Amount;Currency;Fee;Type;Date",
      `${reference};249,00;NOK;;charge;2026-03-01T10:00:00Z`,
      `;249,00;NOK;;charge;2026-03-01`,
      `${reference};1.249,00;NOK;;charge;2026-03-01`,
      `${reference};249,001;NOK;;charge;2026-03-01`,
      `${reference};249,00;XXX;;charge;2026-03-01`,
      `${reference};249,00;NOK;x;charge;2026-03-01`,
      `${reference};249,00;NOK;;payout;2026-03-01`,
      `${reference};249,00;NOK;;charge;1.3.2026`,
      `${"x".repeat(300)};249,00;NOK;;charge;2026-03-01`,
      `${reference}`,
    ].join("\r\n");
    const { file } = await upload(shop, accountOf(payment), text);
    const { items } = await listSettlementLines(asFinance(shop), {
      fileId: file.id,
      states: null,
      afterNumber: 0,
      limit: 100,
    });
    expect(items.map(({ number, state, problem, field }) => [number, state, problem, field])).toEqual([
      [2, "matched", null, null],
      [3, "refused", "missing_value", "Reference"],
      [4, "refused", "amount_malformed", "Amount"],
      [5, "refused", "amount_malformed", "Amount"],
      [6, "refused", "currency_unknown", "Currency"],
      [7, "refused", "amount_malformed", "Fee"],
      [8, "refused", "kind_unknown", "Type"],
      [9, "refused", "date_malformed", "Date"],
      [10, "refused", "value_too_long", "Reference"],
      [11, "refused", "missing_value", "Amount"],
    ]);
    expect(await confirmSettlementFile(asFinance(shop), file.id)).toEqual({ settled: 1, different: 0 });
    expect((await linesOf(shop, file.id)).filter((line) => line.startsWith("refused"))).toHaveLength(9);
  });
});

describe("a file", () => {
  it("is told of with its sums, and with what it leaves out", async () => {
    const own = await system.merchant();
    const inFile = await paidByCard(own);
    const forgotten = await paidByCard(own);
    const settledBefore = await paidByCard(own);
    await settleRows(own, accountOf(inFile), [{ ...lineOf(settledBefore), date: "2025-01-01" }]);
    const { file } = await upload(own, accountOf(inFile), [lineOf(inFile)]);
    const detail = await getSettlementFile(asFinance(own), file.id);
    expect(detail.missing.map(({ id }) => id)).toEqual([forgotten.id]);
    expect(detail.sums).toMatchObject([
      { state: "matched", kind: "payment", currency: "NOK", count: 1, amountMinor: 24_900n },
    ]);
    const files = await listSettlementFiles(asFinance(own), { cursor: null, limit: 1 });
    expect(files.items.map(({ id }) => id)).toEqual([file.id]);
    const older = await listSettlementFiles(asFinance(own), { cursor: files.nextCursor, limit: 1 });
    expect(older.items).toHaveLength(1);
    expect(older.nextCursor).toBeNull();
  });

  it("may name its columns otherwise, and is refused where one is missing", async () => {
    const payment = await paidByCard(shop);
    const { reference } = lineOf(payment);
    const bytes = Buffer.from(`Kundenummer,Beløp,Valuta\n${reference},249.00,nok`);
    const columns = { reference: "kundenummer", amount: "Beløp", currency: "Valuta" };
    const input = { railAccountId: accountOf(payment), name: "a.csv", bytes };
    await expect(uploadSettlementFile(asFinance(shop), { ...input, columns: {} })).rejects.toMatchObject({
      code: "invalid_request",
      pointer: "/columns/reference",
    });
    const named = { ...columns, fee: "Gebyr" };
    await expect(uploadSettlementFile(asFinance(shop), { ...input, columns: named })).rejects.toMatchObject({
      pointer: "/columns/fee",
    });
    const twice = Buffer.from("reference,amount,Amount,currency\nx,1.00,2.00,NOK");
    await expect(
      uploadSettlementFile(asFinance(shop), { ...input, bytes: twice, columns: {} }),
    ).rejects.toMatchObject({ code: "invalid_request", pointer: "/file" });
    const { file } = await uploadSettlementFile(asFinance(shop), { ...input, columns });
    expect((await linesOf(shop, file.id))[0]).toBe("matched");
  });

  it("is uploaded and confirmed by people of the right roles alone, and each is in the audit log", async () => {
    const payment = await paidByCard(shop);
    const as = (role: "support" | "viewer") => ({
      ...shop.ctx,
      actor: { kind: "user", id: "usr_0000000000000000000008" as never, role } as const,
    });
    const input = {
      railAccountId: accountOf(payment),
      name: "a.csv",
      bytes: Buffer.from(toCsv([lineOf(payment)])),
      columns: {},
    };
    for (const ctx of [as("support"), as("viewer"), shop.ctx]) {
      await expect(uploadSettlementFile(ctx, input)).rejects.toMatchObject({ code: "permission_denied" });
    }
    const { file } = await uploadSettlementFile(asFinance(shop), input);
    await expect(confirmSettlementFile(as("viewer"), file.id)).rejects.toMatchObject({
      code: "permission_denied",
    });
    expect((await getSettlementFile(as("viewer"), file.id)).file.id).toBe(file.id);
    await expect(getSettlementFile(as("support"), file.id)).rejects.toMatchObject({
      code: "permission_denied",
    });
    await confirmSettlementFile(asFinance(shop), file.id);
    const { rows } = await system.superuser.query(
      "select act, actor_kind, actor_id from audit_entries where subject_id = $1 order by at, act",
      [file.id],
    );
    const actor = { actor_kind: "user", actor_id: "usr_0000000000000000000007" };
    expect(rows).toEqual([
      { act: "settlement.uploaded", ...actor },
      { act: "settlement.confirmed", ...actor },
    ]);
  });

  it("of another merchant's, or for another's account, is not there", async () => {
    const payment = await paidByCard(shop);
    const other = await system.merchant();
    const { file } = await upload(shop, accountOf(payment), [lineOf(payment)]);
    await expect(upload(other, accountOf(payment), [lineOf(payment)])).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(confirmSettlementFile(asFinance(other), file.id)).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(getSettlementFile(asFinance(other), file.id)).rejects.toMatchObject({ code: "not_found" });
    const own = await paidByCard(other);
    const { lines } = await settleRows(other, accountOf(own), [lineOf(payment)]);
    expect(lines).toEqual(["different unknown"]);
  });

  it("of many lines is posted whole, over several transactions", async () => {
    const own = await system.merchant();
    const payment = await paidByCard(own);
    const rows = Array.from({ length: 450 }, (_, n) => ({ ...lineOf(payment), reference: `pi_none_${n}` }));
    const { confirmation } = await settleRows(own, accountOf(payment), [...rows, lineOf(payment)]);
    expect(confirmation).toEqual({ settled: 1, different: 450 });
  });
});
