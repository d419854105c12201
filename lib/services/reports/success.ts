// How often attempts succeed, by method and by account at a rail.

import type { AttemptCount, RailAccountName } from "#db/queries/reports/attempts.ts";
import { type DeclineCode, isOpenPayment, type PaymentMethod } from "#lib/domain/payment.ts";

export interface Success {
  readonly started: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Given up, by the payer or for another method, before the rail had decided. */
  readonly cancelled: number;
  readonly expired: number;
  readonly open: number;
  /** Of those that the rail decided, the share that succeeded, 0 to 1; null where it decided none. */
  readonly rate: number | null;
  /** Why attempts failed, the most frequent first; null where the rail gave no reason. */
  readonly declines: readonly { readonly code: DeclineCode | null; readonly count: number }[];
}

export interface MethodSuccess extends Success {
  readonly method: PaymentMethod;
}

export interface AccountSuccess extends MethodSuccess {
  /** Which account: null where it is gone. */
  readonly account: RailAccountName | null;
}

export function toSuccess(
  counts: readonly AttemptCount[],
  names: readonly RailAccountName[],
): { readonly methods: readonly MethodSuccess[]; readonly accounts: readonly AccountSuccess[] } {
  const byMethod = Map.groupBy(counts, ({ method }) => method);
  const byAccount = Map.groupBy(counts, ({ method, railAccountId }) => `${method} ${railAccountId}`);
  return {
    methods: [...byMethod].map(([method, rows]) => ({ method, ...measure(rows) })),
    accounts: [...byAccount.values()].flatMap((rows) =>
      rows.slice(0, 1).map(({ method, railAccountId }) => ({
        method,
        account: names.find(({ id }) => id === railAccountId) ?? null,
        ...measure(rows),
      })),
    ),
  };
}

function measure(rows: readonly AttemptCount[]): Success {
  const count = (isCounted: (row: AttemptCount) => boolean) =>
    rows.reduce((sum, row) => sum + (isCounted(row) ? row.count : 0), 0);
  const succeeded = count(({ state }) => state === "succeeded");
  const failed = count(({ state }) => state === "failed");
  const declines = Map.groupBy(
    rows.filter(({ state }) => state === "failed"),
    ({ declineCode }) => declineCode,
  );
  return {
    started: count(() => true),
    succeeded,
    failed,
    cancelled: count(({ state }) => state === "cancelled"),
    expired: count(({ state }) => state === "expired"),
    open: count(({ state }) => isOpenPayment(state)),
    rate: succeeded + failed === 0 ? null : succeeded / (succeeded + failed),
    declines: [...declines]
      .map(([code, of]) => ({ code, count: of.reduce((sum, row) => sum + row.count, 0) }))
      .sort((a, b) => b.count - a.count || ((a.code ?? "") < (b.code ?? "") ? -1 : 1)),
  };
}
