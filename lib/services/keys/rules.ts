// What every change of a key keeps to.

import { lockSettings } from "#db/queries/merchants.ts";
import { countUsableKeys, findApiKey, hasOtherKeyWith } from "#db/queries/routing/keys.ts";
import { realNow } from "#db/transaction.ts";
import { type ApiKeyRecord, isUsableKey, USABLE_KEYS_MAX } from "#lib/domain/api-key.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { ApiKeyId } from "#lib/domain/ids.ts";
import { grantableScopes } from "#lib/domain/permissions.ts";
import { type Actor, type Mode, SCOPES, type Scope } from "#lib/domain/tenant.ts";
import type { ServiceContext, TxContext } from "../context.ts";

/** A key that was just made. */
export interface NewKey {
  readonly record: ApiKeyRecord;
  /** The key itself: in this answer and nowhere else. */
  readonly secret: string;
  /** Real time (UTC): keys live by it in test mode too. */
  readonly now: Date;
}

/** Changes of a mode's keys follow one another, so that what is counted stays true until the commit. */
export async function lockKeys(ctx: TxContext): Promise<void> {
  await lockSettings(ctx.tx, ctx.tenant);
}

export interface RequireHeldOptions {
  /** What the key has already is not given by this change. */
  readonly had?: readonly Scope[];
  /** Where the scopes stand in what was sent, if they do. */
  readonly pointer?: string;
}

/**
 * Whoever makes or widens a key gives no more than they hold.
 *
 * @throws scope_not_held
 */
export function requireHeld(
  ctx: ServiceContext,
  scopes: readonly Scope[],
  { had = [], pointer }: RequireHeldOptions = {},
): void {
  const { actor } = ctx;
  if (actor.kind === "system") return;
  const held = heldBy(actor, ctx.tenant.mode);
  const index = scopes.findIndex((scope) => !held.includes(scope) && !had.includes(scope));
  if (index === -1) return;
  throw new ServiceError(
    "scope_not_held",
    `You do not hold the scope ${scopes[index]} yourself.`,
    pointer === undefined ? {} : { pointer: `${pointer}/${index}` },
  );
}

function heldBy(actor: Actor, mode: Mode): readonly Scope[] {
  if (actor.kind === "api_key") return actor.scopes;
  return actor.kind === "user" ? grantableScopes(actor.role, mode, SCOPES) : [];
}

/**
 * @throws key_limit_reached
 */
export async function requireRoom(ctx: TxContext): Promise<void> {
  if ((await countUsableKeys(ctx.tx, ctx.tenant)) < USABLE_KEYS_MAX) return;
  throw new ServiceError(
    "key_limit_reached",
    `There are ${USABLE_KEYS_MAX} keys that can be used; revoke one first.`,
  );
}

/**
 * @throws expiry_out_of_range
 */
export function requireFuture(ctx: TxContext, expiresAt: Date | null): void {
  if (expiresAt === null || expiresAt > realNow(ctx.tx)) return;
  throw new ServiceError("expiry_out_of_range", "A key's end must be in the future.", {
    pointer: "/expires_at",
  });
}

/**
 * @throws key_not_found  also for another merchant's or the other mode's
 */
export async function readKey(ctx: TxContext, id: ApiKeyId): Promise<ApiKeyRecord> {
  const key = await findApiKey(ctx.tx, ctx.tenant, id);
  if (key === null) throw new ServiceError("key_not_found", "There is no such key.");
  return key;
}

/**
 * @throws key_state_conflict  revoked or past its end
 */
export function requireUsable(ctx: TxContext, key: ApiKeyRecord): void {
  if (isUsableKey(key, realNow(ctx.tx))) return;
  throw new ServiceError("key_state_conflict", "The key can no longer be used.");
}

/**
 * Without a key that manages keys nobody could make one by the API again.
 *
 * @throws key_state_conflict  the key is the last of its mode that holds keys:write and has no successor
 */
export async function requireAnotherManager(ctx: TxContext, key: ApiKeyRecord): Promise<void> {
  const isManager = key.scopes.includes("keys:write") && isUsableKey(key, realNow(ctx.tx));
  if (!isManager || (await hasOtherKeyWith(ctx.tx, ctx.tenant, key.id, "keys:write"))) return;
  throw new ServiceError(
    "key_state_conflict",
    "It is the last key with keys:write: make another one first, or revoke it with force.",
  );
}
