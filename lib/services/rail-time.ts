// Rails live in real time; the clock of a merchant's test mode may be ahead of it. What is told to a rail is
// translated here, and so is what a rail tells.

import { listClockJumps } from "#db/queries/routing/clocks.ts";
import type { Tx } from "#db/transaction.ts";
import type { RailOutcome } from "#lib/domain/ports/rail.ts";
import { realTimeOf } from "#lib/domain/test-clock.ts";
import type { TxContext } from "./context.ts";

/** An instant of the tenant's (UTC) in real time. */
export type ToRailTime = (instant: Date) => Date;

/** How this tenant's instants, stored ones too, are told to a rail. */
export async function railTime({ tx, tenant }: TxContext): Promise<ToRailTime> {
  if (tx.clockOffsetMs === 0) return (instant) => instant;
  const jumps = await listClockJumps(tx, tenant.merchantId);
  return (instant) => realTimeOf(jumps, instant);
}

/** What a rail said, with its deadlines by the tenant's clock. */
export function inTenantTime(tx: Tx, outcome: RailOutcome): RailOutcome {
  if (!("expiresAt" in outcome) || outcome.expiresAt === null) return outcome;
  return { ...outcome, expiresAt: toTenantTime(tx, outcome.expiresAt) };
}

/** An instant of a rail's (UTC) by the tenant's clock. */
export function toTenantTime(tx: Tx, instant: Date): Date {
  return new Date(instant.getTime() + tx.clockOffsetMs);
}
