// Whether a port is free, told before anything is started on it.

import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Sentence } from "./sentence.ts";

/** True where something answers on this machine's port. */
export function isAnswering(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    const end = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
    socket.setTimeout(1_000, () => end(false));
  });
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * Waits a little for a port that is just being given back.
 *
 * @throws Sentence  it stays in use
 */
export async function requireFreePort(
  port: number,
  setting: string,
  host: string,
  waitMs = 3_000,
): Promise<void> {
  const deadline = performance.now() + waitMs;
  while (!(await canListen(port, host))) {
    if (performance.now() > deadline) {
      throw new Sentence(
        `Port ${port} is in use. Stop what uses it, or choose another: ${setting}=${port + 1} npm start`,
      );
    }
    await sleep(200);
  }
}

/** A port that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port: 0, host: "127.0.0.1" }, () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
