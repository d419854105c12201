// Callback addresses as callers send them.

import type { VettedUrl } from "#lib/domain/ports/callback.ts";
import type { Scope } from "#lib/domain/tenant.ts";
import { requireScope, type ServiceContext } from "#lib/services/context.ts";

/**
 * The address, after a look at where its name leads. Checked here, before any transaction, since that asks the
 * network; and only for who may store it, so that nobody else has names looked up.
 *
 * @param scopes  what storing it needs
 * @throws permission_denied  the key lacks one of the scopes
 * @throws url_not_allowed
 */
export async function vetCallbackAddress(
  ctx: ServiceContext,
  scopes: readonly Scope[],
  address: string,
  pointer: string,
): Promise<VettedUrl> {
  for (const scope of scopes) requireScope(ctx, scope);
  return await ctx.callbacks.vet(address, ctx.tenant.mode, pointer);
}
