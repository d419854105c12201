// Reading keys. None of them can be read back: what is shown is enough to tell them apart.

import { listApiKeys } from "#db/queries/routing/keys.ts";
import { realNow } from "#db/transaction.ts";
import type { ApiKeyRecord } from "#lib/domain/api-key.ts";
import type { ApiKeyId } from "#lib/domain/ids.ts";
import { requirePermission, type ServiceContext, transact } from "../context.ts";
import { decodeCursor, type Page, toPage } from "../cursor.ts";
import { readKey } from "./rules.ts";

export interface KeyView {
  readonly record: ApiKeyRecord;
  /** Real time (UTC), for what it can be used for now. */
  readonly now: Date;
}

/**
 * @throws permission_denied  the caller lacks keys:read
 * @throws key_not_found      also for another merchant's or the other mode's
 */
export async function getKey(ctx: ServiceContext, id: ApiKeyId): Promise<KeyView> {
  requirePermission(ctx, "keys.read");
  return await transact(ctx, async (inTx) => ({ record: await readKey(inTx, id), now: realNow(inTx.tx) }));
}

/**
 * One page of the mode's keys, newest first, those that are over among them.
 *
 * @param limit  1 to 100
 * @throws permission_denied  the caller lacks keys:read
 * @throws invalid_request    the cursor is not ours
 */
export async function listKeys(
  ctx: ServiceContext,
  cursor: string | null,
  limit: number,
): Promise<Page<KeyView>> {
  requirePermission(ctx, "keys.read");
  const after = cursor === null ? null : decodeCursor(cursor);
  return await transact(ctx, async ({ tx, tenant }) => {
    const page = toPage(await listApiKeys(tx, tenant, after, limit + 1), limit);
    return {
      items: page.items.map((record) => ({ record, now: realNow(tx) })),
      nextCursor: page.nextCursor,
    };
  });
}
