// Every connection that this process begins, by the address it would go to. Those to this machine are made; all
// others are led to a port here that hangs up, so that a test touches nobody else's machine.

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { createServer, isIP, type LookupFunction, Socket } from "node:net";

export interface SocketSpy {
  /** Addresses in the order they were gone to, and forgets them; a name that Node itself would resolve stays a name. */
  take(): string[];
  stop(): Promise<void>;
}

interface ConnectOptions {
  readonly host?: string;
  /** Of a socket file. */
  readonly path?: string | null;
  readonly lookup?: LookupFunction;
}

export async function spyOnSockets(): Promise<SocketSpy> {
  const drain = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => drain.listen(0, "127.0.0.1", resolve));
  const bound = drain.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  let targets: string[] = [];
  let opened = 0;
  // Node's own word for it, in case a way out should not pass by what is replaced below.
  const count = () => {
    opened += 1;
  };
  subscribe("net.client.socket", count);
  const connect = Socket.prototype.connect;
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
    const [first] = args;
    const options = (Array.isArray(first) ? first[0] : first) as ConnectOptions;
    const found = targetsOf(options);
    targets.push(...found);
    if (found.every((target) => target === "127.0.0.1" || target === "::1")) {
      return Reflect.apply(connect, this, args);
    }
    return Reflect.apply(connect, this, [{ host: "127.0.0.1", port }]);
  } as typeof connect;
  return {
    take() {
      const taken = targets;
      if (opened !== taken.length)
        throw new Error(`${opened} sockets were opened, ${taken.length} were seen.`);
      targets = [];
      opened = 0;
      return taken;
    },
    async stop() {
      Socket.prototype.connect = connect;
      unsubscribe("net.client.socket", count);
      await new Promise((resolve) => drain.close(resolve));
    },
  };
}

function targetsOf({ host = "localhost", path, lookup }: ConnectOptions): string[] {
  if (typeof path === "string") return [`unix:${path}`];
  if (isIP(host) !== 0) return [host];
  const found: string[] = [];
  // One that answers at once, as a pinned address does; any other leaves the name standing, and that is no address.
  lookup?.(host, { all: true }, (_error, addresses) => {
    if (Array.isArray(addresses)) found.push(...addresses.map(({ address }) => address));
  });
  return found.length > 0 ? found : [host];
}
