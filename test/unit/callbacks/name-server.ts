// A name server on this machine that says what a test wants said, and counts what it was asked.

import { createSocket } from "node:dgram";
import { isIPv4 } from "node:net";
import type { Zone } from "./addresses.ts";

export interface NameServer {
  /** For a resolver's list of servers. */
  readonly address: string;
  /** Answers about a name from now on; a function is called for each question. */
  set(name: string, zone: Zone | ((question: number) => Zone)): void;
  /** Questions about a name so far, of either family. */
  asked(name: string): number;
  close(): void;
}

const A = 1;
const CNAME = 5;
const AAAA = 28;
const NO_SUCH_NAME = 3;

export async function startNameServer(): Promise<NameServer> {
  const zones = new Map<string, Zone | ((question: number) => Zone)>();
  const counts = new Map<string, number>();
  const socket = createSocket("udp4");
  socket.on("message", (message, from) => {
    const { name, type, end } = readQuestion(message);
    const question = (counts.get(name) ?? 0) + 1;
    counts.set(name, question);
    const found = zones.get(name);
    const zone = typeof found === "function" ? found(question) : found;
    const records = zone === undefined ? [] : recordsOf(name, zone, type);
    const header = Buffer.from(message.subarray(0, 12));
    header.writeUInt16BE(0x8180 | (zone === undefined ? NO_SUCH_NAME : 0), 2);
    header.writeUInt16BE(records.length, 6);
    header.writeUInt32BE(0, 8);
    socket.send(Buffer.concat([header, message.subarray(12, end), ...records]), from.port);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    set: (name, zone) => void zones.set(plain(name), zone),
    asked: (name) => counts.get(plain(name)) ?? 0,
    close: () => socket.close(),
  };
}

function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

function readQuestion(message: Buffer): {
  readonly name: string;
  readonly type: number;
  readonly end: number;
} {
  const labels: string[] = [];
  let at = 12;
  for (let length = message.readUInt8(at); length > 0; length = message.readUInt8(at)) {
    labels.push(message.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: plain(labels.join(".")), type: message.readUInt16BE(at + 1), end: at + 5 };
}

function recordsOf(name: string, { a = [], aaaa = [], through = [] }: Zone, type: number): Buffer[] {
  const owners = [name, ...through];
  const aliases = through.map((target, index) => record(owners[index] ?? name, CNAME, encodeName(target)));
  const addresses = type === A ? a : type === AAAA ? aaaa : [];
  const last = owners.at(-1) ?? name;
  return [...aliases, ...addresses.map((address) => record(last, type, encodeAddress(address)))];
}

/** Class IN, and good for no time at all. */
function record(owner: string, type: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(0, 4);
  fixed.writeUInt16BE(data.byteLength, 8);
  return Buffer.concat([encodeName(owner), fixed, data]);
}

function encodeName(name: string): Buffer {
  const labels = plain(name)
    .split(".")
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, "latin1")]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

function encodeAddress(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail] = address.split("::");
  const groups = (text: string) =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const before = groups(head);
  const after = groups(tail ?? "");
  const middle = tail === undefined ? [] : Array<number>(8 - before.length - after.length).fill(0);
  return Buffer.from([...before, ...middle, ...after].flatMap((group) => [group >> 8, group & 0xff]));
}
