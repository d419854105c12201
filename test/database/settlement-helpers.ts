// Steps of tests about what rails settle.

import { parseCurrency } from "#lib/domain/currency.ts";
import type { RailAccountId } from "#lib/domain/ids.ts";
import { money, toDecimal } from "#lib/domain/money.ts";
import type { Dispute, Payment } from "#lib/domain/records.ts";
import type { SettlementKind } from "#lib/domain/settlement.ts";
import { getDispute, listDisputes } from "#lib/services/disputes/get.ts";
import { confirmSettlementFile } from "#lib/services/settlements/confirm.ts";
import { listSettlementLines } from "#lib/services/settlements/get.ts";
import { uploadSettlementFile } from "#lib/services/settlements/upload.ts";
import { until } from "../until.ts";
import { paidByCard, simulate } from "./refund-helpers.ts";
import type { TestMerchant, TestSystem } from "./system.ts";

export interface FileRow {
  readonly reference: string;
  readonly kind: SettlementKind;
  readonly amountMinor: bigint;
  readonly currency?: string;
  readonly fee?: string;
  readonly date?: string;
}

export const today = () => new Date().toISOString().slice(0, 10);

export function toCsv(rows: readonly FileRow[]): string {
  const lines = rows.map(({ reference, kind, amountMinor, currency = "NOK", fee = "", date = today() }) =>
    [reference, kind, toDecimal(money(amountMinor, parseCurrency(currency))), currency, fee, date].join(","),
  );
  return ["reference,type,amount,currency,fee,date", ...lines].join("\n");
}

/** The line of a payment as a rail would write it. */
export function lineOf(payment: Payment): FileRow {
  return {
    reference: payment.railDetails.settlementReference ?? payment.railReference ?? "",
    kind: "payment",
    amountMinor: payment.amount.amountMinor,
  };
}

/** As a person who may match settlement files. */
export function asFinance(shop: TestMerchant) {
  return {
    ...shop.ctx,
    actor: { kind: "user", id: "usr_0000000000000000000007" as never, role: "finance" } as const,
  };
}

export async function upload(
  shop: TestMerchant,
  railAccountId: RailAccountId,
  rows: readonly FileRow[] | string,
) {
  const text = typeof rows === "string" ? rows : toCsv(rows);
  return await uploadSettlementFile(asFinance(shop), {
    railAccountId,
    name: "march.csv",
    bytes: Buffer.from(text),
    columns: {},
  });
}

/** Uploads and confirms; what became of each line, in their order. */
export async function settleRows(shop: TestMerchant, railAccountId: RailAccountId, rows: readonly FileRow[]) {
  const { file } = await upload(shop, railAccountId, rows);
  const confirmation = await confirmSettlementFile(asFinance(shop), file.id);
  return { file, confirmation, lines: await linesOf(shop, file.id) };
}

export async function linesOf(
  shop: TestMerchant,
  fileId: Parameters<typeof confirmSettlementFile>[1],
): Promise<string[]> {
  const input = { fileId, states: null, afterNumber: 0, limit: 100 };
  const { items } = await listSettlementLines(asFinance(shop), input);
  return items.map(({ state, problem, settledMinor }) =>
    [state, problem, settledMinor].filter((part) => part !== null).join(" "),
  );
}

const FRAUDULENT = "4000000000000259";

/** A card payment whose bank has taken the money. */
export async function disputedByCard(shop: TestMerchant) {
  const payment = await paidByCard(shop, FRAUDULENT);
  const dispute = await until("the dispute", async () => {
    const filter = { paymentId: payment.id };
    const { items } = await listDisputes(shop.ctx, { filter, cursor: null, limit: 10 });
    return items[0]?.state === "open" ? items[0] : null;
  });
  return { payment, dispute };
}

export async function decideDispute(
  system: TestSystem,
  shop: TestMerchant,
  dispute: Dispute,
  action: "win" | "lose" | "overturn",
) {
  await simulate(system, `stripe/disputes/${dispute.railReference}`, { action });
  const state = action === "lose" ? "lost" : "won";
  return await until(`the dispute ${state}`, async () => {
    const found = await getDispute(shop.ctx, dispute.id);
    return found.state === state ? found : null;
  });
}
