// What rails hold for a merchant by the books, and the entries behind each number.

import { type EntryRow, listEntries, sumAccount, sumAccounts, sumKinds } from "#db/queries/reports/ledger.ts";
import { preferIndexes } from "#db/queries/reports/planner.ts";
import { type ReportRange, readRange } from "#db/queries/reports/range.ts";
import { type CurrencyCode, parseCurrency } from "#lib/domain/currency.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import {
  ACCOUNT_KINDS,
  type AccountKind,
  type LedgerAccount,
  type LedgerKind,
  shownMinor,
} from "#lib/domain/ledger.ts";
import { PAYMENT_METHODS, type PaymentMethod } from "#lib/domain/payment.ts";
import { look, requirePermission, type ServiceContext } from "../context.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import { type AskedRange, parseAskedRange } from "../reports/asked-range.ts";
import { readTimeZone } from "../reports/time-zone.ts";

/** Of one rail in one currency; minor units. */
export interface Balance {
  readonly method: PaymentMethod;
  readonly currency: CurrencyCode;
  /** The merchant's, and not settled by the rail yet. Negative where more went back than came since. */
  readonly pendingMinor: bigint;
  /** Settled by the rail. */
  readonly availableMinor: bigint;
  /** Owed back to payers. */
  readonly surplusMinor: bigint;
  /** With payers' banks until they have decided. */
  readonly disputedMinor: bigint;
  /** The platform's share. */
  readonly feesMinor: bigint;
}

/**
 * Every rail and currency that anything was booked in.
 *
 * @throws permission_denied  the caller may not see balances
 */
export async function getBalances(ctx: ServiceContext): Promise<Balance[]> {
  requirePermission(ctx, "balances.read");
  const sums = await look(ctx, async ({ tx, tenant }) => {
    await preferIndexes(tx);
    return await sumAccounts(tx, tenant, null);
  });
  const kept = new Map(sums.map((sum) => [`${sum.account} ${sum.currency}`, sum.amountMinor]));
  const pairs = new Set(sums.map(({ account, currency }) => `${account.split(":")[1]} ${currency}`));
  return [...pairs].sort().map((pair) => {
    const [method, currency] = pair.split(" ") as [PaymentMethod, string];
    const shown = (kind: AccountKind) => shownMinor(kind, kept.get(`${kind}:${pair}`) ?? 0n);
    return {
      method,
      currency: parseCurrency(currency),
      pendingMinor: shown("merchant_pending"),
      availableMinor: shown("merchant_available"),
      surplusMinor: shown("surplus_liability"),
      disputedMinor: shown("disputed"),
      feesMinor: shown("platform_fees"),
    };
  });
}

/** Which number of which rail. */
export interface AskedAccount {
  readonly kind: AccountKind;
  readonly method: PaymentMethod;
  readonly currency: CurrencyCode;
}

export interface EntryPage {
  /** Counted as the balance is: positive makes that larger. Minor units. */
  readonly items: readonly EntryRow[];
  readonly nextCursor: string | null;
}

export interface ListEntriesInput extends AskedAccount {
  /** Null: all of them. */
  readonly range: AskedRange | null;
  readonly cursor: string | null;
  /** 1 to 100. */
  readonly limit: number;
}

/**
 * The entries behind a number, newest first. All of them together are the balance, those of a range what it changed by.
 *
 * @throws permission_denied  the caller may not see balances
 * @throws invalid_request    no such account, days or cursor
 */
export async function listBalanceEntries(ctx: ServiceContext, input: ListEntriesInput): Promise<EntryPage> {
  requirePermission(ctx, "balances.read");
  const { kind, currency, range, cursor, limit } = input;
  const account = toAccount(input);
  const days = range === null ? null : parseAskedRange(range);
  const after = cursor === null ? null : decodeCursor(cursor);
  return await look(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    const period =
      days === null ? { from: null, to: null } : await readRange(tx, await readTimeZone(inTx), days);
    const rows = await listEntries(tx, tenant, { account, currency }, period, after, limit + 1);
    const items = rows.slice(0, limit).map((row) => ({
      ...row,
      amountMinor: shownMinor(kind, row.amountMinor),
    }));
    const last = rows.length > limit ? items.at(-1) : undefined;
    return { items, nextCursor: last === undefined ? null : encodeCursor(last) };
  });
}

export interface StatementLine {
  readonly kind: LedgerKind;
  readonly count: number;
  /** Minor units; positive makes the balance larger. */
  readonly amountMinor: bigint;
}

export interface Statement extends AskedAccount {
  readonly range: ReportRange;
  /** Before the first day and after the last, each added up from all entries of its own. Minor units. */
  readonly openingMinor: bigint;
  readonly closingMinor: bigint;
  readonly lines: readonly StatementLine[];
}

/**
 * What changed a balance in a range of days, by what it was for. Opening and lines make the closing, to the unit.
 *
 * @throws permission_denied  the caller may not see balances
 * @throws invalid_request    no such account or days
 */
export async function getStatement(
  ctx: ServiceContext,
  asked: AskedAccount & { readonly range: AskedRange },
): Promise<Statement> {
  requirePermission(ctx, "balances.read");
  const { kind, method, currency } = asked;
  const account = toAccount(asked);
  const days = parseAskedRange(asked.range);
  return await look(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    await preferIndexes(tx);
    const range = await readRange(tx, await readTimeZone(inTx), days);
    const sumAt = async (instant: Date) =>
      shownMinor(kind, await sumAccount(tx, tenant, { account, currency }, instant));
    const lines = await sumKinds(tx, tenant, { account, currency }, range);
    return {
      kind,
      method,
      currency,
      range,
      openingMinor: await sumAt(range.from),
      closingMinor: await sumAt(range.to),
      lines: lines.map((line) => ({ ...line, amountMinor: shownMinor(kind, line.amountMinor) })),
    };
  });
}

/** What callers name is checked here too: accounts are made of it. */
function toAccount({ kind, method }: AskedAccount): LedgerAccount {
  if (!ACCOUNT_KINDS.includes(kind) || !PAYMENT_METHODS.includes(method)) {
    throw new ServiceError("invalid_request", "There is no such account.", { pointer: "?account" });
  }
  return `${kind}:${method}`;
}
