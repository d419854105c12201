// Child processes: started, watched, started again when they die, and ended together.

import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync, statSync, truncateSync, type WriteStream } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Sentence } from "./sentence.ts";

export interface ServiceSpec {
  readonly name: string;
  /** Program and arguments, run on this Node. */
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** True once it can do its work. */
  readonly isReady: (child: ChildProcess) => Promise<boolean>;
}

export interface RunningService {
  readonly name: string;
  /** The process that runs now; changes when it was started again. */
  pid(): number;
  /** Ends it and does not start it again. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would; it is started again. */
  kill(): void;
  /** How its processes have ended, the first one first. */
  deaths(): readonly Death[];
  /**
   * Ends it and starts it again. The next processes get these settings beside its own, a set for each; those after
   * them get none. Returns when the first of them is ready.
   */
  restart(...settings: readonly Readonly<Record<string, string>>[]): Promise<void>;
}

export interface Death {
  readonly pid: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const READY_MS = 60_000;
const STOP_MS = 20_000;
/** A process that dies this often in a row before it is ready will not get better by itself. */
const DEATHS_MAX = 3;
const RESTART_PAUSE_MS = 500;
const LOG_BYTES_MAX = 10 * 1024 * 1024;
const KEPT_CHARACTERS = 4_000;

/**
 * Starts a process and waits until it is ready. From then on it is started again whenever it dies.
 *
 * @throws Sentence  it dies at once, with the last thing it said
 */
export async function startService(spec: ServiceSpec, logDir: string): Promise<RunningService> {
  const log = openLog(logDir, spec.name);
  const ends: Death[] = [];
  const settingsToCome: Readonly<Record<string, string>>[] = [];
  let isStopping = false;
  let child = launch(spec, log);
  let lastWords = keepLastWords(child);

  const died = (current: ChildProcess) => current.exitCode !== null || current.signalCode !== null;

  async function waitUntilReady(): Promise<void> {
    let deaths = 0;
    const deadline = performance.now() + READY_MS;
    while (performance.now() < deadline) {
      if (died(child)) {
        deaths += 1;
        if (deaths >= DEATHS_MAX || isStopping)
          throw new Sentence(`The ${spec.name} process does not start: ${lastWords()}`);
        await sleep(RESTART_PAUSE_MS);
        child = launch(spec, log);
        lastWords = keepLastWords(child);
      }
      if (await spec.isReady(child)) return;
      await sleep(50);
    }
    throw notReady();
  }

  function notReady(): Sentence {
    return new Sentence(
      `The ${spec.name} process was not ready in ${READY_MS / 1000} seconds; see ${join(logDir, `${spec.name}.log`)}.`,
    );
  }

  function watch(): void {
    const { pid = 0 } = child;
    child.once("exit", (code, signal) => {
      ends.push({ pid, code, signal });
      if (isStopping) return;
      setTimeout(() => {
        if (isStopping) return;
        child = launch({ ...spec, env: { ...spec.env, ...settingsToCome.shift() } }, log);
        watch();
      }, RESTART_PAUSE_MS);
    });
  }

  try {
    await waitUntilReady();
  } catch (error) {
    isStopping = true;
    child.kill("SIGKILL");
    throw error;
  }
  watch();
  return {
    name: spec.name,
    pid: () => child.pid ?? 0,
    kill: () => void child.kill("SIGKILL"),
    deaths: () => ends,
    async restart(...settings) {
      const before = child;
      settingsToCome.splice(0, settingsToCome.length, ...settings);
      before.kill("SIGTERM");
      const deadline = performance.now() + READY_MS;
      while (child === before || died(child) || !(await spec.isReady(child))) {
        if (performance.now() > deadline) throw notReady();
        await sleep(50);
      }
    },
    async stop() {
      isStopping = true;
      if (died(child)) return;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await ended;
      clearTimeout(timer);
      log.end();
    },
  };
}

function launch(spec: ServiceSpec, log: WriteStream): ChildProcess {
  const child = spawn(process.execPath, [...spec.args], {
    cwd: spec.cwd,
    env: { NODE_ENV: "production", ...spec.env },
    // The channel tells the child when we are gone.
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  child.on("error", () => undefined);
  return child;
}

/** What it wrote to stderr last, for a sentence about why it does not start. */
function keepLastWords(child: ChildProcess): () => string {
  let text = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    text = `${text}${chunk.toString("utf8")}`.slice(-KEPT_CHARACTERS);
  });
  return () => text.trim().split("\n").slice(-3).join(" ") || "it said nothing.";
}

function openLog(dir: string, name: string): WriteStream {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, `${name}.log`);
  try {
    if (statSync(path).size > LOG_BYTES_MAX) truncateSync(path);
  } catch {
    // There is none yet.
  }
  const log = createWriteStream(path, { flags: "a", mode: 0o600 });
  // A full disk must not end the service for the sake of its log.
  log.on("error", () => undefined);
  return log;
}

/** Ready when the process says so through its channel. */
export function readyByMessage(): (child: ChildProcess) => Promise<boolean> {
  const ready = new WeakSet<ChildProcess>();
  const known = new WeakSet<ChildProcess>();
  return async (child) => {
    if (!known.has(child)) {
      known.add(child);
      child.on("message", (message: unknown) => {
        if (typeof message === "object" && message !== null && "ready" in message) ready.add(child);
      });
    }
    return ready.has(child);
  };
}

/** Ready when an address answers 200. */
export function readyByHttp(url: string): () => Promise<boolean> {
  return async () => {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      await response.arrayBuffer();
      return response.ok;
    } catch {
      return false;
    }
  };
}
