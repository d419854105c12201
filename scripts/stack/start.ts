// `npm start` on the project's own Node: build where needed, start everything, tell where it is, end cleanly.

import { ConfigError } from "#lib/config.ts";
import { ensureBuilt } from "./build.ts";
import { takeLock } from "./lock.ts";
import { dataPaths } from "./paths.ts";
import { drawScreen } from "./screen.ts";
import { Sentence } from "./sentence.ts";
import { loadEnvFile, readSettings } from "./settings.ts";
import { type Stack, startStack } from "./stack.ts";

const LOCK_WAIT_MS = 25_000;

const say = (line: string) => void process.stdout.write(`${line}\n`);

let stack: Stack | null = null;
let isEnding = false;

/** Ends everything once; a second signal while that goes on changes nothing. */
async function end(exitCode: number): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  if (stack !== null) {
    say("\nStopping…");
    await stack.stop();
  }
  releaseLock();
  process.exit(exitCode);
}

let releaseLock: () => void = () => undefined;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void end(0));
// Whoever started us is gone.
process.once("disconnect", () => void end(0));

async function main(): Promise<void> {
  loadEnvFile();
  const settings = readSettings(process.env);
  releaseLock = await takeLock(
    dataPaths(settings.dataDir).lock,
    LOCK_WAIT_MS,
    `Billtext is already running on ${settings.dataDir}`,
    (pid) => say(`Waiting for the Billtext that runs here (process ${pid}) to end…`),
  );
  await ensureBuilt(say);
  const startedAt = performance.now();
  const running = await startStack({ settings, environment: process.env, say });
  stack = running;
  // A signal that came while starting ends what has been started.
  if (isEnding) return await running.stop();
  say(drawScreen(running, settings, (performance.now() - startedAt) / 1000));
}

try {
  await main();
} catch (error) {
  if (error instanceof Sentence) process.stderr.write(`\n${error.message}\n`);
  else if (error instanceof ConfigError) process.stderr.write(`\n${error.sentences.join("\n")}\n`);
  else
    process.stderr.write(
      `\nBilltext could not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
  await end(1);
}
