import { setTimeout as sleep } from "node:timers/promises";

/** Waits until `probe` gives something other than null, undefined or false; fails with `what` after the deadline. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | null | false | undefined>,
  deadlineMs = 15_000,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const value = await probe();
    if (value !== null && value !== false && value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`In vain waited for: ${what}.`);
    await sleep(50);
  }
}
