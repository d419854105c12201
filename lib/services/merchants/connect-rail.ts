// A merchant's account at a rail or an SMS provider is stored.

import { lockSettings, upsertRailAccount } from "#db/queries/merchants.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { RailAccountId } from "#lib/domain/ids.ts";
import type { RailAccountKind, RailTarget } from "#lib/domain/merchant.ts";
import type { JsonValue } from "#lib/domain/ports/json.ts";
import { newId, requirePermission, type ServiceContext, transact } from "../context.ts";
import { credentialsContext } from "../payments/rail-call.ts";
import { recordAudit } from "../record-audit.ts";

export interface ConnectRailInput {
  readonly kind: RailAccountKind;
  readonly target: RailTarget;
  /** For a provider without a fixed address, such as a carrier. */
  readonly baseUrl: string | null;
  /** The rail's own shape; stored sealed. */
  readonly credentials: JsonValue;
  readonly settings: JsonValue;
  /** Currency to bounds in minor units; empty: the rail's own only. */
  readonly bounds: Readonly<Record<string, { readonly min?: number; readonly max?: number }>>;
}

/**
 * Stores the account of this merchant and mode, in place of the one it had of the kind.
 *
 * @throws permission_denied  the caller lacks merchant:write
 * @throws url_not_allowed    the sandbox for live money, or an address that is not https
 */
export async function connectRail(ctx: ServiceContext, input: ConnectRailInput): Promise<RailAccountId> {
  requirePermission(ctx, "rails.connect");
  const { kind, credentials, ...rest } = input;
  if (ctx.tenant.mode === "live" && input.target === "sandbox") {
    throw new ServiceError("url_not_allowed", "Live money never goes to the sandbox.");
  }
  if (input.target === "provider" && input.baseUrl !== null && !input.baseUrl.startsWith("https://")) {
    throw new ServiceError("url_not_allowed", "A provider's address must be https.");
  }
  return await transact(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    const sealed = inTx.vault.seal(JSON.stringify(credentials), credentialsContext({ ...tenant, kind }));
    // Of two calls at once the second finds the first's account.
    await lockSettings(tx, tenant);
    const id = await upsertRailAccount(tx, tenant, kind, {
      ...rest,
      id: newId(inTx, "railAccount"),
      credentials: sealed,
    });
    await recordAudit(inTx, "rail.connected", id, { kind, target: input.target });
    return id;
  });
}
