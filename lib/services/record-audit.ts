// The audit log: who did what, in the transaction that does it.

import { insertAudit } from "#db/queries/events.ts";
import type { AuditAct } from "#lib/domain/audit.ts";
import type { JsonValue } from "#lib/domain/ports/json.ts";
import { newId, type TxContext } from "./context.ts";

/** Writes an act of the context's actor. `subjectId` names what it was done to; `detail` holds no secrets. */
export async function recordAudit(
  ctx: TxContext,
  act: AuditAct,
  subjectId: string,
  detail: JsonValue,
): Promise<void> {
  const { tx, tenant, actor, correlationId } = ctx;
  await insertAudit(tx, tenant, {
    id: newId(ctx, "audit"),
    act,
    subjectId,
    actorKind: actor.kind,
    actorId: actor.id,
    correlationId,
    detail,
  });
}
