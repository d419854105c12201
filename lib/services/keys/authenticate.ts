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
 * The context of the key's owner and mode. Every refusal of a key is the same, whatever is wrong with it. Nothing is
 * stored about a key that is not known.
 *
 * @throws unauthenticated  unknown, revoked, past its end, or used from where it may not be
 * @throws rate_limited     too many keys were refused to this address; this one was not looked at
 */
export async function authenticateKey(
  deps: ServiceDeps,
  { key, clientAddress, correlationId }: AuthenticateKeyInput,
): Promise<ServiceContext> {
  const keyHash = deps.vault.hash(key);
  const waitMs = await deps.refusals.waitMs(clientAddress, keyHash);
  if (waitMs > 0) {
    throw new ServiceError("rate_limited", "Too many keys that are not valid came from your address.", {
      retryAfterSeconds: Math.ceil(waitMs / 1000),
    });
  }
  const route = await findApiKeyRoute(deps.db, keyHash, clientAddress);
  if (route === null) {
    await deps.refusals.noteRefused(clientAddress, keyHash);
    throw new ServiceError("unauthenticated", "The API key is missing or not valid.");
  }
  deps.refusals.noteAccepted(keyHash);
  return contextFor(
    deps,
    route.tenant,
    { kind: "api_key", id: route.apiKeyId, scopes: route.scopes },
    correlationId,
  );
}
