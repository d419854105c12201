// The secrets that callbacks are signed with. Stored sealed; told once, in the answer that makes them.

import type { CallbackEndpoint } from "#db/queries/endpoints.ts";
import { loadProfile, type MerchantSettings } from "#db/queries/merchants.ts";
import type { EndpointId } from "#lib/domain/ids.ts";
import type { Tenant } from "#lib/domain/tenant.ts";
import { type ServiceContext, type TxContext, transact } from "../context.ts";
import { callbackSecretContext } from "../merchants/create.ts";

/** The merchant's callback secret in this mode, as Standard Webhooks writes it: `whsec_` and base64. */
export async function readCallbackSecret(ctx: ServiceContext): Promise<string> {
  const { settings } = await transact(ctx, ({ tx, tenant }) => loadProfile(tx, tenant));
  return ctx.vault.open(settings.callbackSecret, callbackSecretContext(ctx.tenant));
}

/** What an endpoint's own sealed secret is bound to. */
export function endpointSecretContext(tenant: Tenant, id: EndpointId): string {
  return `${callbackSecretContext(tenant)}:${id}`;
}

interface SealedSecrets {
  readonly current: Uint8Array;
  readonly previous: Uint8Array | null;
  readonly previousExpiresAt: Date | null;
  readonly context: string;
}

/** The endpoint's own; the mode's where it has none, or where there is no endpoint. */
function sealedSecrets(
  tenant: Tenant,
  settings: MerchantSettings,
  endpoint: CallbackEndpoint | null,
): SealedSecrets {
  if (endpoint === null || endpoint.secret === null) {
    return {
      current: settings.callbackSecret,
      previous: settings.previousCallbackSecret,
      previousExpiresAt: settings.previousCallbackSecretExpiresAt,
      context: callbackSecretContext(tenant),
    };
  }
  return {
    current: endpoint.secret,
    previous: endpoint.previousSecret,
    previousExpiresAt: endpoint.previousSecretExpiresAt,
    context: endpointSecretContext(tenant, endpoint.id),
  };
}

/** What signs a callback now, newest first: two secrets while the one before may still be in use. */
export function signingSecrets(
  ctx: TxContext,
  settings: MerchantSettings,
  endpoint: CallbackEndpoint | null,
): string[] {
  const { current, previous, context } = sealedSecrets(ctx.tenant, settings, endpoint);
  const isOverlapping = previousSecretEnd(ctx, settings, endpoint) !== null;
  const sealed = previous !== null && isOverlapping ? [current, previous] : [current];
  return sealed.map((secret) => ctx.vault.open(secret, context));
}

/** Until when the secret before signs too, or null where it does not. */
export function previousSecretEnd(
  ctx: TxContext,
  settings: MerchantSettings,
  endpoint: CallbackEndpoint | null,
): Date | null {
  const { previousExpiresAt } = sealedSecrets(ctx.tenant, settings, endpoint);
  return previousExpiresAt !== null && previousExpiresAt > ctx.tx.now ? previousExpiresAt : null;
}
