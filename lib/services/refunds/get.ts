// Reading refunds.

import { findRefund, listRefundRows, type RefundFilter } from "#db/queries/refunds.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { RefundId } from "#lib/domain/ids.ts";
import type { Refund } from "#lib/domain/records.ts";
import { requirePermission, type ServiceContext, transact } from "../context.ts";
import { decodeCursor, type Page, toPage } from "../cursor.ts";

/**
 * @throws permission_denied  the key lacks payments:read
 * @throws refund_not_found   also for another merchant's or the other mode's
 */
export async function getRefund(ctx: ServiceContext, id: RefundId): Promise<Refund> {
  requirePermission(ctx, "payments.read");
  return await readRefund(ctx, id);
}

/**
 * The same for verbs that have asked for a scope of their own.
 *
 * @throws refund_not_found
 */
export async function readRefund(ctx: ServiceContext, id: RefundId): Promise<Refund> {
  const refund = await transact(ctx, ({ tx, tenant }) => findRefund(tx, tenant, id));
  if (refund === null) throw new ServiceError("refund_not_found", "There is no such refund.");
  return refund;
}

export interface ListRefundsInput {
  readonly filter: Omit<RefundFilter, "after">;
  readonly cursor: string | null;
  /** 1 to 100. */
  readonly limit: number;
}

/**
 * One page of refunds, newest first.
 *
 * @throws permission_denied  the key lacks payments:read
 * @throws invalid_request    the cursor is not ours
 */
export async function listRefunds(ctx: ServiceContext, input: ListRefundsInput): Promise<Page<Refund>> {
  requirePermission(ctx, "payments.read");
  const { limit, cursor } = input;
  const filter = { ...input.filter, ...(cursor === null ? {} : { after: decodeCursor(cursor) }) };
  return await transact(ctx, async ({ tx, tenant }) =>
    toPage(await listRefundRows(tx, tenant, filter, limit + 1), limit),
  );
}
