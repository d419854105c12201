// Who did what that matters, for people who may know.

import { type AuditEntry, listAuditRows } from "#db/queries/audit-log.ts";
import { findUser } from "#db/queries/people.ts";
import { AUDIT_AREAS, type AuditArea } from "#lib/domain/audit.ts";
import { parseId } from "#lib/domain/ids.ts";
import { look, requirePermission, type ServiceContext, type TxContext } from "../context.ts";
import { decodeCursor, type Page, toPage } from "../cursor.ts";

export interface AuditView {
  readonly entry: AuditEntry;
  /** A person's address, a key's id, or what the system is called. */
  readonly actor: string;
}

/**
 * One page of the mode's log, newest first. Acts on the team are in live mode's.
 *
 * @param limit  1 to 100
 * @throws permission_denied  the caller's role lacks audit.read
 * @throws invalid_request    the cursor is not ours
 */
export async function listAuditLog(
  ctx: ServiceContext,
  {
    area,
    cursor,
    limit,
  }: { readonly area: AuditArea | null; readonly cursor: string | null; readonly limit: number },
): Promise<Page<AuditView>> {
  requirePermission(ctx, "audit.read");
  const after = cursor === null ? null : decodeCursor(cursor);
  return await look(ctx, async (inTx) => {
    const filter = { ...(area === null ? {} : { area }), ...(after === null ? {} : { after }) };
    const rows = await listAuditRows(inTx.tx, inTx.tenant, filter, limit + 1);
    const page = toPage(
      rows.map((entry) => ({ ...entry, createdAt: entry.at })),
      limit,
    );
    const items: AuditView[] = [];
    for (const entry of page.items) items.push({ entry, actor: await actorOf(inTx, entry) });
    return { items, nextCursor: page.nextCursor };
  });
}

async function actorOf({ tx }: TxContext, { actorKind, actorId }: AuditEntry): Promise<string> {
  const userId = actorKind === "user" ? parseId("user", actorId) : null;
  const user = userId === null ? null : await findUser(tx, userId);
  return user?.email ?? actorId;
}

/** True for a word that names an area of the log. */
export function parseAuditArea(text: string): AuditArea | null {
  return AUDIT_AREAS.find((area) => area === text) ?? null;
}
