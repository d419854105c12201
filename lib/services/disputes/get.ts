// Reading disputes.

import { type DisputeFilter, findDispute, listDisputeRows } from "#db/queries/disputes.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { DisputeId } from "#lib/domain/ids.ts";
import type { Dispute } from "#lib/domain/records.ts";
import { requirePermission, type ServiceContext, transact } from "../context.ts";
import { decodeCursor, type Page, toPage } from "../cursor.ts";

/**
 * @throws permission_denied  the key lacks payments:read
 * @throws dispute_not_found  also for another merchant's or the other mode's
 */
export async function getDispute(ctx: ServiceContext, id: DisputeId): Promise<Dispute> {
  requirePermission(ctx, "payments.read");
  const dispute = await transact(ctx, ({ tx, tenant }) => findDispute(tx, tenant, id));
  if (dispute === null) throw new ServiceError("dispute_not_found", "There is no such dispute.");
  return dispute;
}

export interface ListDisputesInput {
  readonly filter: Omit<DisputeFilter, "after">;
  readonly cursor: string | null;
  /** 1 to 100. */
  readonly limit: number;
}

/**
 * One page of disputes, newest first.
 *
 * @throws permission_denied  the key lacks payments:read
 * @throws invalid_request    the cursor is not ours
 */
export async function listDisputes(ctx: ServiceContext, input: ListDisputesInput): Promise<Page<Dispute>> {
  requirePermission(ctx, "payments.read");
  const { limit, cursor } = input;
  const filter = { ...input.filter, ...(cursor === null ? {} : { after: decodeCursor(cursor) }) };
  return await transact(ctx, async ({ tx, tenant }) =>
    toPage(await listDisputeRows(tx, tenant, filter, limit + 1), limit),
  );
}
