// One launcher a data folder. A lock whose process is gone is taken over.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Sentence } from "./sentence.ts";

const PAUSE_MS = 200;

/** When a process began, in clock ticks since boot, so that a reused number is not taken for it. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

function isAlive(pid: number, start: string | null): boolean {
  if (process.platform === "linux") return startOf(pid) !== null && startOf(pid) === start;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

interface Holder {
  readonly pid: number;
  readonly start: string | null;
}

function readHolder(path: string): Holder | null {
  try {
    const [pid, start] = readFileSync(path, "utf8").trim().split(" ");
    return { pid: Number(pid), start: start ?? null };
  } catch {
    return null;
  }
}

/**
 * Takes the lock, waiting for a launcher that is just ending. Returns the function that gives it back.
 *
 * @throws Sentence  another launcher runs on this folder
 */
export async function takeLock(
  path: string,
  waitMs: number,
  what: string,
  onWait: (pid: number) => void = () => undefined,
): Promise<() => void> {
  mkdirSync(dirname(path), { recursive: true });
  const deadline = performance.now() + waitMs;
  let hasTold = false;
  const mine = `${process.pid} ${startOf(process.pid) ?? ""}`;
  for (;;) {
    try {
      writeFileSync(path, mine, { flag: "wx" });
      return () => {
        if (readHolder(path)?.pid === process.pid) rmSync(path, { force: true });
      };
    } catch (error) {
      const isHeld = error instanceof Error && "code" in error && error.code === "EEXIST";
      if (!isHeld) throw error;
    }
    const holder = readHolder(path);
    if (holder !== null && !isAlive(holder.pid, holder.start)) {
      rmSync(path, { force: true });
      continue;
    }
    if (performance.now() > deadline) {
      throw new Sentence(`${what} (process ${holder?.pid ?? "unknown"}). Stop that one first.`);
    }
    if (!hasTold) onWait(holder?.pid ?? 0);
    hasTold = true;
    await sleep(PAUSE_MS);
  }
}
