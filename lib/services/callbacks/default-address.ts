// The merchant's default endpoint, as its profile sets it.

import { findDefaultEndpoint, insertEndpoint, lockEndpoint, updateEndpoint } from "#db/queries/endpoints.ts";
import type { VettedUrl } from "#lib/domain/ports/callback.ts";
import { newId, type TxContext } from "../context.ts";
import { HEALTHY, removeEndpoint, requireRoom } from "./endpoint-rows.ts";

/**
 * Sets the address and switches the endpoint on, or deletes it with null. The caller has locked the settings.
 *
 * @throws endpoint_limit_reached
 */
export async function setDefaultAddress(ctx: TxContext, url: VettedUrl | null): Promise<void> {
  const { tx, tenant } = ctx;
  const found = await findDefaultEndpoint(tx, tenant);
  const current = found === null ? null : await lockEndpoint(tx, tenant, found.id);
  if (current === null) {
    if (url === null) return;
    await requireRoom(ctx, "/callback_url");
    // Without a secret of its own: it signs with the mode's.
    await insertEndpoint(tx, tenant, { id: newId(ctx, "endpoint"), url, isDefault: true });
    return;
  }
  if (url === null) await removeEndpoint(ctx, current);
  else await updateEndpoint(tx, tenant, current.id, { url, ...HEALTHY });
}
