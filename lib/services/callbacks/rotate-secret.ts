// A new secret for an endpoint, with time to bring it to the receiver.

import { updateEndpoint } from "#db/queries/endpoints.ts";
import { loadProfile, lockSettings, updateSettingsRow } from "#db/queries/merchants.ts";
import type { EndpointId } from "#lib/domain/ids.ts";
import { requirePermission, type ServiceContext, transact } from "../context.ts";
import { callbackSecretContext, newCallbackSecret } from "../merchants/create.ts";
import { recordAudit } from "../record-audit.ts";
import { type EndpointWithSecret, requireEndpoint } from "./endpoint-rows.ts";
import { endpointSecretContext } from "./secret.ts";

const HOUR_MS = 3_600_000;

/**
 * Makes a new secret, which is in this answer and nowhere else; the one before signs too for `overlapHours`
 * (0 to 168). Of three in one overlap the oldest signs no more. The default endpoint's secret is the mode's:
 * callbacks to invoices' own addresses are signed with it too.
 *
 * @throws permission_denied   the key lacks callbacks:write
 * @throws endpoint_not_found
 */
export async function rotateSecret(
  ctx: ServiceContext,
  id: EndpointId,
  overlapHours: number,
): Promise<EndpointWithSecret> {
  requirePermission(ctx, "callbacks.write");
  const secret = newCallbackSecret();
  return await transact(ctx, async (inTx) => {
    const { tx, tenant, vault } = inTx;
    await lockSettings(tx, tenant);
    const before = await requireEndpoint(inTx, id);
    const previousSecretExpiresAt =
      overlapHours === 0 ? null : new Date(tx.now.getTime() + overlapHours * HOUR_MS);
    const keep = (sealed: Uint8Array) => (overlapHours === 0 ? null : sealed);
    if (before.secret === null) {
      const { settings } = await loadProfile(tx, tenant);
      await updateSettingsRow(tx, tenant, {
        callbackSecret: vault.seal(secret, callbackSecretContext(tenant)),
        previousCallbackSecret: keep(settings.callbackSecret),
        previousCallbackSecretExpiresAt: previousSecretExpiresAt,
      });
    }
    const endpoint = await updateEndpoint(
      tx,
      tenant,
      id,
      before.secret === null
        ? {}
        : {
            secret: vault.seal(secret, endpointSecretContext(tenant, id)),
            previousSecret: keep(before.secret),
            previousSecretExpiresAt,
          },
    );
    await recordAudit(inTx, "endpoint.secret_rotated", id, { overlapHours });
    return { endpoint, previousSecretExpiresAt, secret };
  });
}
