// A new API key.

import { insertAudit } from "#db/queries/events.ts";
import { insertApiKey } from "#db/queries/merchants.ts";
import { apiKeyHint, formatApiKey } from "#lib/crypto/api-key.ts";
import type { ApiKeyId } from "#lib/domain/ids.ts";
import type { Scope } from "#lib/domain/tenant.ts";
import { newId, requireScope, type ServiceContext, transact } from "../context.ts";

export interface CreateKeyInput {
  readonly name: string;
  readonly scopes: readonly Scope[];
}

/**
 * Creates a key for the context's merchant and mode. The key is in this answer and nowhere else: only its
 * SHA-256 is stored.
 *
 * @throws permission_denied  the caller lacks merchant:write
 */
export async function createKey(
  ctx: ServiceContext,
  { name, scopes }: CreateKeyInput,
): Promise<{ readonly id: ApiKeyId; readonly key: string }> {
  requireScope(ctx, "merchant:write");
  const key = formatApiKey(ctx.tenant.mode, ctx.vault.random(32));
  const id = newId(ctx, "apiKey");
  await transact(ctx, async (inTx) => {
    const { tx, tenant, actor, correlationId } = inTx;
    await insertApiKey(tx, tenant, { id, name, scopes, hint: apiKeyHint(key) }, inTx.vault.hash(key));
    await insertAudit(tx, tenant, {
      id: newId(inTx, "audit"),
      act: "key.created",
      subjectId: id,
      actorKind: actor.kind,
      actorId: actor.id,
      correlationId,
      detail: { name, scopes: [...scopes] },
    });
  });
  return { id, key };
}
