import { createServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import { createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ownAddresses, resolveAll } from "#lib/callbacks/guard.ts";
import { createCallbackSender } from "#lib/callbacks/sender.ts";
import { ServiceError } from "#lib/domain/errors.ts";
import type { CallbackPort, CallbackResult } from "#lib/domain/ports/callback.ts";
import type { Mode } from "#lib/domain/tenant.ts";
import { CORPUS } from "./corpus.ts";
import { type NameServer, startNameServer } from "./name-server.ts";
import { ODD_LOOPBACK, OWN_LOOPBACK, OWN_URLS, TRIED } from "./receivers.ts";
import { type SocketSpy, spyOnSockets } from "./socket-spy.ts";

let names: NameServer;
let sockets: SocketSpy;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  names = await startNameServer();
  sockets = await spyOnSockets();
});
afterAll(async () => {
  await sockets.stop();
  for (const close of closing) close();
  names.close();
});
beforeEach(() => {
  sockets.take();
});

/** As the composition root makes it, but for the name server. */
function sender(isLoopbackAllowed: boolean): CallbackPort {
  return createCallbackSender({
    isLoopbackAllowed,
    ports: [443, 8443],
    own: ownAddresses(OWN_URLS),
    resolve: (name) => resolveAll(name, [names.address]),
    timeoutMs: 2_000,
    connectTimeoutMs: 1_000,
  });
}

const post = (port: CallbackPort, url: string, mode: Mode): Promise<CallbackResult> =>
  port.post({
    url,
    mode,
    eventId: "evt_1",
    body: '{"text":"a\\r\\nX-Injected: 1"}',
    secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    now: new Date(),
  });

/** `taken`, or the code of the refusal. */
const vet = (port: CallbackPort, url: string, mode: Mode): Promise<string> =>
  port.vet(url, mode, "/callback_url").then(
    () => "taken",
    (error: unknown) => (error instanceof ServiceError ? error.code : String(error)),
  );

/** Live, test, and test on an installation that takes loopback addresses in that mode. */
const SETTINGS: readonly (readonly [mode: Mode, isLoopbackAllowed: boolean])[] = [
  ["live", true],
  ["test", false],
  ["test", true],
];

async function expectRefused(url: string, settings = SETTINGS): Promise<void> {
  for (const [mode, isLoopbackAllowed] of settings) {
    const port = sender(isLoopbackAllowed);
    const said = [url, mode, isLoopbackAllowed];
    expect([...said, await vet(port, url, mode)]).toEqual([...said, "url_not_allowed"]);
    const { isBlocked, isDelivered, status } = await post(port, url, mode);
    expect([...said, { isBlocked, isDelivered, status }]).toEqual([
      ...said,
      { isBlocked: true, isDelivered: false, status: null },
    ]);
    expect([...said, sockets.take()]).toEqual([...said, []]);
  }
}

/** The three loopback names are taken in test mode where the installation says so: not for these settings. */
const isLoopbackName = (url: string) =>
  URL.canParse(url) && ["localhost", "127.0.0.1", "[::1]"].includes(new URL(url).hostname);
const STRICT = SETTINGS.slice(0, 2);

