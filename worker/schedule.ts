// Chores that come round by the clock. Every worker runs them; each chore is safe to run at once in several.

import { purgeOld, sweepDeadlines } from "#lib/services/chores.ts";
import type { ServiceDeps } from "#lib/services/context.ts";
import { sendDueMail } from "#lib/services/people/mail.ts";

interface Chore {
  readonly name: string;
  readonly everyMs: number;
  readonly run: (deps: ServiceDeps) => Promise<void>;
}

const CHORES: readonly Chore[] = [
  { name: "expire", everyMs: 2_000, run: sweepAllDeadlines },
  { name: "mail", everyMs: 1_000, run: sendAllDueMail },
  { name: "purge", everyMs: 3_600_000, run: purgeOld },
];

async function sweepAllDeadlines(deps: ServiceDeps): Promise<void> {
  let isFull = true;
  while (isFull) ({ isFull } = await sweepDeadlines(deps));
}

async function sendAllDueMail(deps: ServiceDeps): Promise<void> {
  while ((await sendDueMail(deps)) > 0);
}

/** Starts the chores; the function it returns stops them and waits for the one that runs. */
export function startSchedule(deps: ServiceDeps): () => Promise<void> {
  const running = new Set<Promise<void>>();
  const timers = CHORES.map((chore) => {
    let isRunning = false;
    const run = async () => {
      if (isRunning) return;
      isRunning = true;
      try {
        await chore.run(deps);
      } catch (error) {
        deps.log.warn("chore.failed", { chore: chore.name, error });
      } finally {
        isRunning = false;
      }
    };
    const tick = () => {
      const done = run();
      running.add(done);
      void done.finally(() => running.delete(done));
    };
    // A worker that is restarted every hour would otherwise never come to the rarer chores.
    tick();
    return setInterval(tick, chore.everyMs);
  });
  return async () => {
    for (const timer of timers) clearInterval(timer);
    await Promise.all(running);
  };
}
