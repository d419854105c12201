// Who calls, by API key.

import { findApiKeyRoute } from "#db/queries/routing/routes.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import { contextFor, type ServiceContext, type ServiceDeps } from "../context.ts";

/**
 * The context of the key's owner and mode. Every refusal is the same, whatever is wrong with the key.
 *
 * @param key  as presented, already checked for its shape and checksum
 * @throws unauthenticated  unknown, revoked or past its end
 */
export async function authenticateKey(
  deps: ServiceDeps,
  key: string,
  correlationId: string,
): Promise<ServiceContext> {
  const route = await findApiKeyRoute(deps.db, deps.vault.hash(key));
  if (route === null) throw new ServiceError("unauthenticated", "The API key is missing or not valid.");
  return contextFor(
    deps,
    route.tenant,
    { kind: "api_key", id: route.apiKeyId, scopes: route.scopes },
    correlationId,
  );
}
