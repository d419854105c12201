// A new API key.

import { insertApiKey } from "#db/queries/routing/keys.ts";
import { realNow } from "#db/transaction.ts";
import { apiKeyHint, formatApiKey } from "#lib/crypto/api-key.ts";
import type { Network } from "#lib/domain/api-key.ts";
import type { Scope } from "#lib/domain/tenant.ts";
import { newId, requireScope, type ServiceContext, type TxContext, transact } from "../context.ts";
import { auditKey, lockKeys, type NewKey, requireFuture, requireHeld, requireRoom } from "./rules.ts";

export interface CreateKeyInput {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** UTC; null: it has no end. */
  readonly expiresAt: Date | null;
  /** Where it may be used from; null: anywhere. */
  readonly allowedNetworks: readonly Network[] | null;
}

/**
 * Creates a key for the context's merchant and mode. The key is in this answer and nowhere else: only its
 * SHA-256 is stored.
 *
 * @throws permission_denied    the caller lacks keys:write
 * @throws scope_not_held       a scope that the caller does not hold
 * @throws key_limit_reached    50 keys can be used already
 * @throws expiry_out_of_range  its end is past
 */
export async function createKey(ctx: ServiceContext, input: CreateKeyInput): Promise<NewKey> {
  requireScope(ctx, "keys:write");
  requireHeld(ctx, input.scopes, { pointer: "/scopes" });
  return await transact(ctx, async (inTx) => {
    requireFuture(inTx, input.expiresAt);
    await lockKeys(inTx);
    await requireRoom(inTx);
    const made = await makeKey(inTx, input);
    const { id, name, scopes, expiresAt, allowedNetworks } = made.record;
    await auditKey(inTx, "key.created", id, {
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
  terms: Omit<CreateKeyInput, "allowedNetworks"> & { readonly allowedNetworks: readonly string[] | null },
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
