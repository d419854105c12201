// The worker process: claims jobs, runs the clock's chores, and ends cleanly. Any number may run.

import { ConfigError, getConfig } from "#lib/config.ts";
import { createRuntime, type Runtime } from "#lib/context.ts";
import { registerJobs } from "./jobs/register.ts";
import { startSchedule } from "./schedule.ts";

const START_RETRY_MS = 1_000;
const STOP_MS = 15_000;

function openRuntime(): Runtime {
  try {
    return createRuntime("worker", getConfig());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const sentence of error.sentences) process.stderr.write(`${sentence}\n`);
    process.exit(1);
  }
}

const runtime = openRuntime();
const { deps } = runtime;
const { log } = deps;

let stopping: Promise<void> | null = null;
let stopSchedule: () => Promise<void> = async () => undefined;

/** Stops claiming, lets what runs finish, gives the rest back. */
function stop(exitCode: number): void {
  stopping ??= (async () => {
    setTimeout(() => process.exit(exitCode), STOP_MS).unref();
    await stopSchedule();
    await runtime.close();
    log.info("worker.stopped");
    process.exit(exitCode);
  })();
}

process.once("SIGTERM", () => stop(0));
process.once("SIGINT", () => stop(0));
// The launcher that started this process is gone: nobody would end it any more.
process.once("disconnect", () => stop(0));
// Nothing is known about the state of the process after these, so it ends and is started again.
process.on("uncaughtException", (error) => {
  log.error("process.unexpected", { error });
  stop(1);
});
process.on("unhandledRejection", (error) => {
  log.error("process.unexpected", { error });
  stop(1);
});

/** The database may come later than the worker; it is waited for. */
async function start(): Promise<void> {
  while (stopping === null) {
    try {
      await deps.queue.start();
      await registerJobs(deps);
      stopSchedule = startSchedule(deps);
      log.info("worker.ready");
      process.send?.({ ready: true });
      return;
    } catch (error) {
      log.warn("worker.not_ready", { error });
      await new Promise((resolve) => setTimeout(resolve, START_RETRY_MS));
    }
  }
}

await start();
