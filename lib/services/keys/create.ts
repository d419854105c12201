// A new API key.

import { insertApiKey } from "#db/queries/routing/keys.ts";
import { realNow } from "#db/transaction.ts";
import { apiKeyHint, formatApiKey } from "#lib/crypto/api-key.ts";
import type { Network } from "#lib/domain/api-key.ts";
import type { Scope } from "#lib/domain/tenant.ts";
import { newId, requirePermission, type ServiceContext, type TxContext, transact } from "../context.ts";
import { recordAudit } from "../record-audit.ts";
import { type Restrictions, readRestrictions, requireKept } from "./restrictions.ts";
import { lockKeys, type NewKey, requireFuture, requireHeld, requireRoom } from "./rules.ts";

export interface CreateKeyInput {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** UTC; null: it has no end; undefined: that of the caller's own key. */
  readonly expiresAt?: Date | null;
  /** Where it may be used from; null: anywhere; undefined: where the caller's own key may. */
  readonly allowedNetworks?: readonly Network[] | null;
}

/**
 * Creates a key for the context's merchant and mode. The key is in this answer and nowhere else: only its
 * SHA-256 is stored.
 *
 * @throws permission_denied    the caller lacks keys:write
 * @throws scope_not_held       a scope that the caller does not hold
 * @throws restriction_not_kept more networks or a later end than the caller's own key has
 * @throws key_limit_reached    50 keys can be used already
 * @throws expiry_out_of_range  its end is past
 */
export async function createKey(ctx: ServiceContext, input: CreateKeyInput): Promise<NewKey> {
  requirePermission(ctx, "keys.write");
  requireHeld(ctx, input.scopes, { pointer: "/scopes" });
  return await transact(ctx, async (inTx) => {
    await lockKeys(inTx);
    const own = await readRestrictions(inTx);
    const { expiresAt: until = own.expiresAt, allowedNetworks: from = own.allowedNetworks } = input;
    requireFuture(inTx, until);
    await requireKept(inTx, own, { expiresAt: until, allowedNetworks: from });
    await requireRoom(inTx);
    const made = await makeKey(inTx, { ...input, expiresAt: until, allowedNetworks: from });
    const { id, name, scopes, expiresAt, allowedNetworks } = made.record;
    await recordAudit(inTx, "key.created", id, {
      name,
      scopes: [...scopes],
      expiresAt: expiresAt?.toISOString() ?? null,
      allowedNetworks: allowedNetworks === null ? null : [...allowedNetworks],
    });
    return made;
  });
}

/** The rows of a key with these terms. */
export async function makeKey(
  ctx: TxContext,
  terms: Pick<CreateKeyInput, "name" | "scopes"> & Restrictions,
): Promise<NewKey> {
  const { name, scopes, expiresAt, allowedNetworks } = terms;
  const secret = formatApiKey(ctx.tenant.mode, ctx.vault.random(32));
  const row = {
    id: newId(ctx, "apiKey"),
    hint: apiKeyHint(secret),
    name,
    scopes,
    expiresAt,
    allowedNetworks,
  };
  const record = await insertApiKey(ctx.tx, ctx.tenant, row, ctx.vault.hash(secret));
  return { record, secret, now: realNow(ctx.tx) };
}
