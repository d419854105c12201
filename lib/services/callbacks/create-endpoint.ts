// A new address that is called back.

import { insertEndpoint } from "#db/queries/endpoints.ts";
import { lockSettings } from "#db/queries/merchants.ts";
import { parseCalledBackTypes } from "#lib/domain/endpoint.ts";
import type { VettedUrl } from "#lib/domain/ports/callback.ts";
import { newId, requirePermission, type ServiceContext, transact } from "../context.ts";
import { newCallbackSecret } from "../merchants/create.ts";
import { recordAudit } from "../record-audit.ts";
import { type EndpointWithSecret, requireRoom } from "./endpoint-rows.ts";
import { endpointSecretContext } from "./secret.ts";

export interface CreateEndpointInput {
  readonly url: VettedUrl;
  readonly description: string | null;
  /** What it is called about; null: everything that is called back. */
  readonly eventTypes: readonly string[] | null;
  readonly isEnabled: boolean;
}

/**
 * Stores an endpoint with a secret of its own, which is in this answer and nowhere else.
 *
 * @throws permission_denied       the key lacks callbacks:write
 * @throws event_type_unknown      at its place in /event_types
 * @throws endpoint_limit_reached  there are as many as a merchant may have
 */
export async function createEndpoint(
  ctx: ServiceContext,
  input: CreateEndpointInput,
): Promise<EndpointWithSecret> {
  requirePermission(ctx, "callbacks.write");
  const { url, description, isEnabled } = input;
  const eventTypes =
    input.eventTypes === null
      ? null
      : parseCalledBackTypes(input.eventTypes, (index) => `/event_types/${index}`);
  const secret = newCallbackSecret();
  return await transact(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    await lockSettings(tx, tenant);
    await requireRoom(inTx);
    const id = newId(inTx, "endpoint");
    const endpoint = await insertEndpoint(tx, tenant, {
      id,
      url,
      description,
      eventTypes,
      isEnabled,
      ...(isEnabled ? {} : { disabledAt: tx.now, disabledReason: "merchant" }),
      secret: inTx.vault.seal(secret, endpointSecretContext(tenant, id)),
    });
    await recordAudit(inTx, "endpoint.created", id, { url });
    return { endpoint, previousSecretExpiresAt: null, secret };
  });
}
