// Reading the audit log.

import { and, desc, eq, like, lt, or } from "drizzle-orm";
import type { Tenant } from "#lib/domain/tenant.ts";
import { auditEntries } from "../schema/events.ts";
import type { Tx } from "../transaction.ts";

export type AuditEntry = typeof auditEntries.$inferSelect;

export interface AuditFilter {
  /** The first word of an act, such as `key`. */
  readonly area?: string;
  /** The last row of the page before. */
  readonly after?: { readonly createdAt: Date; readonly id: string };
}

/** One page, newest first. */
export async function listAuditRows(
  tx: Tx,
  tenant: Tenant,
  { area, after }: AuditFilter,
  limit: number,
): Promise<AuditEntry[]> {
  return await tx.sql
    .select()
    .from(auditEntries)
    .where(
      and(
        eq(auditEntries.merchantId, tenant.merchantId),
        eq(auditEntries.mode, tenant.mode),
        area === undefined ? undefined : like(auditEntries.act, `${area}.%`),
        after === undefined
          ? undefined
          : or(
              lt(auditEntries.at, after.createdAt),
              and(eq(auditEntries.at, after.createdAt), lt(auditEntries.id, after.id as AuditEntry["id"])),
            ),
      ),
    )
    .orderBy(desc(auditEntries.at), desc(auditEntries.id))
    .limit(limit);
}
