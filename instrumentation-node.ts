// What the web process needs from Node: its settings checked, its runtime built, and a clean end.

import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { ConfigError } from "#lib/config.ts";
import { getWebRuntime } from "#lib/context.ts";
import { type ArrivingRequest, noteClientAddress } from "#lib/http/client-address.ts";
import { type RoutedRequest, tameRequest } from "#lib/http/tame-request.ts";

const SHUTDOWN_MS = 15_000;

export async function startWeb(): Promise<void> {
  try {
    const { config, deps, failpoints } = getWebRuntime();
    // The only way to tell next-auth where it is.
    process.env.NEXTAUTH_URL = config.origin;
    // Node tells of each request here before its server, Next's, gets to see it.
    subscribe("http.server.request.start", (message) => {
      const { request, socket } = message as {
        readonly request: RoutedRequest & ArrivingRequest;
        readonly socket: Socket;
      };
      tameRequest(request);
      noteClientAddress(request, config.trustedProxyHops);
      failpoints?.enterRequest(() => socket.destroy());
    });
    // The queue is warmed up here; where the database is not there yet, the first request tries again.
    await deps.queue.start().catch((error: unknown) => deps.log.warn("queue.not_ready", { error }));
    endWithParent(() => process.kill(process.pid, "SIGTERM"));
    process.on("unhandledRejection", (error) => end(deps.log.error, error));
    process.on("uncaughtException", (error) => end(deps.log.error, error));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const sentence of error.sentences) process.stderr.write(`${sentence}\n`);
    process.exit(1);
  }
}

/** The launcher that started this process is gone: nobody would end it any more. */
function endWithParent(stop: () => void): void {
  if (process.connected) process.once("disconnect", stop);
}

/** Nothing is known about the state of the process after this, so it ends and is started again. */
function end(log: (event: string, fields: Record<string, unknown>) => void, error: unknown): void {
  log("process.unexpected", { error });
  process.exitCode = 1;
  setTimeout(() => process.exit(1), SHUTDOWN_MS).unref();
  process.kill(process.pid, "SIGTERM");
}
