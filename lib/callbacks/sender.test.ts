import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { CallbackRequest } from "#lib/domain/ports/callback.ts";
import { createCallbackSender, type SenderOptions } from "./sender.ts";

const TIMEOUT_MS = 300;

const sender = (change: Partial<SenderOptions> = {}) =>
  createCallbackSender({
    isLoopbackAllowed: true,
    ports: [443],
    own: { names: [], loopbackPorts: [] },
    resolve: async () => [],
    timeoutMs: TIMEOUT_MS,
    connectTimeoutMs: 200,
    ...change,
  });

const request = (url: string): CallbackRequest => ({
  url,
  mode: "test",
  eventId: "evt_1",
  body: "{}",
  secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
  now: new Date(),
});

let server: Server | null = null;
afterEach(() => {
  server?.close();
});

/** A receiver that answers whatever it is sent with these bytes, and leaves the connection open. */
async function receiver(answer: string): Promise<string> {
  server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.write(answer));
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/hook`;
}

describe("a callback", () => {
  it.each([
    ["101 alone", "HTTP/1.1 101 Switching Protocols\r\n\r\n"],
    [
      "101 to another protocol",
      "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
    ],
    ["interim answers only", "HTTP/1.1 100 Continue\r\n\r\n".repeat(3)],
    ["half an answer", "HTTP/1.1 200 OK\r\ncontent-le"],
  ])("answered with %s has failed, in bounded time", async (_what, answer) => {
    const url = await receiver(answer);
    const result = await sender().post(request(url));
    expect(result).toMatchObject({ isDelivered: false });
    expect(result.durationMs).toBeLessThan(TIMEOUT_MS * 4);
  });

  it("to a name whose servers never answer has failed, in bounded time", async () => {
    const silent = sender({ resolve: () => new Promise<never>(() => undefined) });
    const result = await silent.post({ ...request("https://merchant.example.com/hook"), mode: "live" });
    expect(result).toMatchObject({
      isDelivered: false,
      isBlocked: false,
      failure: "The name was not resolved in time.",
    });
  });
});

describe("an address to store", () => {
  it("whose name cannot be resolved in time is taken, and is checked again at each send", async () => {
    const silent = sender({ resolve: () => new Promise<never>(() => undefined) });
    expect(await silent.vet("https://merchant.example.com/hook", "live", "/callback_url")).toBe(
      "https://merchant.example.com/hook",
    );
  });

  it.each([
    ["https://Merchant.Example.com", "https://merchant.example.com/"],
    ["https:merchant.example.com/hook", "https://merchant.example.com/hook"],
    [
      "https://merchant.example.com/日本?å=ø",
      "https://merchant.example.com/%E6%97%A5%E6%9C%AC?%C3%A5=%C3%B8",
    ],
  ])("%s is kept as %s", async (given, kept) => {
    expect(await sender().vet(given, "live", "/callback_url")).toBe(kept);
  });
});
