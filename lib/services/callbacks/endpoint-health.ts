// What tries say about their endpoint: failing, off, back again, slow.

import {
  type CallbackEndpoint,
  findEndpoint,
  lockEndpoint,
  updateEndpoint,
  updateEndpointHealth,
} from "#db/queries/endpoints.ts";
import { type HealthStep, healthAfterTry, slowTriesAfter } from "#lib/domain/endpoint.ts";
import type { EndpointId } from "#lib/domain/ids.ts";
import type { CallbackResult } from "#lib/domain/ports/callback.ts";
import type { TxContext } from "../context.ts";
import { recordEndpointEvent } from "../events/record.ts";
import { recordAudit } from "../record-audit.ts";

/**
 * Notes a try at `url`, tells the merchant's other endpoints where something changed, and switches the endpoint
 * off where it is time to. Takes the endpoint's lock only where there is something to write.
 */
export async function noteTry(
  ctx: TxContext,
  id: EndpointId,
  url: string,
  result: Pick<CallbackResult, "isDelivered" | "status" | "durationMs">,
): Promise<void> {
  const { tx, tenant } = ctx;
  const seen = await findEndpoint(tx, tenant, id);
  if (seen === null || stepAfter(seen, result, tx.now) === null) return;
  const endpoint = await lockEndpoint(tx, tenant, id);
  // Another address by now: this one's answer says nothing about it.
  if (endpoint === null || endpoint.url !== url) return;
  const step = stepAfter(endpoint, result, tx.now);
  if (step === null) return;
  const { changes, disabledReason, event } = step;
  if (disabledReason === null) {
    const noted = await updateEndpointHealth(tx, tenant, id, changes);
    if (event !== null) await recordEndpointEvent(ctx, { type: event, endpoint: noted });
    return;
  }
  const off = { isEnabled: false, disabledAt: tx.now, disabledReason };
  const disabled = await updateEndpoint(tx, tenant, id, { ...changes, ...off });
  await recordAudit(ctx, "endpoint.disabled", id, { reason: disabledReason });
  if (event !== null) await recordEndpointEvent(ctx, { type: event, endpoint: disabled });
}

type Step = Omit<HealthStep, "changes"> & {
  readonly changes: HealthStep["changes"] & { readonly slowTries?: number };
};

function stepAfter(
  endpoint: CallbackEndpoint,
  result: Pick<CallbackResult, "isDelivered" | "status" | "durationMs">,
  now: Date,
): Step | null {
  const step = healthAfterTry(endpoint, result, now);
  const slowTries = slowTriesAfter(endpoint.slowTries, result.durationMs);
  if (slowTries === endpoint.slowTries) return step;
  const { changes, ...rest } = step ?? { changes: {}, disabledReason: null, event: null };
  return { ...rest, changes: { ...changes, slowTries } };
}
