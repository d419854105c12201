// Checks everything that must hold over the whole database, and changes nothing.

import { toServiceError } from "#db/errors.ts";
import { inSnapshot, type Snapshot } from "#db/queries/audit/snapshot.ts";
import { INVARIANTS, type Invariant } from "./invariants.ts";

export interface AuditLine extends Pick<Invariant, "id" | "holds" | "unseen"> {
  /** Rows that the invariant speaks of. */
  readonly rows: number;
  readonly violations: number;
  /** Up to five: what breaks it, and how. No personal data. */
  readonly examples: readonly string[];
  readonly durationMs: number;
}

/**
 * Checks every invariant on one snapshot, all merchants and both modes. Times are the database's.
 *
 * @param url  a login that may read as `billtext_audit`
 * @throws service_unavailable  the database does not answer
 */
export async function runAudit(url: string): Promise<AuditLine[]> {
  try {
    return await inSnapshot(url, checkAll);
  } catch (error) {
    throw toServiceError(error);
  }
}

/** The same on a snapshot that is open already. */
export async function checkAll(snapshot: Snapshot): Promise<AuditLine[]> {
  const lines: AuditLine[] = [];
  for (const { id, holds, unseen, check } of INVARIANTS) {
    const startedAt = performance.now();
    const finding = await check(snapshot);
    lines.push({ id, holds, unseen, ...finding, durationMs: Math.round(performance.now() - startedAt) });
  }
  return lines;
}

/** One line for a person; the examples of a violation below it. */
export function describeLine({ id, holds, rows, violations, examples, durationMs }: AuditLine): string {
  const verdict = violations === 0 ? "holds" : `${violations} violation${violations === 1 ? "" : "s"}`;
  const head = `${id}  ${holds.padEnd(52)}${String(rows).padStart(9)} rows  ${verdict.padEnd(14)}${String(durationMs).padStart(6)} ms`;
  return [head, ...examples.map((example) => `      ${example}`)].join("\n");
}
