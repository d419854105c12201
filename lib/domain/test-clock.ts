// The clock of a merchant's test mode: real time, moved forward by jumps. It never goes back, and rails know nothing
// of it: what is sent to them is translated.

/** How far a clock may be ahead of real time, all its jumps together. */
export const CLOCK_AHEAD_MAX_DAYS = 400;

/** Jumps that are remembered, so that an instant from before the newest ones can be translated. */
export const CLOCK_JUMPS_MAX = 200;

/** Jumps in one minute of real time: each looks through every job that waits. */
export const CLOCK_JUMPS_PER_MINUTE = 60;

export interface ClockJump {
  /** When it was made: real time, milliseconds since 1970 (UTC). */
  readonly atMs: number;
  /** What the clock has been ahead since, in milliseconds. */
  readonly aheadMs: number;
}

/**
 * The real time of an instant of the merchant's (UTC). An instant that the clock jumped over is that of the jump.
 *
 * @param jumps  oldest first
 */
export function realTimeOf(jumps: readonly ClockJump[], instant: Date): Date {
  const ms = instant.getTime();
  for (let index = jumps.length - 1; index >= 0; index -= 1) {
    const jump = jumps[index];
    if (jump === undefined) break;
    if (ms >= jump.atMs + jump.aheadMs) return new Date(ms - jump.aheadMs);
    const aheadBefore = jumps[index - 1]?.aheadMs ?? 0;
    if (ms >= jump.atMs + aheadBefore) return new Date(jump.atMs);
  }
  return instant;
}

/**
 * Milliseconds until the clock may be moved once more; 0: now.
 *
 * @param jumps   oldest first
 * @param realMs  real time, milliseconds since 1970 (UTC)
 */
export function waitForJumpMs(jumps: readonly ClockJump[], realMs: number): number {
  const first = jumps.at(-CLOCK_JUMPS_PER_MINUTE);
  return first === undefined ? 0 : Math.max(0, first.atMs + 60_000 - realMs);
}