async function listen(server: Server | TcpServer, host = "127.0.0.1"): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  closing.push(() => server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Where nobody should come. */
function listenSilently(onConnection: () => void, host?: string): Promise<number> {
  const trap = createTcpServer((socket) => {
    onConnection();
    socket.destroy();
  });
  return listen(trap, host);
}

describe("the corpus", () => {
  it("has the families it is there for, and enough of each", () => {
    const sizes = Object.values(CORPUS).map(
      ({ refused = [], blocked = {} }) => refused.length + Object.keys(blocked).length,
    );
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(8);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThanOrEqual(300);
  });
});

describe("an address of the corpus", () => {
  const families = Object.entries(CORPUS);

  it.each(
    families.flatMap(([letter, { what, refused = [] }]) =>
      refused.length === 0 ? [] : [[letter, what, refused] as const],
    ),
  )(
    "(%s: %s) is refused when stored and when sent, with no socket opened",
    async (_letter, _what, refused) => {
      for (const url of refused) await expectRefused(url, isLoopbackName(url) ? STRICT : SETTINGS);
    },
  );

  it.each(
    families.flatMap(([letter, { what, blocked }]) =>
      blocked === undefined ? [] : [[letter, what, blocked] as const],
    ),
  )(
    "(%s: %s) is looked up, then refused when stored and when sent, with no socket opened",
    async (_letter, _what, blocked) => {
      for (const [name, zone] of Object.entries(blocked)) {
        names.set(name, zone);
        await expectRefused(`https://${name}/hook`);
        expect(names.asked(name)).toBeGreaterThan(0);
      }
    },
  );
});

describe("an ordinary receiver", () => {
  it.each(TRIED)("%s is taken, and is called at the address its name has", async (url, name, zone, at) => {
    names.set(name, zone);
    expect(await vet(sender(true), url, "live")).toBe("taken");
    expect(sockets.take()).toEqual([]);
    const result = await post(sender(true), url, "live");
    expect(result).toMatchObject({ isBlocked: false, isDelivered: false, resolvedIp: at });
    expect(sockets.take()).toEqual([at]);
  });
});

describe("a name that changes what it leads to", () => {
  it("between its storing and a call is blocked at the call, and called again when it is public again", async () => {
    const url = "https://flip.attacker.net/hook";
    const port = sender(true);
    const isPrivateAt = [false, true, true, false];
    const seen: unknown[] = [];
    for (const isPrivate of isPrivateAt) {
      names.set("flip.attacker.net", { a: [isPrivate ? "169.254.169.254" : "93.184.216.34"] });
      if (seen.length === 0) expect(await vet(port, url, "live")).toBe("taken");
      const { isBlocked } = await post(port, url, "live");
      seen.push([isBlocked, sockets.take()]);
    }
    expect(seen).toEqual([
      [false, ["93.184.216.34"]],
      [true, []],
      [true, []],
      [false, ["93.184.216.34"]],
    ]);
  });

  it.each(["127.0.0.1", "10.0.0.1", "169.254.169.254"])(
    "between the check and the connection (%s) is called where it was checked, asked once of each family",
    async (hidden) => {
      const name = `rebind-${hidden}.attacker.net`;
      // The check asks for both families; whoever asks after that is told the hidden address.
      names.set(name, (question) => ({ a: [question <= 2 ? "93.184.216.34" : hidden] }));
      const result = await post(sender(true), `https://${name}/hook`, "live");
      expect(result).toMatchObject({ isBlocked: false, resolvedIp: "93.184.216.34" });
      expect(sockets.take()).toEqual(["93.184.216.34"]);
      expect(names.asked(name)).toBe(2);
    },
  );

  it("from one family to the other is refused for the private one", async () => {
    names.set("split.attacker.net", (question) =>
      question % 2 === 1 ? { a: ["93.184.216.34"] } : { a: ["93.184.216.34"], aaaa: ["::1"] },
    );
    for (let time = 0; time < 4; time += 1) {
      const { isBlocked } = await post(sender(true), "https://split.attacker.net/", "live");
      expect(sockets.take().filter((target) => target !== "93.184.216.34")).toEqual([]);
      if (isBlocked) return;
    }
    throw new Error("The private address was never seen.");
  });
});

describe("an address on this machine", () => {
  it("is reached in test mode where the installation allows it, and there alone", async () => {
    let received = 0;
    const port = await listen(
      createServer((_request, response) => {
        received += 1;
        response.writeHead(204).end();
      }),
    );
    const url = `http://localhost:${port}/hook`;
    expect(await vet(sender(true), url, "test")).toBe("taken");
    expect(await post(sender(true), url, "test")).toMatchObject({ isDelivered: true, status: 204 });
    expect(sockets.take()).toEqual(["127.0.0.1"]);
    expect(received).toBe(1);
    await expectRefused(url, STRICT);
    expect(received).toBe(1);
  });

  it.each([...OWN_LOOPBACK, ...ODD_LOOPBACK])("%s is refused in every mode", async (url) => {
    await expectRefused(url);
  });

  it("is not reached by a name that leads here", async () => {
    let connections = 0;
    const trap = await listenSilently(() => {
      connections += 1;
    });
    names.set("here.attacker.net", { a: ["127.0.0.1"], aaaa: ["::1"] });
    const port = createCallbackSender({
      isLoopbackAllowed: true,
      ports: [trap],
      own: ownAddresses(OWN_URLS),
      resolve: (name) => resolveAll(name, [names.address]),
      timeoutMs: 2_000,
      connectTimeoutMs: 1_000,
    });
    for (const mode of ["live", "test"] as const) {
      const url = `https://here.attacker.net:${trap}/`;
      expect(await vet(port, url, mode)).toBe("url_not_allowed");
      expect(await post(port, url, mode)).toMatchObject({ isBlocked: true });
    }
    expect(sockets.take()).toEqual([]);
    expect(connections).toBe(0);
  });
});

describe("a receiver that leads elsewhere", () => {
  let answer: { status: number; headers: Record<string, string>; body: string };
  const requests: { message: IncomingMessage; body: string }[] = [];
  let url = "";
  let trapPort = 0;
  let trapped = 0;

  beforeAll(async () => {
    const receiver = createServer(async (message, response) => {
      requests.push({ message, body: await text(message) });
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
    url = `http://127.0.0.1:${await listen(receiver)}/hook`;
    trapPort = await listenSilently(() => {
      trapped += 1;
    }, "127.0.0.2");
  });
  beforeEach(() => {
    requests.length = 0;
  });

  const targets = (): string[] => [
    `http://127.0.0.2:${trapPort}/`,
    `//127.0.0.2:${trapPort}/`,
    "http://169.254.169.254/latest/meta-data/",
    "http://metadata.google.internal/",
    "http://[::1]/",
    "https://10.0.0.1/",
    "http://2130706433/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_x",
    "ftp://10.0.0.1/",
    "data:text/plain,x",
    "javascript:alert(1)",
    "unix:/var/run/docker.sock",
    "/hook/elsewhere",
    "https://shop.example.org/",
    url,
    "",
  ];

  it.each([300, 301, 302, 303, 304, 305, 307, 308])("with status %i is not followed", async (status) => {
    for (const location of targets()) {
      answer = { status, headers: { location }, body: "" };
      expect(await post(sender(true), url, "test")).toMatchObject({ isDelivered: false, status });
      expect(sockets.take()).toEqual(["127.0.0.1"]);
    }
    expect(requests).toHaveLength(targets().length);
    expect(trapped).toBe(0);
  });

  it("by other words than a status is not followed", async () => {
    for (const target of targets()) {
      answer = {
        status: 200,
        headers: {
          "content-type": "text/html",
          location: target,
          refresh: `0; url=${target}`,
          link: `<${target}>; rel=preload`,
          "alt-svc": `h2="127.0.0.2:${trapPort}"; ma=1000`,
        },
        body: `<meta http-equiv="refresh" content="0; url=${target}"><img src="${target}">`,
      };
      expect(await post(sender(true), url, "test")).toMatchObject({ isDelivered: true, status: 200 });
      expect(sockets.take()).toEqual(["127.0.0.1"]);
    }
    expect(trapped).toBe(0);
  });

  it("is sent the same few headers each time: no cookie, no credential, and none out of the event", async () => {
    answer = { status: 200, headers: { "set-cookie": "a=b", "www-authenticate": "Basic" }, body: "" };
    for (let time = 0; time < 2; time += 1) await post(sender(true), url, "test");
    for (const { message, body } of requests) {
      expect(Object.keys(message.headers).sort()).toEqual([
        "accept",
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "host",
        "user-agent",
        "webhook-id",
        "webhook-signature",
        "webhook-timestamp",
      ]);
      expect(message.headers["user-agent"]).toBe("Billtext-Callback/1");
      expect(body).toBe('{"text":"a\\r\\nX-Injected: 1"}');
    }
    expect(requests).toHaveLength(2);
  });
});

describe("the spy", () => {
  it("sees a socket to a private address, by number and by name", async () => {
    const tryTo = (to: string) =>
      new Promise((resolve) => httpRequest(to, { agent: false }).once("error", resolve).end());
    await tryTo("http://10.0.0.1/");
    await tryTo("http://attacker.net/");
    await fetch("http://192.168.0.1/").catch(() => undefined);
    expect(sockets.take()).toEqual(["10.0.0.1", "attacker.net", "192.168.0.1"]);
  });
});
