// A key is replaced by a new one.

import { updateApiKey } from "#db/queries/routing/keys.ts";
import { realNow } from "#db/transaction.ts";
import type { ApiKeyRecord } from "#lib/domain/api-key.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { ApiKeyId } from "#lib/domain/ids.ts";
import { requirePermission, type ServiceContext, transact } from "../context.ts";
import { recordAudit } from "../record-audit.ts";
import { makeKey } from "./create.ts";
import { readRestrictions, requireKept } from "./restrictions.ts";
import {
  lockKeys,
  type NewKey,
  readKey,
  requireFuture,
  requireHeld,
  requireRoom,
  requireUsable,
} from "./rules.ts";

export interface RotateKeyInput {
  /** For how long the old key goes on working: 0 to 168. */
  readonly overlapHours: number;
  /** The new key's end (UTC); null: it has none; undefined: the old key's. */
  readonly expiresAt?: Date | null;
}

const HOUR_MS = 3_600_000;

/**
 * Makes a key with the same name, scopes and networks. The old one works until the overlap is over, or its own end
 * where that is sooner. Who rotates must hold what the key opens, and be able to use theirs from where and as long
 * as the new one, since they are given it.
 *
 * @throws permission_denied    the caller lacks keys:write
 * @throws key_not_found
 * @throws scope_not_held       the key opens more than the caller holds
 * @throws restriction_not_kept its networks or the new end are beyond those of the caller's own key
 * @throws key_state_conflict   it can no longer be used, or was replaced before
 * @throws key_limit_reached    50 keys can be used already, where both would
 * @throws expiry_out_of_range  the new key's end is past
 */
export async function rotateKey(ctx: ServiceContext, id: ApiKeyId, input: RotateKeyInput): Promise<NewKey> {
  requirePermission(ctx, "keys.write");
  return await transact(ctx, async (inTx) => {
    const now = realNow(inTx.tx);
    await lockKeys(inTx);
    const old = await readKey(inTx, id);
    requireHeld(inTx, old.scopes);
    requireUsable(inTx, old);
    if (old.replacedBy !== null) {
      throw new ServiceError("key_state_conflict", "The key was replaced before: rotate its successor.");
    }
    const expiresAt = input.expiresAt === undefined ? old.expiresAt : input.expiresAt;
    requireFuture(inTx, expiresAt);
    const { allowedNetworks } = old;
    await requireKept(inTx, await readRestrictions(inTx), { allowedNetworks, expiresAt });
    if (input.overlapHours > 0) await requireRoom(inTx);
    const made = await makeKey(inTx, { ...old, expiresAt });
    await updateApiKey(inTx.tx, old, {
      replacedBy: made.record.id,
      ...(input.overlapHours === 0 ? { revokedAt: now } : { expiresAt: endOf(old, now, input.overlapHours) }),
    });
    await recordAudit(inTx, "key.rotated", id, {
      replacedBy: made.record.id,
      overlapHours: input.overlapHours,
      expiresAt: expiresAt?.toISOString() ?? null,
    });
    return made;
  });
}

function endOf({ expiresAt }: ApiKeyRecord, now: Date, overlapHours: number): Date {
  const end = new Date(now.getTime() + overlapHours * HOUR_MS);
  return expiresAt !== null && expiresAt < end ? expiresAt : end;
}
