// What bounds the key that calls bounds what it makes, replaces or changes: a stolen key is of no use elsewhere or
// later, and must not be able to make one that is.

import { findApiKey, indexOutsideNetworks } from "#db/queries/routing/keys.ts";
import type { ApiKeyRecord } from "#lib/domain/api-key.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { TxContext } from "../context.ts";

/** From where and until when a key can be used; null: anywhere, without an end. */
export type Restrictions = Pick<ApiKeyRecord, "allowedNetworks" | "expiresAt">;

const NONE: Restrictions = { allowedNetworks: null, expiresAt: null };

/**
 * Those of the key that calls, as they are stored now; none where no key calls. The caller has locked the keys.
 *
 * @throws permission_denied  the key that calls is no more
 */
export async function readRestrictions({ tx, tenant, actor }: TxContext): Promise<Restrictions> {
  if (actor.kind !== "api_key") return NONE;
  const own = await findApiKey(tx, tenant, actor.id);
  if (own === null) throw new ServiceError("permission_denied", "The key that calls is no more.");
  return own;
}

/**
 * Refuses networks and an end that the caller's own key does not cover.
 *
 * @param had  networks that the key has already: they are not given by this change
 * @throws restriction_not_kept  at /allowed_networks or one of its entries, or at /expires_at
 */
export async function requireKept(
  { tx }: TxContext,
  own: Restrictions,
  wanted: Partial<Restrictions>,
  had: Pick<Restrictions, "allowedNetworks"> = { allowedNetworks: [] },
): Promise<void> {
  const { expiresAt, allowedNetworks } = wanted;
  if (
    expiresAt !== undefined &&
    own.expiresAt !== null &&
    (expiresAt === null || expiresAt > own.expiresAt)
  ) {
    throw new ServiceError("restriction_not_kept", "Your own key ends before that.", {
      pointer: "/expires_at",
    });
  }
  if (allowedNetworks === undefined || own.allowedNetworks === null || had.allowedNetworks === null) return;
  const refuse = (pointer: string) =>
    new ServiceError("restriction_not_kept", "Your own key may not be used from there.", { pointer });
  if (allowedNetworks === null) throw refuse("/allowed_networks");
  const covered = [...own.allowedNetworks, ...had.allowedNetworks];
  const index = await indexOutsideNetworks(tx, allowedNetworks, covered);
  if (index !== null) throw refuse(`/allowed_networks/${index}`);
}
