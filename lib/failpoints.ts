// What a process does at the points that are set for it.

import { AsyncLocalStorage } from "node:async_hooks";
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { FailpointAction, FailpointName, Failpoints, SetFailpoint } from "./domain/failpoints.ts";

export interface ProcessFailpoints extends Failpoints {
  /** Tells how to cut the connection of the request that is served from here on in this call chain. */
  enterRequest(cut: () => void): void;
}

/** One line about a point that is about to act. */
export interface FailpointHit {
  readonly failpoint: FailpointName;
  readonly action: FailpointAction;
  /** Counted from 1, in this process. */
  readonly hit: number;
}

/** Null where nothing is set. Each point that acts says so before it does. */
export function createFailpoints(
  points: readonly SetFailpoint[],
  say: (hit: FailpointHit) => void = writeAtOnce,
): ProcessFailpoints | null {
  if (points.length === 0) return null;
  const hits = new Map<FailpointName, number>();
  const connection = new AsyncLocalStorage<() => void>();
  return {
    enterRequest: (cut) => connection.enterWith(cut),
    async reach(name) {
      const hit = (hits.get(name) ?? 0) + 1;
      hits.set(name, hit);
      for (const point of points) {
        if (point.name !== name || (point.onHit !== null && point.onHit !== hit)) continue;
        say({ failpoint: name, action: point.action, hit });
        await act(point, connection.getStore());
      }
    },
  };
}

/** The log writes a little later, and this process may have no later. */
function writeAtOnce(hit: FailpointHit): void {
  writeSync(2, `${JSON.stringify({ ...hit, pid: process.pid, msg: "failpoint.reached" })}\n`);
}

async function act({ name, action, delayMs }: SetFailpoint, cut: (() => void) | undefined): Promise<void> {
  switch (action) {
    case "kill":
      process.kill(process.pid, "SIGKILL");
      return await forever();
    case "throw":
      throw new Error(`The failpoint ${name} is set to throw.`);
    case "hang":
      return await forever();
    case "delay":
      return void (await sleep(delayMs));
    case "drop":
      if (cut === undefined) throw new Error(`At the failpoint ${name} no request is being served.`);
      return cut();
  }
}

function forever(): Promise<never> {
  return new Promise(() => undefined);
}
