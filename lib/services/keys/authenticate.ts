// Who calls, by API key.

import { findApiKeyRoute } from "#db/queries/routing/routes.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import { contextFor, type ServiceContext, type ServiceDeps } from "../context.ts";

export interface AuthenticateKeyInput {
  /** As presented, already checked for its shape and checksum. */
  readonly key: string;
  /** Where the request comes from, in its one spelling; null where that cannot be known. */
  readonly clientAddress: string | null;
  readonly correlationId: string;
}

/**
 * The context of the key's owner and mode. Every refusal is the same, whatever is wrong with the key. Nothing is
 * stored about a key that is not known.
 *
 * @throws unauthenticated  unknown, revoked, past its end, or used from where it may not be
 */
export async function authenticateKey(
  deps: ServiceDeps,
  { key, clientAddress, correlationId }: AuthenticateKeyInput,
): Promise<ServiceContext> {
  const route = await findApiKeyRoute(deps.db, deps.vault.hash(key), clientAddress);
  if (route === null) throw new ServiceError("unauthenticated", "The API key is missing or not valid.");
  return contextFor(
    deps,
    route.tenant,
    { kind: "api_key", id: route.apiKeyId, scopes: route.scopes },
    correlationId,
  );
}
