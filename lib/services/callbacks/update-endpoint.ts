// A merchant changes where, about what, and whether it is called back.

import { type CallbackEndpoint, updateEndpoint } from "#db/queries/endpoints.ts";
import { parseCalledBackTypes } from "#lib/domain/endpoint.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { EventType } from "#lib/domain/events.ts";
import type { EndpointId } from "#lib/domain/ids.ts";
import type { VettedUrl } from "#lib/domain/ports/callback.ts";
import { requirePermission, type ServiceContext, transact } from "../context.ts";
import { recordAudit } from "../record-audit.ts";
import { type EndpointDetail, HEALTHY, loadDetail, requireEndpoint, UNTRIED } from "./endpoint-rows.ts";

/** What is left out stays as it is. */
export interface UpdateEndpointInput {
  readonly url?: VettedUrl;
  readonly description?: string | null;
  readonly eventTypes?: readonly string[] | null;
  readonly isEnabled?: boolean;
}

/**
 * Changes the fields given. What is still to be delivered goes to the new address. Switching it on forgets why
 * it was off; another address begins without the failures of the one before.
 *
 * @param version  what the caller has seen; null: whatever there is by now
 * @throws permission_denied   the key lacks callbacks:write
 * @throws endpoint_not_found
 * @throws event_type_unknown  at its place in /event_types
 * @throws version_conflict    it was changed since
 */
export async function updateCallbackEndpoint(
  ctx: ServiceContext,
  id: EndpointId,
  input: UpdateEndpointInput,
  version: number | null,
): Promise<EndpointDetail> {
  requirePermission(ctx, "callbacks.write");
  const { eventTypes: names, ...given } = input;
  const eventTypes =
    names === undefined || names === null
      ? names
      : parseCalledBackTypes(names, (index) => `/event_types/${index}`);
  return await transact(ctx, async (inTx) => {
    const { tx, tenant } = inTx;
    const before = await requireEndpoint(inTx, id);
    if (version !== null && version !== before.version) {
      throw new ServiceError("version_conflict", `The endpoint is at version ${before.version}.`, {
        pointer: "/version",
      });
    }
    const fields = Object.keys(input);
    if (fields.length === 0) return await loadDetail(inTx, before);
    const after = await updateEndpoint(
      tx,
      tenant,
      id,
      changesOf(before, { ...given, ...(eventTypes === undefined ? {} : { eventTypes }) }, tx.now),
    );
    await recordAudit(inTx, "endpoint.updated", id, { fields });
    return await loadDetail(inTx, after);
  });
}

function changesOf(
  before: CallbackEndpoint,
  { isEnabled, ...rest }: Omit<UpdateEndpointInput, "eventTypes"> & { eventTypes?: EventType[] | null },
  now: Date,
): Partial<CallbackEndpoint> {
  const isMoved = rest.url !== undefined && rest.url !== before.url;
  const isSwitched = isEnabled !== undefined && isEnabled !== before.isEnabled;
  return {
    ...rest,
    ...(isMoved ? UNTRIED : {}),
    ...(isSwitched && isEnabled ? HEALTHY : {}),
    ...(isSwitched && !isEnabled ? { isEnabled, disabledAt: now, disabledReason: "merchant" } : {}),
  };
}
