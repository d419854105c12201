// What was simulated comes back as the rail's own message, a moment later.

import { setTimeout as sleep } from "node:timers/promises";

const TRIES = 20;
const PAUSE_MS = 100;

/** Waits up to two seconds for a new version of `before`; where none comes, it is returned as it is. */
export async function awaitNews<T extends { readonly version: number }>(
  before: T,
  read: () => Promise<T | null>,
): Promise<T> {
  let current = before;
  for (let attempt = 0; attempt < TRIES && current.version === before.version; attempt += 1) {
    await sleep(PAUSE_MS);
    current = (await read()) ?? current;
  }
  return current;
}
