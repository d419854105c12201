import { createSocket, type Socket } from "node:dgram";
import { afterEach, describe, expect, it } from "vitest";
import { resolveAll } from "./guard.ts";

const [A, AAAA] = [1, 28];
const [NO_ERROR, SERVER_FAILURE, NO_SUCH_NAME] = [0, 2, 3];

interface Reply {
  readonly code: number;
  readonly address?: readonly number[];
}

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

/** A name server that answers each kind of question as told, or not at all. Returns its address. */
async function nameServer(replyTo: (type: number) => Reply | null): Promise<string> {
  const socket = createSocket("udp4");
  sockets.push(socket);
  socket.on("message", (question, from) => {
    const end = question.indexOf(0, 12) + 5;
    const type = question.readUInt16BE(end - 4);
    const reply = replyTo(type);
    if (reply === null) return;
    const header = Buffer.from(question.subarray(0, 12));
    header.writeUInt16BE(0x8180 | reply.code, 2);
    header.writeUInt16BE(reply.address === undefined ? 0 : 1, 6);
    header.writeUInt16BE(0, 10);
    const record =
      reply.address === undefined
        ? []
        : [0xc0, 0x0c, 0, type, 0, 1, 0, 0, 0, 60, 0, reply.address.length, ...reply.address];
    socket.send(Buffer.concat([header, question.subarray(12, end), Buffer.from(record)]), from.port);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return `127.0.0.1:${socket.address().port}`;
}

const V4 = { code: NO_ERROR, address: [93, 184, 216, 34] };
const V6 = { code: NO_ERROR, address: [0x26, 0x06, 0x47, ...Array<number>(12).fill(0), 1] };

describe("a name", () => {
  it("has its addresses of both families, the older one first", async () => {
    const server = await nameServer((type) => (type === A ? V4 : V6));
    expect(await resolveAll("merchant.example.com", [server])).toEqual(["93.184.216.34", "2606:4700::1"]);
  });

  it.each([
    ["has none", { code: NO_ERROR }],
    ["cannot be asked about", { code: SERVER_FAILURE }],
  ])("has those of one family where the other %s", async (_what, other) => {
    const oldOnly = await nameServer((type) => (type === A ? V4 : other));
    expect(await resolveAll("merchant.example.com", [oldOnly])).toEqual(["93.184.216.34"]);
    const newOnly = await nameServer((type) => (type === AAAA ? V6 : other));
    expect(await resolveAll("merchant.example.com", [newOnly])).toEqual(["2606:4700::1"]);
  });

  it("that does not exist has none", async () => {
    const server = await nameServer(() => ({ code: NO_SUCH_NAME }));
    expect(await resolveAll("merchant.example.com", [server])).toEqual([]);
  });

  it("whose server says nothing has none, in bounded time", async () => {
    const server = await nameServer(() => null);
    expect(await resolveAll("merchant.example.com", [server])).toEqual([]);
  });
});
