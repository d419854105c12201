// A key is of no use any more.

import { updateApiKey } from "#db/queries/routing/keys.ts";
import { realNow } from "#db/transaction.ts";
import type { ApiKeyId } from "#lib/domain/ids.ts";
import { requirePermission, type ServiceContext, transact } from "../context.ts";
import { recordAudit } from "../record-audit.ts";
import type { KeyView } from "./get.ts";
import { lockKeys, readKey, requireAnotherManager } from "./rules.ts";

export interface RevokeKeyInput {
  /** True: also where no key with keys:write is left. */
  readonly isForced: boolean;
}

/**
 * Revokes a key at once: the next request with it is refused. A key may revoke itself, and any key of its mode,
 * whatever that one opens. Revoking a revoked key changes nothing.
 *
 * @throws permission_denied   the caller lacks keys:write
 * @throws key_not_found
 * @throws key_state_conflict  it is the last key with keys:write, and this is not forced
 */
export async function revokeKey(
  ctx: ServiceContext,
  id: ApiKeyId,
  { isForced }: RevokeKeyInput,
): Promise<KeyView> {
  requirePermission(ctx, "keys.write");
  return await transact(ctx, async (inTx) => {
    const now = realNow(inTx.tx);
    await lockKeys(inTx);
    const key = await readKey(inTx, id);
    if (key.revokedAt !== null) return { record: key, now };
    if (!isForced) await requireAnotherManager(inTx, key);
    const record = await updateApiKey(inTx.tx, key, { revokedAt: now });
    await recordAudit(inTx, "key.revoked", id, { isForced });
    return { record, now };
  });
}
