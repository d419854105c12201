// A key is renamed, narrowed or bound to networks.

import { updateApiKey } from "#db/queries/routing/keys.ts";
import { realNow } from "#db/transaction.ts";
import type { Network } from "#lib/domain/api-key.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { ApiKeyId } from "#lib/domain/ids.ts";
import type { Scope } from "#lib/domain/tenant.ts";
import { requirePermission, type ServiceContext, transact } from "../context.ts";
import { recordAudit } from "../record-audit.ts";
import type { KeyView } from "./get.ts";
import { readRestrictions, requireKept } from "./restrictions.ts";
import { lockKeys, readKey, requireAnotherManager, requireHeld, requireUsable } from "./rules.ts";

/** What is left out stays as it is. */
export interface UpdateKeyInput {
  /** The version that the change was made for. */
  readonly version: number;
  readonly name?: string;
  readonly scopes?: readonly Scope[];
  /** Null: anywhere. */
  readonly allowedNetworks?: readonly Network[] | null;
}

/**
 * Changes a key that can be used. Scopes may be taken away; one that the key does not have is given only by who
 * holds it, and a network only by who may use theirs from there. The next request with the key goes by what is stored then.
 *
 * @throws permission_denied   the caller lacks keys:write
 * @throws key_not_found
 * @throws version_conflict    it was changed since
 * @throws key_state_conflict  it can no longer be used, or it would leave no key with keys:write
 * @throws scope_not_held      a new scope that the caller does not hold
 * @throws restriction_not_kept  a new network that the caller's own key may not be used from
 */
export async function updateKey(ctx: ServiceContext, id: ApiKeyId, input: UpdateKeyInput): Promise<KeyView> {
  requirePermission(ctx, "keys.write");
  return await transact(ctx, async (inTx) => {
    await lockKeys(inTx);
    const key = await readKey(inTx, id);
    const { version, ...changes } = input;
    if (key.version !== version) {
      throw new ServiceError("version_conflict", `The key is at version ${key.version}.`, {
        pointer: "/version",
      });
    }
    requireUsable(inTx, key);
    const { scopes } = changes;
    if (scopes !== undefined) {
      requireHeld(inTx, scopes, { had: key.scopes, pointer: "/scopes" });
      if (!scopes.includes("keys:write")) await requireAnotherManager(inTx, key);
    }
    const { allowedNetworks } = changes;
    if (allowedNetworks !== undefined) {
      await requireKept(inTx, await readRestrictions(inTx), { allowedNetworks }, key);
    }
    if (Object.keys(changes).length === 0) return { record: key, now: realNow(inTx.tx) };
    const record = await updateApiKey(inTx.tx, key, changes);
    await recordAudit(inTx, "key.updated", id, {
      fields: Object.keys(changes),
      ...(scopes === undefined ? {} : { scopes: [...scopes] }),
      ...(allowedNetworks === undefined
        ? {}
        : { allowedNetworks: allowedNetworks === null ? null : [...allowedNetworks] }),
    });
    return { record, now: realNow(inTx.tx) };
  });
}
