// The clock of a merchant's test mode: moved forward, so that what takes days can be tried in seconds.

import { listClockJumps, readWallClock, writeClock } from "#db/queries/routing/clocks.ts";
import { aloneInTestMode, realNow } from "#db/transaction.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import {
  CLOCK_AHEAD_MAX_DAYS,
  CLOCK_JUMPS_MAX,
  CLOCK_JUMPS_PER_MINUTE,
  type ClockJump,
  waitForJumpMs,
} from "#lib/domain/test-clock.ts";
import { requirePermission, type ServiceContext, transact } from "../context.ts";
import { recordAudit } from "../record-audit.ts";
import { requireTestMode } from "./test-mode.ts";

export interface TestClock {
  /** The merchant's time in test mode (UTC). */
  readonly now: Date;
  /** The database's time (UTC). */
  readonly realNow: Date;
  /** Milliseconds. */
  readonly aheadMs: number;
}

/**
 * @throws permission_denied  a live key, or one without merchant:read
 */
export async function readTestClock(ctx: ServiceContext): Promise<TestClock> {
  requireTestMode(ctx);
  requirePermission(ctx, "clock.read");
  return await transact(ctx, async ({ tx }) => ({
    now: tx.now,
    realNow: realNow(tx),
    aheadMs: tx.clockOffsetMs,
  }));
}

/** How far, or until when. */
export type ClockMove = { readonly byMs: number } | { readonly to: Date };

const AHEAD_MAX_MS = CLOCK_AHEAD_MAX_DAYS * 86_400_000;

/**
 * Moves the clock forward and brings what waits of this merchant's test mode as much nearer: deadlines, questions to
 * rails, callbacks, texts. Rails and the SMS provider stay in real time, and so do keys, signatures and the caps of
 * texts per number.
 *
 * @throws permission_denied        a live key, or one without merchant:write
 * @throws simulation_not_possible  back or to the same time, or more than 400 days ahead of real time in all
 * @throws rate_limited             60 times in a minute already
 * @throws clock_busy               this merchant's test mode was busy all the while
 */
export async function moveTestClock(ctx: ServiceContext, move: ClockMove): Promise<TestClock> {
  requireTestMode(ctx);
  requirePermission(ctx, "clock.move");
  const { merchantId } = ctx.tenant;
  return await aloneInTestMode(ctx.db, merchantId, async (tx) => {
    // Not the transaction's time: it may have waited for its turn.
    const realMs = (await readWallClock(tx)).getTime();
    const byMs = "byMs" in move ? move.byMs : move.to.getTime() - realMs - tx.clockOffsetMs;
    const pointer = "byMs" in move ? "/advance_seconds" : "/to";
    if (byMs <= 0) {
      throw new ServiceError("simulation_not_possible", "The clock goes forward only.", { pointer });
    }
    const aheadMs = tx.clockOffsetMs + byMs;
    if (aheadMs > AHEAD_MAX_MS) {
      throw new ServiceError(
        "simulation_not_possible",
        `The clock can be ${CLOCK_AHEAD_MAX_DAYS} days ahead of real time at most.`,
        { pointer },
      );
    }
    const jumps = await listClockJumps(tx, merchantId);
    const waitMs = waitForJumpMs(jumps, realMs);
    if (waitMs > 0) {
      throw new ServiceError("rate_limited", `The clock moves ${CLOCK_JUMPS_PER_MINUTE} times a minute.`, {
        retryAfterSeconds: Math.ceil(waitMs / 1000),
      });
    }
    const jump: ClockJump = { atMs: realMs, aheadMs };
    await writeClock(tx, merchantId, aheadMs, [...jumps, jump].slice(-CLOCK_JUMPS_MAX));
    await ctx.queue.pullForward(tx, merchantId, byMs);
    await recordAudit({ ...ctx, tx }, "clock.moved", merchantId, { byMs, aheadMs });
    return { now: new Date(realMs + aheadMs), realNow: new Date(realMs), aheadMs };
  });
}
