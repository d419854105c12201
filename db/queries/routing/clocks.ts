// The clocks of merchants' test modes.

import { eq } from "drizzle-orm";
import type { MerchantId } from "#lib/domain/ids.ts";
import type { ClockJump } from "#lib/domain/test-clock.ts";
import { testClocks } from "../../schema/routing.ts";
import { realNow, type Tx } from "../../transaction.ts";

/** Every jump that the clock remembers, oldest first; none where it was never moved. */
export async function listClockJumps(tx: Tx, merchantId: MerchantId): Promise<readonly ClockJump[]> {
  const [row] = await tx.sql
    .select({ jumps: testClocks.jumps })
    .from(testClocks)
    .where(eq(testClocks.merchantId, merchantId));
  return row?.jumps ?? [];
}

/** Sets how far the clock is ahead. The caller is alone in the merchant's test mode. */
export async function writeClock(
  tx: Tx,
  merchantId: MerchantId,
  aheadMs: number,
  jumps: readonly ClockJump[],
): Promise<void> {
  const values = { offsetMs: aheadMs, jumps, updatedAt: realNow(tx) };
  await tx.sql
    .insert(testClocks)
    .values({ merchantId, ...values })
    .onConflictDoUpdate({ target: testClocks.merchantId, set: values });
}

/** The database's time at this moment (UTC), not at the transaction's start. */
export async function readWallClock(tx: Tx): Promise<Date> {
  const { rows } = await tx.client.query<{ now: Date }>("select clock_timestamp() as now");
  const now = rows[0]?.now;
  if (now === undefined) throw new Error("The database did not tell its time.");
  return now;
}
